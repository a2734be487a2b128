"""Bring clips to one loudness, so that emotions are not told apart by the gain of a microphone."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import lfilter

BLOCK_S = 0.4
STEP_S = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
TOLERANCE_LU = 0.01


def integrated_loudness(samples: np.ndarray, rate: int) -> float:
    """Measure the gated loudness of a mono clip by ITU-R BS.1770-4, annex 1.

    A clip shorter than one gating block of 400 ms, which the standard leaves open, is one block of its own length.

    `torchaudio.functional.loudness` has the same filters and gates, but clamps the filtered samples. `pyloudnorm`
    agrees on whole blocks; it also counts an incomplete block at the end, which the standard says is not used.

    Args:
        samples: (samples,), full scale at 1.
        rate: in Hz.

    Returns:
        LUFS; minus infinity for a silent clip, none of whose blocks is above -70 LUFS.
    """
    return _gated_lufs(_block_power(samples, rate))


def normalise(samples: np.ndarray, rate: int, target_lufs: float) -> tuple[np.ndarray, bool]:
    """Scale a clip to an integrated loudness; peaks may pass full scale, nothing is clipped.

    Scaling lifts quiet blocks over the absolute gate, or drops them below it, which changes what is measured: scaled
    once, 21 of EMOVO's 588 clips miss the target by 0.1 to 0.7 LU. So the gain is corrected until the scaled clip has
    the target. That ends: every correction has the direction of the first, and a clip has finitely many blocks.

    Args:
        samples: (samples,) float32, full scale at 1.
        rate: in Hz.
        target_lufs: above -70, for example -23, the level of EBU R 128.

    Returns:
        (samples,) float32, and whether the clip is silent: it has no loudness then and keeps its samples.
    """
    power = _block_power(samples, rate)
    loudness = _gated_lufs(power)
    if loudness == -math.inf:
        return samples, True
    gain = 1.0
    while abs(target_lufs - loudness) > TOLERANCE_LU:
        gain *= 10 ** ((target_lufs - loudness) / 20)
        loudness = _gated_lufs(power * gain**2)
    return samples * np.float32(gain), False


def _block_power(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return the mean square of each gating block after K-weighting, (blocks,)."""
    squares = _k_weighted(samples.astype(np.float64), rate) ** 2
    block = min(round(BLOCK_S * rate), len(squares))
    return sliding_window_view(squares, block)[:: round(STEP_S * rate)].mean(axis=1)


def _gated_lufs(power: np.ndarray) -> float:
    power = power[_lufs(power) > ABSOLUTE_GATE_LUFS]
    if len(power) == 0:
        return -math.inf
    power = power[_lufs(power) > _lufs(power.mean()) + RELATIVE_GATE_LU]
    return float(_lufs(power.mean()))


def _k_weighted(samples: np.ndarray, rate: int) -> np.ndarray:
    """Filter as the head and the ear do: a shelf of 4 dB above 1.5 kHz, then a high-pass at 38 Hz."""
    return lfilter(*_high_pass(rate, 38.0, 0.5), lfilter(*_shelf(rate, 1500.0, 1 / math.sqrt(2), 4.0), samples))


def _shelf(rate: int, frequency: float, quality: float, gain_db: float) -> tuple[list[float], list[float]]:
    """Return numerator and denominator of a high shelf (R. Bristow-Johnson, Audio EQ Cookbook)."""
    angle, gain = 2 * math.pi * frequency / rate, 10 ** (gain_db / 40)
    cosine, bend = math.cos(angle), math.sqrt(gain) * math.sin(angle) / quality
    up, down = gain + 1, gain - 1
    numerator = [
        gain * (up + down * cosine + bend),
        -2 * gain * (down + up * cosine),
        gain * (up + down * cosine - bend),
    ]
    return numerator, [up - down * cosine + bend, 2 * (down - up * cosine), up - down * cosine - bend]


def _high_pass(rate: int, frequency: float, quality: float) -> tuple[list[float], list[float]]:
    """Return numerator and denominator of a high-pass (the same)."""
    angle = 2 * math.pi * frequency / rate
    cosine, bend = math.cos(angle), math.sin(angle) / 2 / quality
    return [(1 + cosine) / 2, -1 - cosine, (1 + cosine) / 2], [1 + bend, -2 * cosine, 1 - bend]


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return -0.691 + 10 * np.log10(power)
