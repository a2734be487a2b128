"""What becomes of a recording before a model hears it: one channel, one sampling rate, one loudness.

Apart from the store, so that opening a store which is there already needs no torch.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser.audio.decode import decode
from ser.audio.loudness import normalise
from ser.audio.resampling import resample


class Clip(NamedTuple):
    """A recording as it is stored."""

    samples: np.ndarray
    """(samples,) float32."""
    silent: bool
    """Too quiet to have a loudness, and so left at its level."""


def prepare(path: Path, *, channel: int, sample_rate: int, loudness_lufs: float | None) -> Clip:
    """Decode, resample, and normalise unless `loudness_lufs` is None.

    Raises:
        CorpusError: as `ser.audio.decode.decode` does.
    """
    samples, rate = decode(path, channel)
    samples = resample(samples, rate, sample_rate)
    if loudness_lufs is None:
        return Clip(samples, silent=False)
    return Clip(*normalise(samples, sample_rate, loudness_lufs))
