"""From waveforms to features: the half of an encoder that is never trained, and so is computed once for every clip."""

from typing import Any, Protocol

import torch

from ser.models.front_ends.convolutions import Convolutions
from ser.models.front_ends.filterbank import Filterbank
from ser.models.front_ends.log_mel import LogMel

__all__ = ["Convolutions", "Filterbank", "FrontEnd", "LogMel"]


class FrontEnd(Protocol):
    """What every front end has.

    Attributes:
        channels: of the features.
        longest: samples of a clip that are used, the first ones; None uses all.
    """

    channels: int
    longest: int | None

    def __call__(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames of each."""

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames so many samples make; at least one."""

    def description(self) -> dict[str, Any]:
        """Return all but weights that determines the features of a clip."""

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights that determine them, by name."""
