"""Batch norm that takes any batch."""

import torch
from torch import nn
from torch.nn import functional


class BatchNorm(nn.BatchNorm1d):
    """Ioffe and Szegedy (2015); a single row, which has no variance, is normalised as in evaluation."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Normalise the columns of (rows, width)."""
        if self.training and len(values) == 1:
            return functional.batch_norm(
                values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(values)
