"""Which layers of an encoder are pooled: (encoder, pooling, inputs, lengths) -> pooled states (batch, width)."""

import torch
from torch import nn

from ser.errors import ConfigError
from ser.models.encoder import SpeechEncoder
from ser.models.pooling import Pooling
from ser.settings.network import LayersSettings, OneLayer


class Last(nn.Module):
    """The states above the last layer."""

    def __init__(self, encoder: SpeechEncoder) -> None:
        super().__init__()

    def forward(
        self, encoder: SpeechEncoder, pooling: Pooling, inputs: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """Return pooled states (batch, width) of padded clips, as `SpeechEncoder.forward` takes them."""
        return pooling(*encoder(inputs, lengths))


class One(nn.Module):
    """The states above one layer; higher layers are thrown away.

    Args:
        encoder: that has the layer.
        layer: 0 is what enters the first.
    """

    def __init__(self, encoder: SpeechEncoder, layer: int) -> None:
        super().__init__()
        self.layer = layer
        encoder.drop_layers_above(layer)

    def forward(
        self, encoder: SpeechEncoder, pooling: Pooling, inputs: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """Return pooled states (batch, width) of padded clips, as `SpeechEncoder.forward` takes them."""
        states, mask = encoder.states(inputs, lengths)
        return pooling(states[min(self.layer, len(states) - 1)], mask)  # of frozen states, the last


class _Weighted(nn.Module):
    """All states, from what enters the first layer to those above the last, with weights that add up to 1.

    The weights are a softmax of parameters that start at 0, as in SUPERB (Yang et al., 2021, section 3) and s3prl.

    Args:
        encoder: whose layers are meant.
    """

    def __init__(self, encoder: SpeechEncoder) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(len(encoder.body.layers) + 1))

    def mix(self, parts: list[torch.Tensor]) -> torch.Tensor:
        """Return the weighted sum of tensors of one shape, one a layer."""
        weights = self.logits.softmax(dim=0)
        return torch.stack([weight * part for weight, part in zip(weights, parts, strict=True)]).sum(dim=0)


class WeightedBeforePooling(_Weighted):
    """States are summed, and the sum is pooled."""

    def forward(
        self, encoder: SpeechEncoder, pooling: Pooling, inputs: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """Return pooled states (batch, width) of padded clips, as `SpeechEncoder.forward` takes them."""
        states, mask = encoder.states(inputs, lengths)
        return pooling(self.mix(states), mask)


class WeightedAfterPooling(_Weighted):
    """States are pooled, all by the same pooling, and then summed."""

    def forward(
        self, encoder: SpeechEncoder, pooling: Pooling, inputs: torch.Tensor, lengths: torch.Tensor
    ) -> torch.Tensor:
        """Return pooled states (batch, width) of padded clips, as `SpeechEncoder.forward` takes them."""
        states, mask = encoder.states(inputs, lengths)
        return self.mix([pooling(state, mask) for state in states])


def require_layer(chosen: LayersSettings, layers: int) -> None:
    """Refuse a layer that an encoder of so many layers does not have.

    Raises:
        ConfigError: it has fewer.
    """
    if isinstance(chosen, OneLayer) and chosen.layer > layers:
        raise ConfigError(f"layers.layer={chosen.layer}: the encoder has {layers} layers")


def build_layers(chosen: LayersSettings, encoder: SpeechEncoder) -> nn.Module:
    """Return the chosen layers, (encoder, pooling, inputs, lengths) -> pooled states.

    Raises:
        ConfigError: the encoder has no such layer.
    """
    if isinstance(chosen, OneLayer):
        require_layer(chosen, len(encoder.body.layers))
        return One(encoder, chosen.layer)
    if chosen.name == "last":
        return Last(encoder)
    return {"weighted_before_pooling": WeightedBeforePooling, "weighted_after_pooling": WeightedAfterPooling}[
        chosen.name
    ](encoder)
