"""What becomes of a recording before a model hears it: one channel, one sampling rate, one loudness.

Apart from the store, so that opening a store which is there already needs no torch.
"""

from typing import Any, NamedTuple

import numpy as np

from ser.audio.decode import Recording, listen
from ser.audio.loudness import normalise
from ser.audio.resampling import resample
from ser.audio.segment import Segment
from ser.errors import CorpusError


class Clip(NamedTuple):
    """A recording as it is stored."""

    samples: np.ndarray
    """(samples,) float32."""
    silent: bool
    """Too quiet to have a loudness, and so left at its level."""


def prepare(name: str, held: Recording, *, channel: int, sample_rate: int, loudness_lufs: float | None) -> Clip:
    """Take a channel of a recording or a part of it, resample, and normalise unless `loudness_lufs` is None.

    Args:
        name: for messages.
        held: what was read.
        channel: 0 is the first.
        sample_rate: of the clip, in Hz.
        loudness_lufs: integrated loudness of the clip.

    Raises:
        CorpusError: as `ser.audio.decode.listen` does.
    """
    samples = resample(listen(name, held, channel), held.rate, sample_rate)
    if loudness_lufs is None:
        return Clip(samples, silent=False)
    return Clip(*normalise(samples, sample_rate, loudness_lufs))


def prepare_segment(segment: Segment, held: Recording | CorpusError, **audio: Any) -> Clip:
    """Return what `prepare` makes of a part of a recording.

    Raises:
        CorpusError: it could not be read, or as `prepare`.
    """
    if isinstance(held, CorpusError):
        raise held
    return prepare(segment.name, held, **audio)
