"""Settings of a cell, of a cell in a sweep, and of a search."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from ser.audio.settings import AugmentationSettings
from ser.logistics import logistics
from ser.numbers import Threads
from ser.settings.data import DatasetSettings, SplitSettings
from ser.settings.network import (
    INVERSE_FREQUENCY,
    LOSSES,
    FreezingSettings,
    HeadSettings,
    LayersSettings,
    LossSettings,
    PoolingSettings,
)
from ser.settings.part import FolderName
from ser.settings.run import TrackedSettings, TrainingRunSettings
from ser.settings.training import TaskSettings, TrainingSettings


class CellSettings(TrainingRunSettings):
    """Settings of one cell: data, network, training and device."""

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
    def _require_checkpoint(self) -> "CellSettings":
        if self.pretune.name not in self.model.checkpoints and not self._made.is_dir():
            pairs = ", ".join(f"{self.model.name} x {level}" for level in self.model.checkpoints)
            raise ValueError(
                f"no checkpoint for model={self.model.name} pretune={self.pretune.name}; there are {pairs}."
                f" Add one: +model.checkpoints.{self.pretune.name}=<hub id or folder>, or make {self._made}:"
                f" python -m ser.pretune model={self.model.name} pretune={self.pretune.name}"
            )
        return self

    @model_validator(mode="after")
    def _require_several_corpora(self) -> "CellSettings":
        if corpus := self.left_out:
            train = self.dataset.train
            if len(train) < 2 or corpus not in train or corpus not in self.dataset.tests:
                raise ValueError(
                    f"split.corpus={corpus}: leave_one_corpus_out takes a corpus of dataset.tests that is one of"
                    f" several in dataset.train, which has {', '.join(train)}; see dataset=emodb_emovo"
                )
        return self

    @model_validator(mode="after")
    def _refuse_choices_of_another_task(self) -> "CellSettings":
        if self.task.name == "dimensions" and (self.loss != INVERSE_FREQUENCY or self.training.sampling == "balanced"):
            raise ValueError(
                "loss and training.sampling are choices of task=emotions; the loss of task=dimensions is task.loss"
            )
        return self

    @model_validator(mode="after")
    def _require_parts_of_batches(self) -> "CellSettings":
        if self.training.accumulate > 1:
            whole = {
                "task.loss=ccc": self.task.name == "dimensions" and self.task.loss == "ccc",
                f"loss.name={self.loss.name}": self.loss.name not in LOSSES.table,
                "head.batch_norm=true": self.head.batch_norm,
                "pooling=ecapa_tdnn": self.pooling.name == "ecapa_tdnn",
            }
            if keys := [key for key, chosen in whole.items() if chosen]:
                raise ValueError(
                    f"training.accumulate={self.training.accumulate}: {keys[0]} is computed over a whole batch, not as"
                    " a mean over its parts; set training.accumulate=1, and training.gradient_checkpointing=true to"
                    " need less memory"
                )
        return self

    @property
    def tests(self) -> list[str]:
        """The test sets; if a corpus is left out, without those that are training corpora."""
        if self.left_out is None:
            return self.dataset.tests
        training = set(self.dataset.train) - {self.left_out}
        return [name for name in self.dataset.tests if name not in training]

    @property
    def left_out(self) -> str | None:
        """The training corpus that the split leaves out for testing, None for other splits."""
        return self.split.options.get("corpus") if self.split.name == "leave_one_corpus_out" else None

    @property
    def checkpoint(self) -> str:
        """The checkpoint that this cell fine-tunes: from the model's YAML, or made by `ser.pretune` for this level."""
        return self.model.checkpoints.get(self.pretune.name) or str(self._made.absolute())

    @property
    def _made(self) -> Path:
        """Default folder of a checkpoint of `ser.pretune`."""
        return self.checkpoints_dir / f"{self.model.name}-{self.pretune.name}"


class TrainSettings(CellSettings, TrackedSettings):
    """Settings of a cell in a sweep."""

    leakage: Literal["refuse", "report"] = logistics()
    swept: list[Annotated[str, Field(pattern=r"^[^=]+=")]] = logistics()
    fail_fast: bool = logistics()
    max_parallel: Threads | None = logistics()
    keep_weights: bool = logistics()
    archive: Path | None = logistics(None)


class SearchSettings(CellSettings):
    """Settings of a search: the keys that are not varied, and its size."""

    search: Annotated[FolderName, Field(pattern=r"^[\w.+-]+$")]
    searches_dir: Path = logistics()
    trials: PositiveInt = logistics()
    share: Annotated[float, Field(gt=0, le=1)]

    @property
    def folder(self) -> Path:
        """The folder of the search."""
        return self.searches_dir / self.search
