"""Losses of emotions: what it costs to be wrong, and about which clips."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ser.settings.network import LossSettings


class FocalLoss(nn.Module):
    """Cross-entropy in which clips that are recognised already count less.

    Lin et al. (2017), Focal loss for dense object detection, equation 5: -w (1 - p)^gamma log p, where p is the
    probability of the true class. It is averaged as torch averages weighted cross-entropy, which it is for gamma 0.

    Args:
        weight: (classes,) w of each class; None is 1.
        gamma: how much less.
    """

    weight: torch.Tensor | None

    def __init__(self, weight: torch.Tensor | None, gamma: float) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.gamma = gamma

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of logits (batch, classes) for labels (batch,)."""
        logarithms = functional.log_softmax(logits.float(), dim=1)
        truth = logarithms.gather(1, labels[:, None])[:, 0]
        weights = torch.ones_like(truth) if self.weight is None else self.weight[labels]
        return -(weights * (1 - truth.exp()) ** self.gamma * truth).sum() / weights.sum()


def build(wanted: LossSettings, class_counts: np.ndarray) -> nn.Module:
    """Return the loss of emotions that have so many clips to train on."""
    weights = class_weights(class_counts) if wanted.class_weights == "inverse_frequency" else None
    if wanted.focusing:
        return FocalLoss(weights, wanted.focusing)
    return nn.CrossEntropyLoss(weight=weights, label_smoothing=wanted.smoothing)


def class_weights(counts: np.ndarray) -> torch.Tensor:
    """Weigh classes by inverse frequency, 1 on average over clips: clips / (classes x clips of the class).

    The same as scikit-learn's `class_weight="balanced"`; a class without clips gets weight 0.
    """
    counts = np.asarray(counts, dtype=float)
    weights = np.divide(counts.sum(), len(counts) * counts, out=np.zeros_like(counts), where=counts > 0)
    return torch.tensor(weights, dtype=torch.float32)
