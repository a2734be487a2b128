"""Attentive statistics pooling: frames that matter weigh more, in the mean and in the deviation."""

import torch
from torch import nn

from ser.numbers import Width

VARIANCE_FLOOR = 1e-12


class AttentiveStatistics(nn.Module):
    """Mean and standard deviation over time, weighted by one learned weight a frame.

    Okabe et al. (2018), Attentive statistics pooling for deep speaker embedding, equations 2 to 6:
    e_t = v' tanh(W h_t + b) + k, and the weights are the softmax of e over the real frames.

    Args:
        width: of the states.
        attention_width: of W.
    """

    def __init__(self, width: int, attention_width: Width) -> None:
        super().__init__()
        self.width = 2 * width
        self.attention = nn.Sequential(nn.Linear(width, attention_width), nn.Tanh(), nn.Linear(attention_width, 1))

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (batch, 2 width) of states (batch, frames, width): means, and then deviations."""
        return weighted_statistics(hidden, attention_weights(self.attention(hidden), mask))


def attention_weights(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the softmax of scores (batch, frames, any) over real frames; padding weighs nothing."""
    return scores.float().masked_fill(~mask[:, :, None], -torch.inf).softmax(dim=1)


def weighted_statistics(hidden: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return the weighted means and deviations over time, (batch, 2 width).

    Args:
        hidden: (batch, frames, width).
        weights: (batch, frames, width or 1); they add up to 1 over time.
    """
    hidden = hidden.float()
    mean = (weights * hidden).sum(dim=1)
    variance = (weights * (hidden - mean[:, None]).square()).sum(dim=1)
    return torch.cat([mean, variance.clamp(min=VARIANCE_FLOOR).sqrt()], dim=1)
