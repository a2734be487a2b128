"""Corpora, what their clips are made into, how they are split, and the seeds."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    field_validator,
    model_validator,
)

from ser.import_paths import import_path
from ser.logistics import logistics
from ser.parts import Choice, Kind, Named, named
from ser.settings.part import FolderName, Part

SPLITS = Kind(
    "split",
    {
        "speaker": "ser.splits.speaker",
        "official": "ser.splits.official",
        "folds": "ser.splits.folds",
        "leave_one_corpus_out": "ser.splits.leave_one_corpus_out",
        "leave_one_speaker_out": "ser.splits.leave_one_speaker_out",
        "leave_one_group_out": "ser.splits.leave_one_group_out",
        "sentence": "ser.splits.sentence",
        "speaker_and_sentence": "ser.splits.sentence",
        "table": "ser.splits.columns",
    },
    example="my_lab.splits.by_session",
    positional=("corpus", "seed"),
    function="assign",
)


Labels = Annotated[dict[Any, Any], BeforeValidator(lambda labels: {} if labels is None else labels)]
"""Label -> emotion. null is none: Hydra lets the command line give a mapping in its place, not in that of {}."""


class CorpusSettings(Part, Named):
    """Where a corpus lies and how it is read; further keys are the reader's own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    part_key = "reader"

    reader: str
    root: Path | None = logistics()
    table: Path | None = logistics(None)
    channel: NonNegativeInt
    outside: Literal["drop", "refuse"] = "drop"
    labels: Labels = Field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None

    @field_validator("reader")
    @classmethod
    def _can_be_imported(cls, reader: str) -> str:
        return named(import_path, reader) if "." in reader else reader

    @field_validator("scale")
    @classmethod
    def _lowest_first(cls, scale: tuple[float, float] | None) -> tuple[float, float] | None:
        if scale is not None and scale[0] >= scale[1]:
            raise ValueError("the lowest rating comes first")
        return scale

    @property
    def options(self) -> dict[str, Any]:
        """What the reader takes beside the root."""
        return (self.model_extra or {}) | ({"table": self.table} if self.table else {})


class DatasetSettings(Part):
    """Which corpora are trained on, one name or several, and which are test sets."""

    name: str
    train: list[FolderName] = Field(min_length=1)  # part of the names of files, as those of tests
    tests: list[FolderName] = Field(min_length=1)
    labels: Labels = Field(default_factory=dict)
    emotions: Annotated[list[str], Field(min_length=2)] | None = None
    keep: str | None = None
    corpora: dict[str, CorpusSettings]

    @field_validator("keep")
    @classmethod
    def _a_condition(cls, condition: str | None) -> str | None:
        from ser.corpora.conditions import require_condition  # imported late, because help needs no pandas

        return condition if condition is None else named(require_condition, condition)

    @field_validator("train", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def used(self) -> list[str]:
        """The corpora that are trained on or tested on, the former first."""
        return list(dict.fromkeys((*self.train, *self.tests)))

    @model_validator(mode="after")
    def _known_corpora(self) -> "DatasetSettings":
        if len(set(self.train)) < len(self.train):
            raise ValueError("a corpus is named twice in dataset.train; name it once")
        for name in self.used:
            if name not in self.corpora:
                raise ValueError(f"corpus '{name}' is not among dataset.corpora: {', '.join(self.corpora)}")
        reserved = {"train", "validation"} & set(self.tests)
        if reserved:
            raise ValueError(f"a test set cannot be called {reserved.pop()}: the training curves are")
        return self


Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What NumPy and Lightning take for a seed."""


class SeedSettings(Part):
    """`value` seeds the training; `split` seeds the split and follows `value` unless it is set."""

    name: str = logistics()
    value: Seed
    split: Seed


class AudioSettings(Part):
    """What every clip is made into before it is stored."""

    sample_rate: Annotated[int, Field(ge=4000, le=192000)]  # K-weighting needs 1.5 kHz and more
    loudness_lufs: float | None = Field(gt=-70, le=0)  # BS.1770 measures nothing below -70 LUFS


class SplitSettings(Choice):
    """How a corpus is split into train, validation and test."""

    kind = SPLITS
    name: str
