"""The focal loss."""

import torch
from torch import nn
from torch.nn import functional


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
