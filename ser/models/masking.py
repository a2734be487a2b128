"""SpecAugment's masks, drawn on the device; transformers draws them on the CPU, which synchronises with the GPU."""

from typing import Any

import torch


def time_masks(size: int, lengths: torch.Tensor, share: float, span: int, least: int) -> torch.Tensor:
    """Return random masks as `transformers` draws them: spans may overlap, and none is on padding.

    A clip of n positions gets `share * n / span` spans, rounded up or down at random so that the mean is right, at
    least `least`, and at most as many as fit without overlap. Park et al. (2019), Interspeech, 2613-2617; Baevski
    et al. (2020), wav2vec 2.0, section 4.2.

    Args:
        size: padded length of the batch.
        lengths: (batch,) length of each clip.
        share: fraction of the positions that spans would cover without overlaps.
        span: length of a span.
        least: minimum number of spans in a clip.

    Returns:
        (batch, size), True where masked.
    """
    starts = (lengths - span + 1).clamp(min=0)  # possible starts of a span
    rounding = torch.rand(len(lengths), device=lengths.device)
    count = (share * lengths / span + rounding).floor().clamp(min=least)
    count = count.minimum(lengths.div(span, rounding_mode="floor")).minimum(starts)
    position = torch.arange(size, device=lengths.device)
    drawn = torch.rand(len(lengths), size, device=lengths.device).masked_fill(position >= starts[:, None], -1.0)
    is_start = drawn.argsort(dim=1, descending=True).argsort(dim=1) < count[:, None]
    started = is_start.long().cumsum(dim=1)
    return started > torch.nn.functional.pad(started, (span, 0))[:, :size]


def spec_augment(values: torch.Tensor, lengths: torch.Tensor, config: Any, filler: torch.Tensor) -> torch.Tensor:
    """Return the values with masked spans of frames and of channels, by the checkpoint's configuration.

    Args:
        values: (batch, frames, channels).
        lengths: (batch,) frames of each clip.
        config: configuration of the checkpoint, with `mask_time_prob` and so on.
        filler: (channels,) or scalar, value of masked frames; masked channels become zero.
    """
    if config.mask_time_prob > 0:
        masked = time_masks(
            values.shape[1], lengths, config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks
        )
        values = torch.where(masked[:, :, None], filler.to(values.dtype), values)
    if config.mask_feature_prob > 0:
        channels = torch.full_like(lengths, values.shape[2])
        masked = time_masks(
            values.shape[2],
            channels,
            config.mask_feature_prob,
            config.mask_feature_length,
            getattr(config, "mask_feature_min_masks", 0),  # which WavLM's configuration lacks
        )
        values = values.masked_fill(masked[:, None, :], 0)
    return values
