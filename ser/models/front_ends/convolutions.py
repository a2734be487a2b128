"""The convolutions of wav2vec 2.0 and its kin, on normalised waveforms."""

from typing import Any

import torch
from transformers import PreTrainedModel, Wav2Vec2FeatureExtractor

from ser.models.padding import length_mask, pad_to, standardise, transform_unpadded

DESCRIPTION = (
    *("conv_dim", "conv_kernel", "conv_stride", "conv_bias"),
    *("feat_extract_norm", "feat_extract_activation", "layer_norm_eps"),
)
"""What a configuration says of the convolutions."""


class Convolutions:
    """Frozen convolutions; clips are convolved apart where they have group norm, which is taken over time.

    (Checkpoints with group norm take no mask in transformers, since it pads their waveforms before the convolutions.)

    Args:
        model: whose convolutions are meant.
        extractor: says whether waveforms are normalised.
    """

    longest: int | None = None

    def __init__(self, model: PreTrainedModel, extractor: Wav2Vec2FeatureExtractor) -> None:
        self.config = model.config
        self.convolutions: torch.nn.Module = model.feature_extractor  # type: ignore[assignment]
        self.normalises = bool(extractor.do_normalize)
        self.channels: int = model.config.conv_dim[-1]

    @torch.no_grad()
    def __call__(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames of each."""
        waveforms = pad_to(waveforms, self.receptive_field())
        real = length_mask(waveforms.shape[1], lengths)
        waveforms = standardise(waveforms, real) if self.normalises else waveforms * real
        if getattr(self.config, "feat_extract_norm", "layer") == "group" and len(waveforms) > 1:
            alone = transform_unpadded(
                lambda row: self._convolve(row[None])[0], waveforms, lengths, self.receptive_field()
            )
            return alone, self.frames(lengths)
        return self._convolve(waveforms), self.frames(lengths)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames the convolutions make of so many samples; at least one."""
        for kernel, stride in self._sizes():
            samples = torch.div(samples - kernel, stride, rounding_mode="floor") + 1
        return samples.clamp(min=1)

    def description(self) -> dict[str, Any]:
        """Return all but weights that determines the features of a clip."""
        return {name: getattr(self.config, name, None) for name in DESCRIPTION} | {"normalises": self.normalises}

    def weights(self) -> dict[str, torch.Tensor]:
        """Return the weights of the convolutions."""
        return self.convolutions.state_dict()

    def _convolve(self, waveforms: torch.Tensor) -> torch.Tensor:
        return self.convolutions(waveforms).transpose(1, 2)

    def receptive_field(self) -> int:
        """Return the samples that one frame is computed from."""
        samples = 1
        for kernel, stride in reversed(self._sizes()):
            samples = (samples - 1) * stride + kernel
        return samples

    def _sizes(self) -> list[tuple[int, int]]:
        return list(zip(self.config.conv_kernel, self.config.conv_stride, strict=True))
