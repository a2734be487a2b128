"""The focal loss."""

import torch
from torch import nn
from torch.nn import functional

SMALLEST = 1e-12
"""Smallest 1 - p of soft labels, so that the gradient of a certain clip is finite for any gamma."""


class FocalLoss(nn.Module):
    """Cross-entropy in which clips that are recognised already count less.

    Lin et al. (2017), Focal loss for dense object detection, equation 5: -w (1 - p)^gamma log p, where p is the
    probability of the true class. For shares q of the classes (soft labels) it is -Σ w q (1 - p)^gamma log p over the
    classes. It is averaged as torch averages weighted cross-entropy, which it is for gamma 0: over the weights of the
    labels, but over the clips for shares.

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
        """Return the loss of logits (batch, classes) for labels (batch,), or for shares (batch, classes)."""
        logarithms = functional.log_softmax(logits.float(), dim=1)
        if labels.is_floating_point():
            weights = labels if self.weight is None else labels * self.weight
            missing = (1 - logarithms.exp()).clamp(min=SMALLEST)
            return -(weights * missing**self.gamma * logarithms).sum() / len(labels)
        truth = logarithms.gather(1, labels[:, None])[:, 0]
        weights = torch.ones_like(truth) if self.weight is None else self.weight[labels]
        return -(weights * (1 - truth.exp()) ** self.gamma * truth).sum() / weights.sum()
