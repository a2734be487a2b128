"""What every training run has, be it of a cell or of a checkpoint."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveFloat, field_validator

from ser.logistics import logistics
from ser.parts import import_path, named, source_digest
from ser.settings.data import AudioSettings, SeedSettings
from ser.settings.part import Part
from ser.settings.training import NumericsSettings, TrackerSettings, TrainerSettings

RESERVED = (".", "..", "Default", "artifacts")
"""What is no folder of a sweep's own, or an experiment or a folder of MLflow's own."""
LONGEST_NAME = 200
"""Bytes of the name of a folder; file systems take 255."""


def _folder_name(name: str) -> str:
    if name in RESERVED or re.search(r"[/\\\x00-\x1f\x7f]", name):
        raise ValueError(f"it is the name of one folder: no / or \\, and none of {', '.join(RESERVED)}")
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"it is the name of a folder, of at most {LONGEST_NAME} bytes")
    return name


FolderName = Annotated[str, Field(min_length=1), AfterValidator(_folder_name)]
"""The name of a folder that is made inside another: it leads nowhere else."""


class ModelSettings(Part):
    """A model, with one checkpoint (hub id, `id@revision` or folder) for each level of `pretune`.

    `architecture` is the import path of a `ser.models.architectures.Architecture`, for one that is not in the table.
    """

    name: str
    checkpoints: dict[str, str]
    architecture: str | None = logistics(None)  # where it is given, `imported` is in the signature

    @field_validator("architecture")
    @classmethod
    def _can_be_imported(cls, architecture: str | None) -> str | None:
        return architecture and named(import_path, architecture)

    @property
    def imported(self) -> dict[str, Any]:
        """What a signature holds of an architecture that is not in the table."""
        if self.architecture is None:
            return {}
        return {"architecture": {"name": self.architecture, "source_digest": source_digest(self.architecture)}}


class PretuneLevel(Part):
    """A level of language-based pre-fine-tuning.

    Its checkpoint stands in the model's own file, or is one that `ser.pretune` made of so many hours of a language.
    """

    name: str
    language: str | None = None
    hours: PositiveFloat | None = None


class TrainingRunSettings(Part):
    """Which encoder is fine-tuned from which seed, with which arithmetic and where, and where its material lies."""

    corpora_dir: Path = logistics()
    store_dir: Path = logistics()
    checkpoints_dir: Path = logistics()
    model: ModelSettings
    pretune: PretuneLevel
    seed: SeedSettings
    audio: AudioSettings
    numerics: NumericsSettings
    trainer: TrainerSettings = logistics()

    def science(self) -> dict[str, Any]:
        """Return what changes the results, as plain values."""
        return super().science() | self.model.imported


class TrackedSettings(Part):
    """The sweep that a run belongs to, which tracker follows it, and what to do with one of another configuration."""

    sweep: FolderName = logistics()
    sweeps_dir: Path = logistics()
    on_change: Literal["stop", "rerun"] = logistics()
    tracker: TrackerSettings = logistics()
