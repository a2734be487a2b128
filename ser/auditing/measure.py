"""Measures of one recording, before any processing."""

import hashlib
import math
from typing import Any, Final

import numpy as np

from ser.audio.decode import Recording, listen
from ser.audio.likeness import fingerprint
from ser.audio.loudness import integrated_loudness
from ser.audio.parallel import outcome
from ser.audio.segment import Segment
from ser.errors import CorpusError

FRAME_S: Final = 0.02
QUIET_DB: Final = -40.0
"""A frame this far below the loudest one is a pause."""
WIDEST_OFFSET_S: Final = 0.005
"""Largest delay between two channels that record the same speaker: 1.7 m at the speed of sound."""
MEASURES: Final = (
    *("problem", "kind", "rate_hz", "channels", "duration_s", "surplus_s", "loudness_lufs", "peak_dbfs", "clipped"),
    *("pause", "lead_s", "trail_s", "offset_ms", "mix_db", "digest", "fingerprint"),
)
"""The columns that `measure` returns."""
_FLAT: Final = 3
"""Consecutive samples at one extreme that count as clipping; speech has fewer."""


def measure(segment: Segment, held: Recording | CorpusError, channel: int) -> dict[str, Any]:
    """Return the measures of a recording or a part of it; one that cannot be used has only a `problem`.

    Args:
        segment: for messages.
        held: what was read, or why it cannot be.
        channel: the channel that is used.

    Returns:
        problem: why it cannot be used; None if it can.
        kind, rate_hz, channels, duration_s.
        surplus_s: duration that the header states, less that of the samples.
        loudness_lufs, peak_dbfs: minus infinity for digital silence.
        clipped: samples in flat tops of three or more.
        pause: share of frames of 20 ms that are 40 dB below the loudest; lead_s, trail_s: pauses at both ends.
        offset_ms: delay of the second channel relative to the first; NaN for mono.
        mix_db: level of the mean of the channels, relative to the louder one; NaN for mono.
        digest: hash of the used samples, whatever the file format.
        fingerprint: what copies of it are recognised by, see `ser.audio.likeness`.
    """
    samples = held if isinstance(held, CorpusError) else outcome(listen, segment.name, held, channel)
    if isinstance(held, CorpusError) or isinstance(samples, CorpusError):
        return {"problem": str(samples)}
    rate = held.rate
    levels = _levels_db(samples, max(1, round(FRAME_S * rate)))
    loud = np.flatnonzero(levels > levels.max() + QUIET_DB) if np.isfinite(levels.max()) else np.array([], int)
    return {
        "problem": None,
        "kind": held.kind,
        "rate_hz": rate,
        "channels": held.samples.shape[1],
        "duration_s": len(samples) / rate,
        "surplus_s": (held.declared - len(samples)) / rate,
        "loudness_lufs": integrated_loudness(samples, rate),
        "peak_dbfs": _db(float(np.abs(samples).max())),
        "clipped": _clipped(samples),
        "pause": 1 - len(loud) / len(levels),
        "lead_s": loud[0] * FRAME_S if len(loud) else len(samples) / rate,
        "trail_s": (len(levels) - 1 - loud[-1]) * FRAME_S if len(loud) else len(samples) / rate,
        "offset_ms": _offset_s(held.samples, rate) * 1000,
        "mix_db": _mix_db(held.samples),
        "digest": hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest(),
        "fingerprint": fingerprint(samples, rate),
    }


def _levels_db(samples: np.ndarray, frame: int) -> np.ndarray:
    """Return the level of each frame in dB; the last frame may be shorter."""
    starts = np.arange(0, len(samples), frame)
    power = np.add.reduceat(np.square(samples, dtype=np.float64), starts) / np.diff([*starts, len(samples)])
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)


def _db(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude else -math.inf


def _clipped(samples: np.ndarray) -> int:
    """Count the samples in runs of three or more at the highest or the lowest value, unless these are tiny."""
    count = 0
    for extreme in (samples.max(), samples.min()):
        if abs(extreme) < 0.1:
            continue
        flat = np.diff(np.concatenate([[0], (np.abs(samples - extreme) <= 1e-4 * abs(extreme)).astype(np.int8), [0]]))
        lengths = np.flatnonzero(flat == -1) - np.flatnonzero(flat == 1)
        count += int(lengths[lengths >= _FLAT].sum())
    return count


def _offset_s(samples: np.ndarray, rate: int) -> float:
    """Return the delay of the second channel at the peak of the cross-correlation; NaN for mono or silence."""
    if samples.shape[1] < 2 or not samples[:, 0].any() or not samples[:, 1].any():
        return math.nan
    size = 2 ** math.ceil(math.log2(2 * len(samples)))
    first, second = (np.fft.rfft(samples[:, channel], size) for channel in (0, 1))
    correlation = np.fft.irfft(second * first.conj(), size)
    widest = min(math.ceil(WIDEST_OFFSET_S * rate), len(samples) - 1)
    lags = np.arange(-widest, widest + 1)
    return float(lags[np.abs(correlation[lags]).argmax()]) / rate


def _mix_db(samples: np.ndarray) -> float:
    power = np.square(samples, dtype=np.float64).mean(axis=0).max()
    if samples.shape[1] < 2 or not power:
        return math.nan
    mixed = np.square(samples.mean(axis=1, dtype=np.float64)).mean()
    return 10 * math.log10(mixed / power) if mixed else -math.inf
