"""Settings of every training run, of a cell or of a checkpoint."""

from pathlib import Path
from typing import Any, Literal

from pydantic import PositiveFloat, field_validator

from ser.import_paths import import_path, source_digest
from ser.logistics import logistics
from ser.parts import named
from ser.settings.data import AudioSettings, SeedSettings
from ser.settings.part import FolderName, Part
from ser.settings.training import NumericsSettings, TrackerSettings, TrainerSettings


class ModelSettings(Part):
    """A model with one checkpoint (hub id, `id@revision` or folder) for each level of `pretune`.

    `licence` and `citation` are those that the pages of the checkpoints state. `architecture` is the import path of a
    `ser.models.architectures.Architecture`, for one that is not in the table.
    """

    name: str
    licence: str | None = logistics(None)
    citation: str | None = logistics(None)
    checkpoints: dict[str, str]
    architecture: str | None = logistics(None)  # the signature has `imported` instead

    @field_validator("architecture")
    @classmethod
    def _can_be_imported(cls, architecture: str | None) -> str | None:
        return architecture and named(import_path, architecture)

    @property
    def imported(self) -> dict[str, Any]:
        """The part of a signature for an architecture that is not in the table."""
        if self.architecture is None:
            return {}
        return {"architecture": {"name": self.architecture, "source_digest": source_digest(self.architecture)}}


class PretuneLevel(Part):
    """A level of language-based pre-fine-tuning.

    Its checkpoint is in the model's YAML, or `ser.pretune` makes it from these hours of a language.
    """

    name: str
    language: str | None = None
    hours: PositiveFloat | None = None


class TrainingRunSettings(Part):
    """Encoder, seed, numerics and device of a training run, and the folders of its data."""

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
        """Return the keys that change the results, as plain values."""
        return super().science() | self.model.imported


class TrackedSettings(Part):
    """Sweep and tracker of a run, and what to do if its folder has a run of another configuration."""

    sweep: FolderName = logistics()
    sweeps_dir: Path = logistics()
    on_change: Literal["stop", "rerun"] = logistics()
    tracker: TrackerSettings = logistics()
