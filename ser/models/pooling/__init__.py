"""From the states of a clip to one vector: how time is done away with. Padding never counts."""

from typing import Protocol, cast

import torch

from ser.models.pooling.attentive_statistics import AttentiveStatistics
from ser.models.pooling.ecapa_tdnn import EcapaTdnn
from ser.models.pooling.max import Max
from ser.models.pooling.mean import Mean
from ser.models.pooling.sum import Sum
from ser.settings.network import AttentivePooling, PoolingSettings


class Pooling(Protocol):
    """What every pooling has.

    Attributes:
        width: of what it returns.
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


PLAIN = {"mean": Mean, "max": Max, "sum": Sum}
ATTENTIVE = {"attentive_statistics": AttentiveStatistics, "ecapa_tdnn": EcapaTdnn}


def build_pooling(wanted: PoolingSettings, width: int) -> Pooling:
    """Return the pooling of states that are so wide."""
    if isinstance(wanted, AttentivePooling):
        return cast(Pooling, ATTENTIVE[wanted.name](width, wanted.attention_width))
    return cast(Pooling, PLAIN[wanted.name](width))
