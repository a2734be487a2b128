"""Divergence: a training whose numbers are not finite has no result, whatever its best weights were."""

import math
from typing import Any

import pytorch_lightning as pl
import torch
from torch.nn.utils import get_total_norm

from ser.errors import DivergenceError
from ser.models.optimisation import FineTuner
from ser.models.saving import trained_values
from ser.settings import ProtocolSettings


class Divergence(pl.Callback):
    """Ends a training that has diverged, at the next validation or at the end of training.

    It looks at the loss and the norm of the gradients of every step, at the logits and the metrics of validations, and
    at the weights. Values stay on the device until a validation: no step waits for it. It must be the first callback,
    so that nothing is kept of a validation after the divergence.

    Args:
        protocol: its keys are named in the message.
    """

    def __init__(self, protocol: ProtocolSettings) -> None:
        self.protocol = protocol
        self._steps: list[torch.Tensor] = []
        self._logits: list[torch.Tensor] = []
        self._last_loss: tuple[float, int] | None = None

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Keep the loss of a step and the norm of its gradients."""
        assert isinstance(pl_module, FineTuner)
        loss = outputs["loss"].float()
        scaled = trainer.precision == "16-mixed"  # the scaler leaves out steps whose gradients are not finite
        self._steps.append(torch.stack([loss, torch.zeros_like(loss) if scaled else pl_module.gradient_norm.float()]))

    def on_validation_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int, *_: Any
    ) -> None:
        """Keep the largest logit of a batch, as `validation_step` returns them."""
        self._logits.append(outputs.detach().abs().amax().float())

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the steps since the last validation, and at the validation itself.

        Raises:
            DivergenceError: the training has diverged.
        """
        assert isinstance(pl_module, FineTuner)
        logits, self._logits = torch.stack(self._logits), []
        metrics = {name: value for name, value in trainer.callback_metrics.items() if "/" in name}
        self._look(trainer.global_step, pl_module, {"logits": logits} | metrics)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the steps after the last validation.

        Raises:
            DivergenceError: the training has diverged.
        """
        assert isinstance(pl_module, FineTuner)
        self._look(trainer.global_step, pl_module, {})

    def _look(self, step: int, module: FineTuner, validated: dict[str, torch.Tensor]) -> None:
        steps, self._steps = torch.stack(self._steps).tolist() if self._steps else [], []
        for number, (loss, gradient_norm) in enumerate(steps, start=step - len(steps) + 1):
            if not math.isfinite(loss):
                raise self._error(number, "loss", module)
            self._last_loss = loss, number
            if not math.isfinite(gradient_norm):
                raise self._error(number, "norm of the gradients", module)
        values = [value for value in trained_values(module).values() if value.is_floating_point()]
        for name, value in {"norm of the weights": get_total_norm(values), **validated}.items():
            if not value.isfinite().all():
                raise self._error(step, name, module)

    def _error(self, step: int, name: str, module: FineTuner) -> DivergenceError:
        last = "none before" if self._last_loss is None else "{:.4g} at step {}".format(*self._last_loss)
        clipping = "" if self.protocol.gradient_clip_norm else ", or set training.gradient_clip_norm=1"
        decays = {"training.weight_decay": self.protocol.weight_decay}
        for group in module.parameter_groups():
            if "weight_decay" in group:
                decays["head.weight_decay"] = group["weight_decay"]
        decay = max(decays, key=lambda key: decays[key])
        return DivergenceError(
            f"training diverged at step {step}: {name} not finite (last finite loss: {last}); lower"
            f" training.learning_rate={self.protocol.learning_rate:g} or {decay}={decays[decay]:g}{clipping}"
        )
