"""Padded batches: masks, normalisation and transforms that ignore padding."""

from collections.abc import Callable

import torch
from torch.nn.utils.rnn import pad_sequence

NORMALISATION_FLOOR = 1e-7
"""Added to the variance, as `Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm` does."""


def length_mask(size: int, lengths: torch.Tensor) -> torch.Tensor:
    """Return a mask (batch, size), True before each length and False on padding."""
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]


def standardise(waveforms: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Return each clip with zero mean and unit variance over its samples; padding becomes zero.

    Args:
        waveforms: (batch, samples).
        real: (batch, samples), False on padding.
    """
    count = real.sum(dim=1, keepdim=True)
    mean = (waveforms * real).sum(dim=1, keepdim=True) / count
    centred = (waveforms - mean) * real
    variance = centred.square().sum(dim=1, keepdim=True) / count
    return centred / (variance + NORMALISATION_FLOOR).sqrt()


def pad_to(waveforms: torch.Tensor, least: int) -> torch.Tensor:
    """Return waveforms (..., samples) padded with zeros to at least `least` samples."""
    return torch.nn.functional.pad(waveforms, (0, max(least - waveforms.shape[-1], 0)))


def transform_unpadded(
    transform: Callable[[torch.Tensor], torch.Tensor], waveforms: torch.Tensor, lengths: torch.Tensor, least: int
) -> torch.Tensor:
    """Return the padded transforms of clips, each transformed without its padding.

    Args:
        transform: (samples,) -> (frames, channels).
        waveforms: (batch, samples).
        lengths: (batch,) samples of each clip.
        least: minimum number of samples; shorter clips are padded with zeros.

    Returns:
        (batch, frames, channels).
    """
    rows = [transform(pad_to(row[:length], least)) for row, length in zip(waveforms, lengths.tolist(), strict=True)]
    return pad_sequence(rows, batch_first=True)
