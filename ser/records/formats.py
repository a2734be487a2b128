"""The records of a cell, a sweep, a checkpoint and an array as types: what each file holds."""

import re
from typing import Any

from pydantic import AliasChoices, ConfigDict, Field, field_validator, model_validator

from ser.records.record import Part, Record

CELL, RESULT, FAILURE, TRACKED, GRID = "cell.json", "result.json", "failure.json", "tracked.json", "grid.json"

Factors = dict[str, str | int | float | bool | None]
"""What tells a cell from the others of its sweep: name -> level."""


class CorpusRecord(Part):
    """What a cell used of a corpus: clips, those that were left out by label, what is unusual, and the terms of use."""

    clips: int
    left_out: dict[str, int]
    licence: str | None
    citation: str | None
    url: str | None
    notes: list[str] = Field([])


class CellRecord(Record):
    """What a cell is, written when it starts.

    Attributes:
        factors: name -> level.
        tests: names of the test sets.
        parameters: all that changes the scores, dotted key -> value.
        signature: a hash of the parameters.
        started: seconds since the epoch.
        corpora: name -> what was used of it.
        checkpoint_files: name -> checksum of the files that the encoder was loaded from, to name one that has changed.
    """

    FILE = CELL
    REMEDY = "remove it, and the next call writes it anew"

    factors: Factors
    tests: list[str]
    parameters: dict[str, Any]
    signature: str
    started: float
    corpora: dict[str, CorpusRecord] = Field({})
    checkpoint_files: dict[str, int] = Field({})

    @property
    def corpus_notes(self) -> str:
        """What is unusual about its corpora, a line each; empty where nothing is."""
        return "\n".join(f"{name}: {note}" for name, corpus in self.corpora.items() for note in corpus.notes)


class Score(Part):
    """A number of a cell on one test set, for one group of its clips."""

    dataset: str
    group: str
    metric: str
    value: float


class Confusion(Part):
    """How often clips of each emotion (rows) were taken for each emotion (columns)."""

    emotions: list[str]
    counts: list[list[int]]


class Overlap(Part):
    """How much of a corpus a checkpoint was made from: so many of its clips, and so many of its speakers."""

    clips: int
    speakers: int


class TrainingRecord(Part):
    """How a training went, and on which device with which precision; further keys are kept as they are."""

    model_config = ConfigDict(extra="allow")

    steps: int
    device: str = ""
    precision: str = ""


class ResultRecord(CellRecord):
    """What a finished cell is and found, written last.

    Attributes:
        training: how it went.
        scores: of all test sets.
        confusion: test set -> matrix.
        left_out: what could not be scored or trained on, by corpus.
        split: part -> clips.
        versions: package -> version.
        cautions: what a reader of the scores has to know of the splits (`ser.splits.cautions`).
        lacking: training corpus -> part -> its emotions that the part has no clip of.
        leakage: corpus -> what the checkpoint was made from; None where nothing is known of that.
        hours: part -> hours of speech, of a checkpoint that was made.
        checkpoint: folder of the checkpoint that was made.
        files: name -> hash of the content of the other files of the cell that are read again.
        imported_from: name of the sweep whose archive the cell was copied from; None where it was trained here.
        ended: seconds since the epoch.
    """

    FILE = RESULT
    REMEDY = "call ser.train again: it sets the file aside and runs the cell anew"

    training: TrainingRecord
    scores: list[Score]
    confusion: dict[str, Confusion]
    left_out: dict[str, Any]
    split: dict[str, int]
    versions: dict[str, str]
    cautions: list[str] = Field(default_factory=list)
    lacking: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    leakage: dict[str, Overlap] | None = Field(None, validation_alias=AliasChoices("leakage", "heard"))
    hours: dict[str, float] | None = None
    checkpoint: str | None = None
    files: dict[str, str] = Field({})
    imported_from: str | None = None
    ended: float

    @field_validator("files")
    @classmethod
    def _inside(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if not re.fullmatch(r"(\.hydra/)?[^/\\\0]+", name) or ".." in name.split("/"):
                raise ValueError(f"'{name}' is not the name of a file of a cell")
        return files


class FailureRecord(Record):
    """How a cell failed: the message, the log that has more, and when (seconds since the epoch)."""

    FILE = FAILURE
    REMEDY = "call ser.train again: it runs the cell anew"

    error: str
    log: str
    ended: float


class TrackedRecord(Record):
    """The run of the tracker that a finished cell was sent to whole."""

    FILE = TRACKED
    REMEDY = "remove it, and the next call sends the cell again"

    run_id: str


class GridRecord(Record):
    """The cells that a sweep was ever called with: name of the folder -> factors."""

    FILE = GRID
    REMEDY = "call ser.train again: it sets the file aside and lists its cells anew"

    cells: dict[str, Factors]

    @model_validator(mode="before")
    @classmethod
    def _before_format_1(cls, content: dict[str, Any]) -> dict[str, Any]:
        return content if "cells" in content else {"cells": content}


class ArrayRecord(Record):
    """What an array of rows of different lengths is, beside its values.

    Attributes:
        dtype: of the values, in NumPy's spelling.
        row_shape: of a row, without its length.
        index: a hash of the lengths and checksums of the rows.
        facts: what else is known of it.
    """

    FILE = "facts.json"
    REMEDY = "remove its folder, and the next call makes it anew"

    dtype: str
    row_shape: list[int]
    index: str
    facts: dict[str, Any]


class PretrainingRecord(Record):
    """The speech that a checkpoint was made from.

    Attributes:
        speakers: hashes of corpus and name.
        fingerprints: of the clips: spread in seconds, course and signs of `ser.audio.likeness.Fingerprint`, as
            hexadecimal digits; None in a record of an earlier version, whose clips cannot be compared.
    """

    FILE = "heard.json"
    REMEDY = "make the checkpoint anew: python -m ser.pretune"

    speakers: list[str]
    fingerprints: list[tuple[float, str, str]] | None = None


class ProvenanceRecord(Record):
    """What a checkpoint was made from, without times and places, and its error rates on unheard speakers."""

    FILE = "pretuning.json"
    REMEDY = "make the checkpoint anew in another folder: output=<folder>"

    signature: str
    factors: Factors
    parameters: dict[str, Any]
    scores: list[Score]
