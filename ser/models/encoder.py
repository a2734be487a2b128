"""Pre-trained speech encoders: wav2vec 2.0, HuBERT, WavLM."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from ser.errors import CheckpointError
from ser.models.attention import IMPLEMENTATIONS
from ser.models.loading import load
from ser.models.masking import time_masks

NORMALISATION_FLOOR = 1e-7
"""Added to the variance, as `Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm` does."""

FRONT_END = (
    *("conv_dim", "conv_kernel", "conv_stride", "conv_bias"),
    *("feat_extract_norm", "feat_extract_activation", "layer_norm_eps"),
)
"""What a configuration says of the convolutions."""


class SpeechEncoder(nn.Module):
    """A Hugging Face encoder in two halves: frozen convolutions, and the transformer above them, which is trained.

    Padding changes nothing: clips are convolved apart where the convolutions have group norm, which takes its
    statistics over time, and padded frames are masked. So every clip is encoded as transformers encodes it alone.
    (Checkpoints with group norm want no mask in transformers, since it pads their waveforms before the convolutions.)

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout.
        sample_rate: of the clips, in Hz.
        attention: how transformers computes it: `sdpa` or `eager`.

    Attributes:
        width: of the hidden states.
        channels: of the features.
        front_end: all but weights that determines the features of a clip.

    Raises:
        CheckpointError: as `ser.models.loading.load` does, or the encoder hears another sampling rate.
    """

    def __init__(self, checkpoint: str, sample_rate: int, attention: str = "sdpa") -> None:
        super().__init__()
        self.model, extractor = load(checkpoint, IMPLEMENTATIONS[attention])
        if extractor.sampling_rate != sample_rate:
            raise CheckpointError(
                f"checkpoint {checkpoint} hears {extractor.sampling_rate} Hz, the clips are stored at {sample_rate} Hz:"
                f" set audio.sample_rate={extractor.sampling_rate}"
            )
        config = self.model.config
        self.normalises = bool(extractor.do_normalize)
        self.width: int = config.hidden_size
        self.channels: int = config.conv_dim[-1]
        self.front_end: dict[str, Any] = {name: getattr(config, name) for name in FRONT_END} | {
            "normalises": self.normalises
        }
        self.model.train()  # checkpoints load in evaluation mode, and Lightning leaves modes as they are
        # Also spares the backward pass through them, as `requires_grad_(False)` alone would not.
        self.model.feature_extractor._freeze_parameters()  # type: ignore[operator, union-attr]

    def forward(self, inputs: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode padded clips.

        Args:
            inputs: waveforms (batch, samples) at the encoder's sampling rate, or features (batch, frames, channels) as
                `convolve` returns them; anything where padded.
            lengths: (batch,) of each clip, in samples or frames.

        Returns:
            The last hidden states (batch, frames, width), and a mask (batch, frames) that is True on real frames.
        """
        features, frames = (inputs, lengths) if inputs.dim() == 3 else self.convolve(inputs, lengths)
        real = positions(features.shape[1], frames)
        hidden = self.model.feature_projection(features.float())  # type: ignore[operator]
        hidden = self._augment(hidden[0] if isinstance(hidden, tuple) else hidden, frames)
        return self.model.encoder(hidden, attention_mask=real).last_hidden_state, real  # type: ignore[operator]

    @torch.no_grad()
    def convolve(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features (batch, frames, channels) of waveforms (batch, samples), and (batch,) frames of each."""
        missing = self._receptive_field() - waveforms.shape[1]
        waveforms = nn.functional.pad(waveforms, (0, max(missing, 0)))
        real = positions(waveforms.shape[1], lengths)
        waveforms = standardise(waveforms, real) if self.normalises else waveforms * real
        if self.model.config.feat_extract_norm == "group" and len(waveforms) > 1:
            heard = lengths.clamp(min=self._receptive_field()).tolist()
            alone = [self._convolutions(row[None, :length])[0] for row, length in zip(waveforms, heard, strict=True)]
            return pad_sequence(alone, batch_first=True), self.frames(lengths)
        return self._convolutions(waveforms), self.frames(lengths)

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames the convolutions make of so many samples; at least one."""
        for kernel, stride in self._convolution_sizes():
            samples = torch.div(samples - kernel, stride, rounding_mode="floor") + 1
        return samples.clamp(min=1)

    def _convolutions(self, waveforms: torch.Tensor) -> torch.Tensor:
        return self.model.feature_extractor(waveforms).transpose(1, 2)  # type: ignore[operator]

    def _augment(self, hidden: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Mask stretches of frames and channels in training (SpecAugment), as the checkpoint's configuration says."""
        config = self.model.config
        if not (self.training and config.apply_spec_augment):
            return hidden
        if config.mask_time_prob > 0:
            masked = time_masks(
                hidden.shape[1], frames, config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks
            )
            hidden = torch.where(masked[:, :, None], self.model.masked_spec_embed.to(hidden.dtype), hidden)  # type: ignore[arg-type]
        if config.mask_feature_prob > 0:
            channels = torch.full_like(frames, hidden.shape[2])
            masked = time_masks(
                hidden.shape[2],
                channels,
                config.mask_feature_prob,
                config.mask_feature_length,
                config.mask_feature_min_masks,
            )
            hidden = hidden.masked_fill(masked[:, None, :], 0)
        return hidden

    def _receptive_field(self) -> int:
        samples = 1
        for kernel, stride in reversed(self._convolution_sizes()):
            samples = (samples - 1) * stride + kernel
        return samples

    def _convolution_sizes(self) -> list[tuple[int, int]]:
        return list(zip(self.model.config.conv_kernel, self.model.config.conv_stride, strict=True))


def positions(size: int, lengths: torch.Tensor) -> torch.Tensor:
    """Return a mask (batch, size) that is True before each length."""
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]


def standardise(waveforms: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Give each clip zero mean and unit variance over its real samples; padding becomes zero.

    Args:
        waveforms: (batch, samples).
        real: (batch, samples), True on real samples.
    """
    count = real.sum(dim=1, keepdim=True)
    mean = (waveforms * real).sum(dim=1, keepdim=True) / count
    centred = (waveforms - mean) * real
    variance = centred.square().sum(dim=1, keepdim=True) / count
    return centred / (variance + NORMALISATION_FLOOR).sqrt()
