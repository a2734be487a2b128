"""A cell as a whole, as part of a sweep, and as what a search varies."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from ser.audio.settings import AugmentationSettings
from ser.logistics import logistics
from ser.settings.data import DatasetSettings, SplitSettings
from ser.settings.network import (
    INVERSE_FREQUENCY,
    FreezingSettings,
    HeadSettings,
    LayersSettings,
    LossSettings,
    PoolingSettings,
)
from ser.settings.run import FolderName, TrackedSettings, TrainingRunSettings
from ser.settings.training import TaskSettings, TrainingSettings


class CellSettings(TrainingRunSettings):
    """What is trained, on what, how and where."""

    dataset: DatasetSettings
    task: TaskSettings
    split: SplitSettings
    augmentation: AugmentationSettings
    pooling: PoolingSettings
    layers: LayersSettings
    head: HeadSettings
    freezing: FreezingSettings
    loss: LossSettings
    training: TrainingSettings

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


class TrainSettings(CellSettings, TrackedSettings):
    """A cell of a sweep."""

    leakage: Literal["refuse", "report"] = logistics()
    swept: list[str] = logistics()
    fail_fast: bool = logistics()
    max_parallel: PositiveInt | None = logistics()
    keep_weights: bool = logistics()


class SearchSettings(CellSettings):
    """What is not searched for, and how long and on how much is searched."""

    search: Annotated[FolderName, Field(pattern=r"^[\w.+-]+$")]
    searches_dir: Path = logistics()
    trials: PositiveInt = logistics()
    share: Annotated[float, Field(gt=0, le=1)]

    @property
    def folder(self) -> Path:
        """The folder of the search."""
        return self.searches_dir / self.search
