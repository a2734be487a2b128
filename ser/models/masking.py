"""SpecAugment's masks, drawn where the batch is: transformers draws them on the CPU, and so waits for the GPU."""

from typing import Any

import torch


def time_masks(size: int, lengths: torch.Tensor, share: float, span: int, least: int) -> torch.Tensor:
    """Draw masked stretches as `transformers` does: without replacement, overlaps allowed, on real positions alone.

    A clip of n positions gets `share * n / span` stretches, rounded up or down at random so that the mean is right, and
    at least `least`; as many as it has room for if that is fewer. Park et al. (2019), Interspeech, 2613-2617; Baevski
    et al. (2020), wav2vec 2.0, section 4.2.

    Args:
        size: positions of the batch.
        lengths: (batch,) positions of each clip.
        share: of the positions that stretches would cover if they did not overlap.
        span: positions of a stretch.
        least: stretches of a clip.

    Returns:
        (batch, size), True where masked.
    """
    starts = (lengths - span + 1).clamp(min=0)  # places where a stretch can begin
    rounding = torch.rand(len(lengths), device=lengths.device)
    count = (share * lengths / span + rounding).floor().clamp(min=least)
    count = count.minimum(lengths.div(span, rounding_mode="floor")).minimum(starts)
    place = torch.arange(size, device=lengths.device)
    drawn = torch.rand(len(lengths), size, device=lengths.device).masked_fill(place >= starts[:, None], -1.0)
    begins = drawn.argsort(dim=1, descending=True).argsort(dim=1) < count[:, None]
    begun = begins.long().cumsum(dim=1)
    return begun > torch.nn.functional.pad(begun, (span, 0))[:, :size]


def spec_augment(values: torch.Tensor, lengths: torch.Tensor, config: Any, filler: torch.Tensor) -> torch.Tensor:
    """Mask stretches of frames and of channels, as a checkpoint's configuration says.

    Args:
        values: (batch, frames, channels).
        lengths: (batch,) frames of each clip.
        config: of the checkpoint, with `mask_time_prob` and so on.
        filler: (channels,) or a single value, of masked frames; masked channels become zero.
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
