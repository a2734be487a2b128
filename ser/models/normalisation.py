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


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch norm over the real frames of padded clips.

    Selecting the real frames would make the CPU wait for the GPU, to learn how many there are: they are weighed
    instead. A single real frame, which has no variance, is normalised as in evaluation.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor
    momentum: float

    def forward(self, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Normalise the channels of (batch, frames, width); `mask`, (batch, frames), is True on real frames.

        What is returned on padding has no meaning.
        """
        values = values.float()
        mean, variance = self._statistics(values, mask) if self.training else (self.running_mean, self.running_var)
        return (values - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias

    def _statistics(self, values: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and variance (width,) over real frames, and move the running ones towards them."""
        frames, real = mask.sum(), mask[:, :, None]
        mean = (values * real).sum(dim=(0, 1)) / frames
        variance = ((values - mean).square() * real).sum(dim=(0, 1)) / frames
        several = frames > 1
        mean = torch.where(several, mean, self.running_mean)
        variance = torch.where(several, variance, self.running_var)
        with torch.no_grad():
            unbiased = torch.where(several, variance * frames / (frames - 1).clamp(min=1), self.running_var)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
            self.num_batches_tracked += several
        return mean, variance
