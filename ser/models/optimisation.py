"""How weights are optimised: AdamW with a learning rate that falls linearly, and clipped gradients."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from transformers import get_linear_schedule_with_warmup

from ser.errors import UserError
from ser.models.saving import trained_values
from ser.settings import NumericsSettings, ProtocolSettings


class FineTuner(pl.LightningModule):
    """Base of the LightningModules: what all of them do between the loss and the next step.

    Subclasses return their loss through `keep_loss`, for the curves, and their logits from `validation_step`.

    Attributes:
        gradient_norm: of the last step, before it was clipped.

    Args:
        protocol: optimiser and schedule.
        numerics: whether all weights are updated in one call.
        warm_up: share of the most steps there can be over which the learning rate rises, before it falls to 0.
    """

    def __init__(self, protocol: ProtocolSettings, numerics: NumericsSettings, warm_up: float = 0.0) -> None:
        super().__init__()
        self.protocol = protocol
        self.numerics = numerics
        self.warm_up = warm_up
        self.strict_loading = False  # checkpoints lack what is frozen

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what training changes alone; the rest is in the checkpoint that training started from."""
        checkpoint["state_dict"] = trained_values(self)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint without some of what is trained, which would silently start anew.

        Raises:
            UserError: it lacks some.
        """
        if missing := trained_values(self).keys() - checkpoint["state_dict"].keys():
            raise UserError(
                f"the checkpoint of this training lacks {len(missing)} of its weights ({min(missing)}): it is of"
                " another version of this program; remove it (last.ckpt in the cell's folder) to train the cell again"
            )

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what is trained, as optimisers take it."""
        return [{"params": [weights for weights in self.parameters() if weights.requires_grad]}]

    def keep_loss(self, loss: torch.Tensor) -> torch.Tensor:
        """Return the loss of a training step, and keep it for the curves."""
        self.last_loss = loss.detach()
        return loss

    def on_validation_epoch_end(self) -> None:
        """Log the loss of the last training step beside the validation's: logging every step costs a wait for each."""
        self.log("train/loss", self.last_loss)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW; the rate rises linearly over the warm-up, and falls linearly to 0 over the most steps there can be."""
        optimizer = torch.optim.AdamW(
            self.parameter_groups(),
            lr=self.protocol.learning_rate,
            weight_decay=self.protocol.weight_decay,
            # a fused AdamW unscales fp16 gradients in its step, after they have been clipped
            fused=self.numerics.fused_optimizer and self.trainer.precision != "16-mixed",
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = get_linear_schedule_with_warmup(optimizer, round(self.warm_up * steps), steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Keep the norm of all gradients that the optimiser applies, and clip it, without waiting for the device.

        Lightning's own clipping refuses a fused optimiser under every autocast, though bf16 gradients are not scaled.
        """
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        self.gradient_norm = get_total_norm([weight.grad for weight in weights if weight.grad is not None])
        if gradient_clip_val:
            clip_grads_with_norm_(weights, gradient_clip_val, self.gradient_norm)
