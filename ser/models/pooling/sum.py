"""Sum pooling."""

import torch
from torch import nn


class Sum(nn.Module):
    """The sum over real frames."""

    fixed = True
    linear = True

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (batch, width) of states (batch, frames, width)."""
        return (hidden * mask[:, :, None]).sum(dim=1)
