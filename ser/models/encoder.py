"""Pre-trained speech encoders: wav2vec 2.0, HuBERT, WavLM."""

import torch
from torch import nn

from ser.errors import CheckpointError
from ser.models.loading import load

NORMALISATION_FLOOR = 1e-7
"""Added to the variance, as `Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm` does."""


class SpeechEncoder(nn.Module):
    """A Hugging Face encoder with its frozen convolutions, its normalisation of the input and its mask rule.

    Checkpoints with group norm in the convolutions were trained without attention mask, those with layer
    norm with one; the feature extractor's `return_attention_mask` says which. Either way the returned mask
    tells real frames from padding.

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout.
        sample_rate: of the clips, in Hz.

    Raises:
        CheckpointError: as `ser.models.loading.load` does, or the encoder hears another sampling rate.
    """

    def __init__(self, checkpoint: str, sample_rate: int) -> None:
        super().__init__()
        self.model, extractor = load(checkpoint)
        if extractor.sampling_rate != sample_rate:
            raise CheckpointError(
                f"checkpoint {checkpoint} hears {extractor.sampling_rate} Hz, the clips are stored at {sample_rate} Hz:"
                f" set audio.sample_rate={extractor.sampling_rate}"
            )
        self.normalises = bool(extractor.do_normalize)
        self.masks_attention = bool(extractor.return_attention_mask)
        self.width: int = self.model.config.hidden_size
        self.model.train()  # checkpoints load in evaluation mode, and Lightning leaves modes as they are
        # Also spares the backward pass through them, as `requires_grad_(False)` alone would not.
        self.model.feature_extractor._freeze_parameters()  # type: ignore[operator, union-attr]

    def forward(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode padded clips.

        Args:
            waveforms: (batch, samples) at the encoder's sampling rate, zero where padded.
            lengths: (batch,) samples of each clip.

        Returns:
            The last hidden states (batch, frames, width), and a mask (batch, frames) that is True on real frames.
        """
        waveforms, lengths = self._at_least_one_mask(waveforms, lengths)
        real = positions(waveforms.shape[1], lengths)
        if self.normalises:
            waveforms = standardise(waveforms, real)
        mask = real.long() if self.masks_attention else None
        hidden = self.model(waveforms, attention_mask=mask).last_hidden_state
        return hidden, positions(hidden.shape[1], self.frames(lengths))

    def frames(self, samples: torch.Tensor) -> torch.Tensor:
        """Return how many frames the convolutions make of so many samples; at least one."""
        for kernel, stride in zip(self.model.config.conv_kernel, self.model.config.conv_stride, strict=True):
            samples = torch.div(samples - kernel, stride, rounding_mode="floor") + 1
        return samples.clamp(min=1)

    def _at_least_one_mask(self, waveforms: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Pad a batch of very short clips: SpecAugment needs more frames than one of its masks has."""
        frames = self.model.config.mask_time_length + 1
        samples = frames
        for kernel, stride in zip(
            self.model.config.conv_kernel[::-1], self.model.config.conv_stride[::-1], strict=True
        ):
            samples = (samples - 1) * stride + kernel
        missing = samples - waveforms.shape[1]
        return (nn.functional.pad(waveforms, (0, missing)), lengths) if missing > 0 else (waveforms, lengths)


def positions(size: int, lengths: torch.Tensor) -> torch.Tensor:
    """Return a mask (batch, size) that is True before each length."""
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]


def standardise(waveforms: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Give each clip zero mean and unit variance over its real samples; padding stays zero.

    Args:
        waveforms: (batch, samples).
        real: (batch, samples), True on real samples.
    """
    count = real.sum(dim=1, keepdim=True)
    mean = (waveforms * real).sum(dim=1, keepdim=True) / count
    centred = (waveforms - mean) * real
    variance = centred.square().sum(dim=1, keepdim=True) / count
    return centred / (variance + NORMALISATION_FLOOR).sqrt()
