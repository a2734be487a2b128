"""Batches of clips of different lengths: what is real in them, and how clips are treated as if each were alone."""

from collections.abc import Callable

import torch
from torch.nn.utils.rnn import pad_sequence

NORMALISATION_FLOOR = 1e-7
"""Added to the variance, as `Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm` does."""


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


def lengthen(waveforms: torch.Tensor, least: int) -> torch.Tensor:
    """Pad waveforms (..., samples) with zeros to at least so many samples."""
    return torch.nn.functional.pad(waveforms, (0, max(least - waveforms.shape[-1], 0)))


def apart(
    transform: Callable[[torch.Tensor], torch.Tensor], waveforms: torch.Tensor, lengths: torch.Tensor, least: int
) -> torch.Tensor:
    """Transform every clip without its padding, and pad what comes of them.

    Args:
        transform: (samples,) -> (frames, channels).
        waveforms: (batch, samples).
        lengths: (batch,) samples of each clip.
        least: samples; shorter clips are padded with zeros.

    Returns:
        (batch, frames, channels).
    """
    rows = [transform(lengthen(row[:length], least)) for row, length in zip(waveforms, lengths.tolist(), strict=True)]
    return pad_sequence(rows, batch_first=True)
