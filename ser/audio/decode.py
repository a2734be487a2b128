"""Read what recordings hold, and refuse those that would feed a model something else than speech."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile

from ser.audio.kinds import kind_of
from ser.audio.pyav import REPLACE, AvFile
from ser.errors import CorpusError

SHORTEST_S = 0.025
"""The window of the encoders: of a shorter clip they hear nothing."""
LONGEST_S = 600.0
"""No emotional utterance is that long, and such a recording would fill the memory."""
RATES_HZ = (4000, 384000)
"""A header outside these is wrong: no speech is recorded so."""

BLOCK: Final = 2**18
"""Frames that are decoded at once."""
SEEKABLE: Final = ("WAV", "WAVEX", "W64", "RF64", "FLAC", "AIFF", "AU", "CAF")
"""Formats of libsndfile in which decoding from any frame gives the samples of decoding all; tests hold each to it."""

_CUT_SHORT: Final = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)
_STREAMED_BYTES: Final = 2**31 - 2**16
"""A writer that does not know the length yet declares about 2 or 4 GiB; that is no sign of damage."""


class Sequential(soundfile.SoundFile):
    """A recording that is read block by block as at once: soundfile seeks after every read of one that is seekable."""

    @property
    def exact(self) -> bool:
        """Whether decoding from any frame gives the samples of decoding all."""
        return super().seekable() and self.format in SEEKABLE

    def seekable(self) -> bool:
        """Return that it is not."""
        return False

    def seek(self, frame: int) -> int:
        """Go to a frame: at once where that is possible, else by decoding up to it from the beginning."""
        if super().seekable():
            return super().seek(frame)
        return sum(map(len, blocks(self, frame)))


@contextmanager
def recording(path: Path) -> Iterator[Sequential | AvFile]:
    """Open a recording, with libsndfile or else with PyAV.

    Raises:
        ConfigError: it takes PyAV, which is not installed.
        CorpusError: it is not there, or cannot be decoded, now or while it is read.
    """
    if not path.is_file():
        raise CorpusError(f"{path}: there is no such file; check the folder that it should be in")
    try:
        with _opened(path) as opened:
            yield opened
    except soundfile.LibsndfileError as error:
        raise CorpusError(f"{path}: cannot be decoded ({error.error_string.strip('. ')}); {REPLACE}") from error


def _opened(path: Path) -> Sequential | AvFile:
    """Return a recording, opened by what it is and not by what its name says."""
    try:
        opened = Sequential(path)
    except TypeError as error:  # soundfile wants the rate of what is called .raw
        raise CorpusError(
            f"{path}: .raw is for samples without a header, whose rate is not known; convert it to WAV"
        ) from error
    except soundfile.LibsndfileError:
        if (kind := kind_of(path)) is None:
            raise
        return AvFile(path, kind)
    if opened.format == "RAW" and (kind := kind_of(path)):
        opened.close()
        return AvFile(path, kind)
    return opened


def blocks(opened: Sequential | AvFile, most: float = math.inf) -> Iterator[np.ndarray]:
    """Yield (frames, channels) float32 of up to `BLOCK` frames, `most` together, from where a recording is read."""
    while len(block := opened.read(int(min(BLOCK, most)), dtype="float32", always_2d=True)):
        yield block
        most -= len(block)


def samples_of(opened: Sequential | AvFile, most: float = math.inf) -> np.ndarray:
    """Return `blocks` as one array."""
    return np.concatenate([np.zeros((0, opened.channels), np.float32), *blocks(opened, most)])


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
    """Read a recording: what libsndfile reads (wav, flac, ogg, opus, mp3, aiff, ...), other formats with PyAV.

    The samples are counted as they come, never taken from the header.
    A cut WAV, FLAC or MPEG-4 file is refused; in MP3 and Ogg nothing tells a cut file from a short one.

    Raises:
        ConfigError: it takes PyAV, which is not installed.
        CorpusError: the file is not there, cannot be decoded, is empty or cut short, lasts more than `longest_s`, or
            states a rate outside `RATES_HZ`.
    """
    with recording(path) as opened:
        require_rate(path, opened.samplerate)
        declared, rate = opened.frames, opened.samplerate
        _require_short(path, declared, rate, longest_s)
        samples = samples_of(opened, longest_s * rate + 1)
        _require_short(path, len(samples), rate, longest_s)
        log, kind = opened.extra_info, kind_name(opened)
    require_uncut(path, log)
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


def listen(name: Path | str, held: Recording, channel: int) -> np.ndarray:
    """Return one channel of a recording or a part of it, (samples,) float32.

    Raises:
        CorpusError: it has several channels but not this one, holds NaN or infinity, or lasts less than `SHORTEST_S`.
    """
    channels = held.samples.shape[1]
    if channels > 1 and not 0 <= channel < channels:
        raise CorpusError(f"{name}: has no channel {channel}; choose a channel of the corpus from 0 to {channels - 1}")
    samples = np.ascontiguousarray(held.samples[:, channel if channels > 1 else 0])
    if not np.isfinite(samples).all():
        raise CorpusError(f"{name}: holds samples that are not finite numbers; {REPLACE}")
    if len(samples) < SHORTEST_S * held.rate:
        raise CorpusError(
            f"{name}: lasts {1000 * len(samples) / held.rate:.3g} ms, where an encoder needs {1000 * SHORTEST_S:g};"
            f" {REPLACE}"
        )
    return samples


def kind_name(opened: Sequential | AvFile) -> str:
    """Return the kind of a file and of its samples, such as "WAV PCM_16"."""
    return f"{opened.format} {opened.subtype}"


def require_rate(path: Path, rate: int) -> None:
    """Raise CorpusError for a rate outside `RATES_HZ`, before any sample is read."""
    lowest, highest = RATES_HZ
    if not lowest <= rate <= highest:
        raise CorpusError(f"{path}: states {rate} Hz, where speech has {lowest} to {highest}; {REPLACE}")


def require_uncut(path: Path, log: str) -> None:
    """Raise CorpusError if libsndfile's log of a file says that samples are missing at its end."""
    if cut := _CUT_SHORT.search(log):
        stated, present = map(int, cut.groups())
        if present < 0.99 * stated and stated < _STREAMED_BYTES:
            raise CorpusError(f"{path}: cut short, {present} of {stated} bytes of samples are there; {REPLACE}")


def _require_short(path: Path, frames: int, rate: int, longest_s: float) -> None:
    if frames > longest_s * rate:
        raise CorpusError(
            f"{path}: lasts {frames / rate / 60:.3g} minutes, where a clip lasts {longest_s / 60:.0f} at most; cut it"
            " into utterances, or leave it out"
        )
