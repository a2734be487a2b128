"""Callbacks of a training: best weights, training curves, and checkpoints to resume from."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping

from ser.errors import UserError
from ser.models.devices import Hardware
from ser.models.saving import trained_values


class Monitor(NamedTuple):
    """The validation metric that selects weights and stops training, to maximise (`max`) or minimise (`min`)."""

    name: str
    mode: Literal["max", "min"]

    @property
    def best(self) -> str:
        """Key of the best value in the record of a training."""
        return f"best_{self.name.replace('/', '_')}"


ACCURACY = Monitor("validation/accuracy", "max")

SendCurves = Callable[[int, dict[str, float]], None]
"""(optimiser step, metrics) -> None."""


class BestWeights(pl.Callback):
    """Keeps the trained weights and statistics of the best validation in memory, the first of equals.

    A large encoder's weights are 1.2 GB: a file for each improvement would write terabytes over a sweep.

    Args:
        monitor: the metric to compare validations by.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.value = float("-inf") if monitor.mode == "max" else float("inf")
        self.step = 0
        self.weights: dict[str, torch.Tensor] = {}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the weights if this validation is better than all before."""
        value = float(trainer.callback_metrics[self.monitor.name])
        if value > self.value if self.monitor.mode == "max" else value < self.value:
            self.value, self.step = value, trainer.global_step
            self.weights = {name: value.clone() for name, value in trained_values(pl_module).items()}

    def restore(self, module: pl.LightningModule) -> None:
        """Load the best weights into the module."""
        module.load_state_dict(self.weights, strict=False)

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {"value": self.value, "step": self.step, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.value, self.step, self.weights = (state_dict[name] for name in ("value", "step", "weights"))


class Curves(pl.Callback):
    """Calls `send` after every validation with its metrics and the loss of the last training step."""

    def __init__(self, send: SendCurves) -> None:
        self.send = send

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Send one row of the training curves."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items() if "/" in name}
        self.send(trainer.global_step, metrics)


class LastCheckpoint(pl.Callback):
    """Saves checkpoints from which training resumes with the same result as without interruption.

    Lightning saves the weights, the optimiser, the schedule and the other callbacks; the data module saves the position
    in the stream of batches; this callback saves the precision and the states of the random generators. It must be the
    last callback.

    Args:
        path: path of the checkpoint.
        interval_s: time between two checkpoints; one is written at the first validation after it.
        stopping: early stopping, to not resume a training that it ended.
        hardware: device and precision; a checkpoint of another precision is refused.
    """

    def __init__(self, path: Path, interval_s: float, stopping: EarlyStopping, hardware: Hardware) -> None:
        self.path = path
        self.interval_s = interval_s
        self.stopping = stopping
        self.hardware = hardware
        self._saved = time.monotonic()
        self._generators: dict[str, Any] | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save a checkpoint if the interval has passed.

        Raises:
            UserError: the disk is full or the folder cannot be written.
        """
        if time.monotonic() - self._saved < self.interval_s:
            return
        try:
            trainer.save_checkpoint(self.path)
        except (OSError, RuntimeError) as error:  # torch raises RuntimeError for a full disk
            raise UserError(
                f"{self.path} cannot be written ({error}); free some space, or fix the permissions"
            ) from error
        self._saved = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop at once if early stopping had ended the training of the checkpoint."""
        if self.stopping.wait_count >= self.stopping.patience:
            trainer.should_stop = True

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, index: int) -> None:
        """Restore the random generators, after everything before the first batch has drawn from them."""
        if self._generators is not None:
            set_generators(self._generators, self.hardware.device)
            self._generators = None

    def state_dict(self) -> dict[str, Any]:
        """Return the precision, and the states of the random generators."""
        precision: dict[str, Any] = {"precision": self.hardware.precision, "device": self.hardware.name}
        return precision | generators(self.hardware.device)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the states for the first step.

        Raises:
            UserError: the checkpoint was written with another precision.
        """
        precision = state_dict.get("precision", self.hardware.precision)
        if precision != self.hardware.precision:
            raise UserError(
                f"{self.path} was trained in {precision} on {state_dict['device']}, and this call computes in"
                f" {self.hardware.precision} on {self.hardware.name}: the scores would mix both; continue on the"
                " hardware that it was started on, or remove that file to train the cell again"
            )
        self._generators = state_dict


def generators(device: torch.device) -> dict[str, Any]:
    """Return the states of the random generators that training on a device uses, as types that load safely."""
    numpy = np.random.get_state(legacy=False)
    return {
        "python": random.getstate(),
        "numpy": numpy | {"state": numpy["state"] | {"key": torch.from_numpy(numpy["state"]["key"].astype(np.int64))}},
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
    }


def set_generators(states: dict[str, Any], device: torch.device) -> None:
    """Restore the states of `generators`; that of CUDA goes to this device, whatever its index was."""
    random.setstate(states["python"])
    numpy = states["numpy"]
    np.random.set_state(numpy | {"state": numpy["state"] | {"key": numpy["state"]["key"].numpy().astype(np.uint32)}})
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and isinstance(states["cuda"], torch.Tensor):
        torch.cuda.set_rng_state(states["cuda"], device)
