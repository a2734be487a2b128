"""A cell as a whole, as part of a sweep, and as what a search varies."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from ser.audio.settings import AugmentationSettings
from ser.logistics import logistics
from ser.parts import Named, import_path, named
from ser.settings.data import AudioSettings, DatasetSettings, SeedSettings, SplitSettings
from ser.settings.network import (
    INVERSE_FREQUENCY,
    FreezingSettings,
    HeadSettings,
    LayersSettings,
    LossSettings,
    PoolingSettings,
)
from ser.settings.part import Part
from ser.settings.training import NumericsSettings, TaskSettings, TrackerSettings, TrainerSettings, TrainingSettings


class ModelSettings(Part, Named):
    """A model, with one checkpoint (hub id, `id@revision` or folder) for each level of `pretune`.

    `architecture` is the import path of a `ser.models.architectures.Architecture`, for one that is not in the table.
    """

    part_key = "architecture"

    name: str
    checkpoints: dict[str, str]
    architecture: str | None = None

    @field_validator("architecture")
    @classmethod
    def _can_be_imported(cls, architecture: str | None) -> str | None:
        return architecture and named(import_path, architecture)

    @property
    def imported(self) -> dict[str, Any]:
        """What a signature holds of an architecture that is not in the table."""
        return {"architecture": {"name": self.architecture} | self.source} if self.architecture else {}


class PretuneLevel(Part):
    """A level of language-based pre-fine-tuning.

    Its checkpoint stands in the model's own file, or is one that `ser.pretune` made of so many hours of a language.
    """

    name: str
    language: str | None = None
    hours: PositiveFloat | None = None


class CellSettings(Part):
    """What is trained, on what, how and where."""

    corpora_dir: Path = logistics()
    store_dir: Path = logistics()
    checkpoints_dir: Path = logistics()
    model: ModelSettings
    pretune: PretuneLevel
    dataset: DatasetSettings
    task: TaskSettings
    seed: SeedSettings
    split: SplitSettings
    audio: AudioSettings
    augmentation: AugmentationSettings
    pooling: PoolingSettings
    layers: LayersSettings
    head: HeadSettings
    freezing: FreezingSettings
    loss: LossSettings
    training: TrainingSettings
    numerics: NumericsSettings
    trainer: TrainerSettings = logistics()

    def science(self) -> dict[str, Any]:
        """Return what changes the results, as plain values."""
        return super().science() | self.model.imported

    @model_validator(mode="after")
    def _known_pair(self) -> "CellSettings":
        if self.pretune.name not in self.model.checkpoints and not self._made.is_dir():
            pairs = ", ".join(f"{self.model.name} x {level}" for level in self.model.checkpoints)
            raise ValueError(
                f"no checkpoint for model={self.model.name} pretune={self.pretune.name}; there are {pairs}."
                f" Add one: +model.checkpoints.{self.pretune.name}=<hub id or folder>, or make {self._made}:"
                f" python -m ser.pretune model={self.model.name} pretune={self.pretune.name}"
            )
        return self

    @model_validator(mode="after")
    def _leaves_out_one_of_several(self) -> "CellSettings":
        if corpus := self.left_out:
            train = self.dataset.train
            if len(train) < 2 or corpus not in train or corpus not in self.dataset.tests:
                raise ValueError(
                    f"split.corpus={corpus}: leave_one_corpus_out takes a corpus of dataset.tests that is one of"
                    f" several in dataset.train, which has {', '.join(train)}; see dataset=emodb_emovo"
                )
        return self

    @model_validator(mode="after")
    def _choices_of_the_task(self) -> "CellSettings":
        if self.task.name == "dimensions" and (self.loss != INVERSE_FREQUENCY or self.training.sampling == "balanced"):
            raise ValueError(
                "loss and training.sampling are choices of task=emotions; the loss of task=dimensions is task.loss"
            )
        return self

    @property
    def tests(self) -> list[str]:
        """The test sets: where a corpus is left out, none of those that are trained on whole."""
        if self.left_out is None:
            return self.dataset.tests
        whole = set(self.dataset.train) - {self.left_out}
        return [name for name in self.dataset.tests if name not in whole]

    @property
    def left_out(self) -> str | None:
        """The corpus of several training corpora that the split leaves out and tests on."""
        return self.split.options.get("corpus") if self.split.name == "leave_one_corpus_out" else None

    @property
    def checkpoint(self) -> str:
        """The encoder that this cell fine-tunes: what the model's file names, or what was made for this level."""
        return self.model.checkpoints.get(self.pretune.name) or str(self._made.absolute())

    @property
    def _made(self) -> Path:
        """Where `ser.pretune` puts what it makes, unless it is told otherwise."""
        return self.checkpoints_dir / f"{self.model.name}-{self.pretune.name}"


class TrainSettings(CellSettings):
    """A cell, the sweep that it belongs to, and who is told of it."""

    sweep: Annotated[str, Field(min_length=1)] = logistics()
    sweeps_dir: Path = logistics()
    leakage: Literal["refuse", "report"] = logistics()
    swept: list[str] = logistics()
    on_change: Literal["stop", "rerun"] = logistics()
    fail_fast: bool = logistics()
    max_parallel: PositiveInt | None = logistics()
    keep_weights: bool = logistics()
    tracker: TrackerSettings = logistics()


class SearchSettings(CellSettings):
    """What is not searched for, and how long and on how much is searched."""

    search: Annotated[str, Field(pattern=r"^[\w.+-]+$")]
    searches_dir: Path = logistics()
    trials: PositiveInt = logistics()
    share: Annotated[float, Field(gt=0, le=1)]

    @property
    def folder(self) -> Path:
        """The folder of the search."""
        return self.searches_dir / self.search
