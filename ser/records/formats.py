"""The records of a cell, a sweep and a checkpoint as types: what each file holds, how it is written and read.

Every file has the number of its format and a checksum of its content, so that a damaged one is named instead of read.
Files of before format 1 have neither, and are read as they are. What a later version adds to a record is passed over.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ser.errors import RecordError
from ser.records import files

FORMAT = 1
"""Raised whenever a file of before cannot be read as one of now."""

CELL, RESULT, FAILURE, TRACKED, GRID = "cell.json", "result.json", "failure.json", "tracked.json", "grid.json"

Factors = dict[str, Any]
"""What tells a cell from the others of its sweep: name -> level."""


class Part(BaseModel):
    """A part of a record."""

    model_config = ConfigDict(frozen=True)


class Record(Part):
    """A record that is a file of its own.

    Attributes:
        FILE: its name.
        REMEDY: what to do about one that cannot be read.
    """

    FILE: ClassVar[str]
    REMEDY: ClassVar[str]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the record of a folder, or None where there is none.

        Raises:
            RecordError: it cannot be read, is damaged, or was written by a later version.
        """
        path = folder / cls.FILE
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(path, str(error.strerror), "check its rights", damaged=False) from error
        except (ValueError, RecursionError) as error:
            raise RecordError(path, f"no JSON ({error})", cls.REMEDY) from error
        if not isinstance(content, dict):
            raise RecordError(path, "no record", cls.REMEDY)
        found = content.get("format", FORMAT)
        if isinstance(found, int) and found > FORMAT:
            later = f"format {found}, where this version reads {FORMAT}"
            raise RecordError(path, later, "update ser, or choose another folder", damaged=False)
        checksum = content.pop("checksum", None)
        if ("format" in content or checksum is not None) and checksum != _checksum(content):
            raise RecordError(path, "its content does not match its checksum", cls.REMEDY)
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise RecordError(path, reason, cls.REMEDY) from error

    def write(self, folder: Path) -> None:
        """Write the record into a folder, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        content = {"format": FORMAT} | self.model_dump()
        files.write(folder / self.FILE, json.dumps(content | {"checksum": _checksum(content)}, indent=1))


def _checksum(content: dict[str, Any]) -> str:
    """Return a hash of a record's content, whatever the order and the layout of its keys."""
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


class CorpusRecord(Part):
    """What a cell used of a corpus: how many clips, how many were left out by label, and the terms of use."""

    clips: int
    left_out: dict[str, int]
    licence: str | None
    citation: str | None
    url: str | None


class CellRecord(Record):
    """What a cell is, written when it starts.

    Attributes:
        factors: name -> level.
        tests: names of the test sets.
        parameters: all that changes the scores, dotted key -> value.
        signature: a hash of the parameters.
        started: seconds since the epoch.
        corpora: name -> what was used of it.
    """

    FILE = CELL
    REMEDY = "remove it, and the next call writes it anew"

    factors: Factors
    tests: list[str]
    parameters: dict[str, Any]
    signature: str
    started: float
    corpora: dict[str, CorpusRecord] = {}


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
        leakage: corpus -> what the checkpoint was made from; None where nothing is known of that.
        hours: part -> hours of speech, of a checkpoint that was made.
        checkpoint: folder of the checkpoint that was made.
        ended: seconds since the epoch.
    """

    FILE = RESULT
    REMEDY = "call the same command again: it sets the file aside and runs the cell anew"

    training: TrainingRecord
    scores: list[Score]
    confusion: dict[str, Confusion]
    left_out: dict[str, Any]
    split: dict[str, int]
    versions: dict[str, str]
    leakage: dict[str, Overlap] | None = Field(None, validation_alias=AliasChoices("leakage", "heard"))
    hours: dict[str, float] | None = None
    checkpoint: str | None = None
    ended: float


class FailureRecord(Record):
    """How a cell failed: the message, the log that has more, and when (seconds since the epoch)."""

    FILE = FAILURE
    REMEDY = "call the same command again: it runs the cell anew"

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
    REMEDY = "call the same command again: it sets the file aside and lists its cells anew"

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
        clips: duration in seconds and the course of loudness, as hexadecimal digits.
    """

    FILE = "heard.json"
    REMEDY = "make the checkpoint anew: python -m ser.pretune"

    speakers: list[str]
    clips: list[tuple[float, str]]


class ProvenanceRecord(Record):
    """What a checkpoint was made from, without times and places, and its error rates on unheard speakers."""

    FILE = "pretuning.json"
    REMEDY = "make the checkpoint anew in another folder: output=<folder>"

    signature: str
    factors: Factors
    parameters: dict[str, Any]
    scores: list[Score]
