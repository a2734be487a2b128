"""Bring clips to the sampling rate of the encoders."""

import functools
import math

import numpy as np
import torch
from scipy.signal import resample_poly
from torchaudio.transforms import Resample

PHASES_AT_MOST = 2000
"""Of a kernel of torchaudio, which holds a filter for each phase: from 24414 Hz it takes 17 s and 3.7 GB to make."""


def resample(samples: np.ndarray, rate: int, sample_rate: int) -> np.ndarray:
    """Return (samples,) float32 at `sample_rate`, from `rate`, both in Hz.

    By torchaudio's windowed sinc interpolation; between rates whose common divisor is too small for its kernel, such as
    the 24414 Hz of TESS and 16 kHz, by SciPy's polyphase filter.
    """
    if rate == sample_rate:
        return samples
    common = math.gcd(rate, sample_rate)
    if sample_rate // common > PHASES_AT_MOST:
        return resample_poly(samples, sample_rate // common, rate // common).astype(np.float32, copy=False)
    return _resampler(rate, sample_rate)(torch.from_numpy(samples)).numpy()


@functools.cache
def _resampler(rate: int, sample_rate: int) -> Resample:
    """Keep the kernel of a pair of rates: it costs more than a clip."""
    return Resample(rate, sample_rate)
