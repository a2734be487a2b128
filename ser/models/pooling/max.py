"""Max pooling."""

import torch
from torch import nn


class Max(nn.Module):
    """The largest value of each channel over real frames."""

    fixed = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (batch, width) of states (batch, frames, width)."""
        return hidden.masked_fill(~mask[:, :, None], -torch.inf).amax(dim=1)
