"""The network: an encoder, the layers of it that count, pooling over real frames, a head.

As the groups are by default, it is that of the paper: the mean over the last layer's states, ReLU, one linear layer.
"""

from typing import Any

import torch
from torch import nn

from ser.models.encoder import SpeechEncoder
from ser.models.freezing import freeze
from ser.models.frozen import frozen_states
from ser.models.head import build_head
from ser.models.layers import build_layers
from ser.models.pooling import build_pooling
from ser.settings.network import (
    CONVOLUTIONS,
    LAST,
    LINEAR,
    MEAN,
    FreezingSettings,
    HeadSettings,
    LayersSettings,
    PoolingSettings,
)


class EmotionClassifier(nn.Module):
    """Logits of emotions for padded clips.

    Args:
        encoder: (inputs, lengths) -> hidden states and mask.
        emotions: number of classes.
        pooling: over time.
        layers: which of them are pooled.
        head: from the pooled clip to the logits.
        freezing: what of the encoder is trained, and from when on.

    Raises:
        ConfigError: the encoder has fewer layers than the settings mean.
    """

    def __init__(
        self,
        encoder: SpeechEncoder,
        emotions: int,
        pooling: PoolingSettings = MEAN,
        layers: LayersSettings = LAST,
        head: HeadSettings = LINEAR,
        freezing: FreezingSettings = CONVOLUTIONS,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.freezing = freezing
        self.frozen_states = frozen_states(encoder, pooling, layers, freezing)
        self.layers = build_layers(layers, encoder)
        self.pooling = build_pooling(pooling, encoder.width)
        self.head = build_head(head, self.pooling.width, emotions)
        self.head_weight_decay = head.weight_decay
        freeze(encoder, freezing)
        if self.frozen_states is not None and self.frozen_states.whole:
            encoder.frozen_layers = None

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return logits (batch, emotions).

        Args:
            inputs: waveforms (batch, samples), features (batch, frames, channels) of the front end, or the output
                (batch, frames, states, width) of `frozen_states`.
            lengths: (batch,) of each clip, in samples or frames.
        """
        if self.frozen_states is not None and inputs.dim() < 4:
            inputs, lengths = self.frozen_states(inputs, lengths)
        return self.head(self.layers(self.encoder, self.pooling, inputs, lengths))

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return what is trained, as optimisers take it: the head apart where its weight decay is its own."""
        trained = [weights for weights in self.parameters() if weights.requires_grad]
        if self.head_weight_decay is None:
            return [{"params": trained}]
        of_head = set(self.head.parameters())
        return [
            {"params": [weights for weights in trained if weights not in of_head]},
            {"params": list(self.head.parameters()), "weight_decay": self.head_weight_decay},
        ]
