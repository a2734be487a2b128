"""How weights are optimised: AdamW with a learning rate that falls linearly."""

from collections.abc import Iterable
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from transformers import get_linear_schedule_with_warmup

from ser.settings import NumericsSettings, ProtocolSettings


def adamw_with_linear_decay(
    module: pl.LightningModule,
    trained: Iterable[torch.nn.Parameter] | Iterable[dict[str, Any]],
    protocol: ProtocolSettings,
    numerics: NumericsSettings,
    warm_up: float = 0.0,
) -> OptimizerLRSchedulerConfig:
    """Return what Lightning wants of `configure_optimizers`.

    Args:
        module: that is being trained.
        trained: its weights that are, or groups of them, as optimisers take them.
        protocol: learning rate and weight decay.
        numerics: whether all weights are updated in one call.
        warm_up: share of the most steps there can be over which the rate rises, before it falls to 0.
    """
    fused = numerics.fused_optimizer and numerics.precision != "16-mixed"  # its scaler could not clip gradients then
    optimizer = torch.optim.AdamW(trained, lr=protocol.learning_rate, weight_decay=protocol.weight_decay, fused=fused)
    steps = int(module.trainer.estimated_stepping_batches)
    schedule = get_linear_schedule_with_warmup(optimizer, round(warm_up * steps), steps)
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
