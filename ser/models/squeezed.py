"""SEW's encoder, whose layers work on fewer, longer frames than its convolutions make."""

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from ser.models.bodies import Transformer, apply
from ser.models.padding import length_mask


class Squeezed(Transformer):
    """SEW: `squeeze_factor` frames are averaged into one, and the states of the last layer are spread over them again.

    Wu et al. (2022), Performance-efficiency trade-offs in unsupervised pre-training for speech recognition, section 4.
    Frames at the end that do not fill one that is squeezed have zero states, as transformers has it, but for a clip
    that has no other. transformers' own forward lets a clip attend to a squeezed frame that is partly padding.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__(model)
        self.factor: int = model.config.squeeze_factor

    def transform(
        self, hidden: torch.Tensor, real: torch.Tensor, first: int = 0, last: int | None = None
    ) -> torch.Tensor:
        """Squeeze the frames, apply the layers and spread their states."""
        encoder, config = self.encoder, self.model.config
        if first:
            squeezed = hidden[:, :: self.factor][:, : max(hidden.shape[1] // self.factor, 1)]
        else:
            squeezed = self._squeeze(hidden, real)
        mask = length_mask(squeezed.shape[1], self._squeezed(real))
        layer_drop = config.layerdrop if self.layers.training else 0
        squeezed = apply(self.layers[first:last], squeezed, mask, config, layer_drop)
        return self._fit(encoder.upsample(squeezed), real)  # type: ignore[operator]

    def per_frame(self, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Repeat the state of a squeezed frame for each frame that is in it."""
        return self._fit(states.repeat_interleave(self.factor, dim=1), real)

    def _above(self) -> list[torch.nn.Module]:
        return [self.encoder.upsample]  # type: ignore[list-item]

    def _project(self, features: torch.Tensor) -> torch.Tensor:
        model = self.model
        hidden = model.layer_norm(features)  # type: ignore[operator]
        if model.project_features:
            hidden = model.feature_projection(hidden)  # type: ignore[operator]
        return model.feature_dropout(hidden)  # type: ignore[operator]

    def _squeeze(self, hidden: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return what enters the first layer, (batch, squeezed frames, width)."""
        encoder = self.encoder
        hidden = hidden.masked_fill(~real[:, :, None], 0).transpose(1, 2)
        hidden = functional.pad(hidden, (0, max(self.factor - hidden.shape[2], 0)))
        pooled, positional = encoder.pool(hidden), encoder.pos_conv_embed(hidden)  # type: ignore[operator]
        size = min(pooled.shape[2], positional.shape[2])
        squeezed = (pooled[..., :size] + positional[..., :size]).transpose(1, 2)
        return encoder.dropout(encoder.layer_norm(squeezed))  # type: ignore[operator]

    def _squeezed(self, real: torch.Tensor) -> torch.Tensor:
        """Return (batch,) the squeezed frames of each clip."""
        return torch.div(real.sum(dim=1), self.factor, rounding_mode="floor").clamp(min=1)

    def _fit(self, spread: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Return (batch, frames, width) of as many frames as there were, zero where no squeezed frame is."""
        frames = real.shape[1]
        spread = functional.pad(spread, (0, 0, 0, max(frames - spread.shape[1], 0)))[:, :frames]
        filled = length_mask(frames, self.factor * self._squeezed(real))
        return spread.masked_fill(~filled[:, :, None], 0)
