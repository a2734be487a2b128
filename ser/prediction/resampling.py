"""Resampling without torch, as training resamples: the windowed sinc interpolation of torchaudio, in NumPy."""

import functools
import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import resample_poly

ZEROS = 6
"""Zero crossings of the sinc on each side, `lowpass_filter_width` of torchaudio."""
ROLL_OFF = 0.99
PHASES_AT_MOST = 2000
"""Of a kernel, as `ser.audio.resampling` has it; beyond, SciPy's polyphase filter takes over there and here."""


def resample(samples: np.ndarray, rate: int, sample_rate: int) -> np.ndarray:
    """Return (samples,) float32 at `sample_rate`, from `rate`, both in Hz; differs by rounding from training.

    >>> len(resample(np.zeros(48000, np.float32), 48000, 16000))
    16000
    """
    if rate == sample_rate:
        return samples
    common = math.gcd(rate, sample_rate)
    old, new = rate // common, sample_rate // common
    if new > PHASES_AT_MOST:
        return resample_poly(samples, new, old).astype(np.float32, copy=False)
    kernel, width = _kernel(old, new)
    frames = sliding_window_view(np.pad(samples, (width, width + old)), kernel.shape[1])[::old]
    return (frames @ kernel.T).reshape(-1)[: math.ceil(new * len(samples) / old)]


@functools.cache
def _kernel(old: int, new: int) -> tuple[np.ndarray, int]:
    """Return a filter for each phase, (new, width), float32, and the samples that it reaches before its frame."""
    cutoff = min(old, new) * ROLL_OFF
    width = math.ceil(ZEROS * old / cutoff)
    phase = np.arange(new, dtype=np.float32) / np.float32(new)  # in single precision, as torchaudio has it
    time = np.arange(-width, width + old) / old - phase[:, None].astype(np.float64)
    time = np.clip(time * cutoff, -ZEROS, ZEROS)
    window = np.cos(time * np.pi / ZEROS / 2) ** 2
    return (np.sinc(time) * window * cutoff / old).astype(np.float32), width
