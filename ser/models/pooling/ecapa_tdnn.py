"""The pooling of ECAPA-TDNN: attention that depends on the channel and on the whole clip."""

import torch
from torch import nn

from ser.models.normalisation import MaskedBatchNorm
from ser.models.pooling.attentive_statistics import attention_weights, weighted_statistics
from ser.numbers import Width


class EcapaTdnn(nn.Module):
    """Mean and standard deviation over time, weighted by learned weights of each frame and channel.

    Desplanques et al. (2020), ECAPA-TDNN, section 3.1: as attentive statistics, with a weight for every channel, from
    the frame and the clip's plain mean and deviation. Between the two layers are ReLU, batch norm over real frames and
    tanh, as in SpeechBrain's `AttentiveStatisticsPooling`.

    Args:
        width: of the states.
        attention_width: of the layer between.
    """

    def __init__(self, width: int, attention_width: Width) -> None:
        super().__init__()
        self.width = 2 * width
        self.enter = nn.Linear(3 * width, attention_width)
        self.norm = MaskedBatchNorm(attention_width)
        self.score = nn.Linear(attention_width, width)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return (batch, 2 width) of states (batch, frames, width): means, and then deviations."""
        alike = mask[:, :, None] / mask.sum(dim=1)[:, None, None]
        context = weighted_statistics(hidden, alike)[:, None].expand(-1, hidden.shape[1], -1)
        entered = torch.relu(self.enter(torch.cat([hidden, context], dim=2)))
        scores = self.score(torch.tanh(self.norm(entered, mask)))
        return weighted_statistics(hidden, attention_weights(scores, mask))
