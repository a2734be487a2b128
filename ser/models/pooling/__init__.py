"""Pooling over time: (batch, frames, width) -> (batch, width). Padding never counts."""

from typing import Protocol, cast

import torch
from torch import nn

from ser.errors import ConfigError
from ser.settings.network import PoolingSettings


class Pooling(Protocol):
    """What every pooling has.

    Attributes:
        width: of what it returns.

    The poolings of this package that learn nothing, and that return a single frame as it is, have `fixed = True`: over
    frozen states they are computed once (`ser.models.frozen`). With `linear = True`, a weighted sum of states may be
    taken after the pooling as well as before.
    """

    width: int

    def __call__(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool over time.

        Args:
            hidden: (batch, frames, width of the encoder).
            mask: (batch, frames), True on real frames; at least one a clip.

        Returns:
            (batch, width).
        """


def build_pooling(chosen: PoolingSettings, width: int) -> Pooling:
    """Return the pooling of states of a width.

    Raises:
        ConfigError: it is no module of torch, or does not say how wide its result is.
    """
    made = chosen.make(width)
    if not isinstance(made, nn.Module) or not isinstance(getattr(made, "width", None), int):
        raise ConfigError(
            f"pooling.name={chosen.name}: no pooling; derive it from torch.nn.Module, and give it an attribute width:"
            f" of what it returns, where the states are {width} wide"
        )
    return cast(Pooling, made)
