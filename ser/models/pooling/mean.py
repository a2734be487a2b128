"""Mean pooling."""

import torch
from torch import nn


class Mean(nn.Module):
    """The mean over real frames."""

    fixed = True
    linear = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (batch, width) of states (batch, frames, width)."""
        weights = mask.to(hidden.dtype).unsqueeze(-1)
        return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
