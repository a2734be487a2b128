"""How long a cell takes on this machine, from a few of its steps: what `ser.plan` says before a sweep."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytorch_lightning as pl
import torch

from ser.fine_tuning import build_cell, split_all
from ser.models.devices import memory_errors
from ser.models.fitting import LESS_TO_TRAIN, quietly
from ser.settings import CellSettings
from ser.sources import Source

WARM_UP, STEPS, BATCHES = 3, 10, 3
"""Steps that are not timed, those that are, and batches that are evaluated."""


@dataclass(frozen=True)
class CellTime:
    """What the steps of a cell take, and how many there are."""

    step_s: float  # seconds of a training step
    clip_s: float  # seconds of the evaluation of a clip
    steps: int  # at most: early stopping ends most trainings before
    evaluated: int  # clips, in all validations and tests of so many steps
    device: str

    @property
    def seconds(self) -> float:
        """The longest that training and evaluation can take."""
        return self.steps * self.step_s + self.evaluated * self.clip_s


@dataclass
class Stopwatch(pl.Callback):
    """Takes the time of steps after the warm-up, and of evaluated clips."""

    device: torch.device
    steps: list[float] = field(default_factory=list)
    clips: int = 0
    evaluation_s: float = 0.0

    def now(self) -> float:
        """Return the time when all that was begun is done: a GPU works on while Python goes on."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.monotonic()

    def on_train_batch_start(self, *_: Any) -> None:
        """Note when a step begins."""
        self._began = self.now()

    def on_train_batch_end(self, *_: Any) -> None:
        """Keep how long the step took."""
        self.steps.append(self.now() - self._began)

    def on_validation_batch_start(self, *_: Any) -> None:
        """Note when a batch begins."""
        self._began = self.now()

    def on_validation_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, *_: Any) -> None:
        """Keep how long the batch took, and how many clips it has."""
        self.evaluation_s += self.now() - self._began
        self.clips += len(batch.lengths)


def time_cell(settings: CellSettings, sources: Mapping[str, Source]) -> CellTime:
    """Return what a cell takes, from `STEPS` training steps and `BATCHES` batches of its validation part.

    Nothing is kept. The evaluated clips are the longest of the validation part, so the time is rather too long; that of
    loading, decoding and caching, which a sweep does once, is not in it.

    Raises:
        ConfigError, CorpusError, UserError: as a training of the cell.
    """
    data, recogniser, hardware = build_cell(settings, sources, split_all(settings, sources), settings.tests)
    watch = Stopwatch(hardware.device)
    steps = min(WARM_UP + STEPS, len(data.sampler))
    with quietly(), memory_errors(LESS_TO_TRAIN):
        trainer = pl.Trainer(
            accelerator=hardware.device.type,
            devices=1 if hardware.device.index is None else [hardware.device.index],
            precision=hardware.precision,
            max_epochs=1,
            limit_train_batches=steps,
            limit_val_batches=BATCHES,
            val_check_interval=steps,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            gradient_clip_val=settings.training.gradient_clip_norm,
            callbacks=[watch],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            use_distributed_sampler=False,
        )
        trainer.fit(recogniser, datamodule=data)
    timed = watch.steps[min(WARM_UP, len(watch.steps) - 1) :]
    validated = int((data.training.split == "validation").sum())
    validations = len(data.sampler) // settings.training.validate_every_steps + 1  # and once more for the temperature
    tested = sum(len(data.test_clips(name)) for name in data.tests)
    return CellTime(
        sum(timed) / len(timed),
        watch.evaluation_s / watch.clips,
        len(data.sampler),
        validations * validated + tested,
        hardware.name,
    )
