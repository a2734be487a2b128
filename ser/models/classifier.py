"""The network of the paper: an encoder, the mean over real frames, ReLU, one linear layer."""

import torch
from torch import nn

from ser.models.encoder import SpeechEncoder


def masked_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Average over real frames only.

    Args:
        hidden: (batch, frames, width).
        mask: (batch, frames), True on real frames; at least one a clip.

    Returns:
        (batch, width).
    """
    weights = mask.to(hidden.dtype).unsqueeze(-1)
    return (hidden * weights).sum(dim=1) / weights.sum(dim=1)


class EmotionClassifier(nn.Module):
    """Logits of emotions for padded clips.

    Args:
        encoder: (inputs, lengths) -> hidden states and mask.
        emotions: number of classes.
    """

    def __init__(self, encoder: SpeechEncoder, emotions: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, emotions)

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, emotions) of waveforms (batch, samples) or features (batch, frames, channels).

        `lengths`, (batch,), are in samples or frames.
        """
        hidden, mask = self.encoder(inputs, lengths)
        return self.head(torch.relu(masked_mean(hidden, mask)))
