"""Read what recordings hold, and refuse those that would feed a model something else than speech."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from ser.errors import CorpusError

REPLACE = "fetch it again, or leave it out"
SHORTEST_S = 0.025
"""The window of the encoders: of a shorter clip they hear nothing."""
LONGEST_S = 600.0
"""No emotional utterance is that long, and such a recording would fill the memory."""
RATES_HZ = (4000, 384000)
"""A header outside these is wrong: no speech is recorded so."""

_CUT_SHORT = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_STREAMED_BYTES = 2**31 - 2**16
"""A writer that does not know the length yet declares about 2 or 4 GiB; that is no sign of damage."""


@contextmanager
def recording(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open a recording.

    Raises:
        CorpusError: it is not there, or cannot be decoded, now or while it is read.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: there is no such file; check the folder that it should be in")
    try:
        with soundfile.SoundFile(path) as opened:
            yield opened
    except soundfile.LibsndfileError as error:
        raise CorpusError(f"{path}: cannot be decoded ({error.error_string.strip('. ')}); {REPLACE}") from error


class Recording(NamedTuple):
    """All that a file holds."""

    samples: np.ndarray
    """(frames, channels) float32, full scale at 1."""
    rate: int
    """In Hz."""
    declared: int
    """Frames that its header states; those of MP3 files state more than there are."""
    kind: str
    """Of file and of samples, such as "WAV PCM_16"."""


def read(path: Path, longest_s: float = LONGEST_S) -> Recording:
    """Read a recording (wav, flac, ogg, mp3, aiff).

    The samples are counted as they come, never taken from the header.
    A cut WAV or FLAC file is refused; in MP3 and Ogg nothing tells a cut file from a short one.

    Raises:
        CorpusError: the file is not there, cannot be decoded, is empty or cut short, lasts more than `longest_s`, or
            states a rate outside `RATES_HZ`.
    """
    with recording(path) as opened:
        _require_plausible(path, opened.frames, opened.samplerate, longest_s)
        declared = opened.frames
        samples = opened.read(dtype="float32", always_2d=True)
        rate, log, kind = opened.samplerate, opened.extra_info, f"{opened.format} {opened.subtype}"
    if cut := _CUT_SHORT.search(log):
        stated, present = map(int, cut.groups())
        if present < 0.99 * stated and stated < _STREAMED_BYTES:
            raise CorpusError(f"{path}: cut short, {present} of {stated} bytes of samples are there; {REPLACE}")
    if len(samples) == 0:
        raise CorpusError(f"{path}: holds no samples; {REPLACE}")
    return Recording(samples, rate, declared, kind)


def decode(path: Path, channel: int) -> tuple[np.ndarray, int]:
    """Read one channel of a recording.

    Args:
        path: of the recording.
        channel: 0 is the first; a mono file is taken as it is, whatever the channel.

    Returns:
        (samples,) float32, full scale at 1, and the sampling rate in Hz.

    Raises:
        CorpusError: as `read` and `listen` do.
    """
    whole = read(path)
    return listen(path, whole, channel), whole.rate


def listen(path: Path, whole: Recording, channel: int) -> np.ndarray:
    """Return one channel of a recording, (samples,) float32.

    Raises:
        CorpusError: it has several channels but not this one, holds NaN or infinity, or lasts less than `SHORTEST_S`.
    """
    channels = whole.samples.shape[1]
    if channels > 1 and not 0 <= channel < channels:
        raise CorpusError(f"{path}: has no channel {channel}; choose a channel of the corpus from 0 to {channels - 1}")
    samples = np.ascontiguousarray(whole.samples[:, channel if channels > 1 else 0])
    if not np.isfinite(samples).all():
        raise CorpusError(f"{path}: holds samples that are not finite numbers; {REPLACE}")
    if len(samples) < SHORTEST_S * whole.rate:
        raise CorpusError(
            f"{path}: lasts {1000 * len(samples) / whole.rate:.3g} ms, where an encoder needs {1000 * SHORTEST_S:g};"
            f" {REPLACE}"
        )
    return samples


def _require_plausible(path: Path, frames: int, rate: int, longest_s: float) -> None:
    """Look at the header before any sample is read."""
    lowest, highest = RATES_HZ
    if not lowest <= rate <= highest:
        raise CorpusError(f"{path}: states {rate} Hz, where speech has {lowest} to {highest}; {REPLACE}")
    if frames > longest_s * rate:
        raise CorpusError(
            f"{path}: lasts {frames / rate / 60:.0f} minutes, where a clip lasts {longest_s / 60:.0f} at most; cut it"
            " into utterances, or leave it out"
        )
