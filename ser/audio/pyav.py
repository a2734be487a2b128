"""Recordings that libsndfile does not read, such as m4a, mp4, aac, webm and amr, by FFmpeg through PyAV.

PyAV is the extra `av`. A recording is read from its beginning in blocks; of a video, its first sound track.
"""

import functools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from ser.audio.kinds import Kind
from ser.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    import av
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

REPLACE: Final = "fetch it again, or leave it out"
PADDING_S: Final = 0.1
"""How much more a header may state than there is, beside a hundredth of it: encoders count their last frame whole."""


class AvFile:
    """A recording that PyAV decodes, with what is needed of `soundfile.SoundFile`.

    Attributes:
        samplerate: in Hz, of what is decoded.
        channels: likewise.
        format: what it is.
        subtype: FFmpeg's name of the codec.
        exact: False: it is decoded from its beginning, since samples after a seek can be others.
        extra_info: nothing; `read` itself refuses a recording that was cut.
    """

    exact: Final = False
    extra_info: Final = ""

    def __init__(self, path: Path, kind: Kind) -> None:
        """Open a recording.

        Args:
            path: of the recording.
            kind: what it is by its first bytes; FFmpeg takes it for nothing else.

        Raises:
            ConfigError: PyAV is not installed.
            CorpusError: it cannot be decoded, or has no sound.
        """
        self._path, self._kind, self._position, self._opened = path, kind, 0, ExitStack()
        try:
            self._pieces = self._decode()
            self._rest = next(self._pieces, None)
            if self._rest is None:
                raise CorpusError(f"{path}: holds no samples; {REPLACE}")
        except BaseException:
            self._opened.close()
            raise
        self.format = kind.name
        self.subtype = self._stream.codec_context.name.upper()
        self.channels: int = self._rest.shape[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    @functools.cached_property
    def frames(self) -> int:
        """Frames that its header states; where it states none, those that it holds, for which it is decoded."""
        if stated := self._stated_s() * self.samplerate:
            return round(stated)
        with AvFile(self._path, self._kind) as again:
            return again.seek(2**62)

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """Return the next (frames, channels) float32, full scale at 1; fewer at the end.

        Raises:
            CorpusError: it cannot be decoded, or holds less than its header states.
        """
        pieces, left = [np.zeros((0, self.channels), np.float32)], frames
        while left and self._rest is not None:
            pieces.append(self._rest[:left])
            self._rest = self._rest[left:] if left < len(self._rest) else next(self._pieces, None)
            left -= len(pieces[-1])
        self._position += frames - left
        return np.concatenate(pieces)

    def seek(self, frame: int) -> int:
        """Decode up to a frame, and return where that ends."""
        while self._position < frame and len(self.read(min(frame - self._position, self.samplerate))):
            pass
        return self._position

    def _decode(self) -> Iterator[np.ndarray]:
        """Yield the (frames, channels) of one block of the codec after the other."""
        av_error, container = self._open()
        count, first = 0, None
        try:
            for frame in container.decode(self._stream):
                samples = _float(frame)
                if first is None:
                    first = self.samplerate, _ = frame.sample_rate, samples.shape[1]
                if (frame.sample_rate, samples.shape[1]) != first:
                    raise CorpusError(f"{self._path}: changes its rate or channels on the way; convert it to WAV")
                count += len(samples)
                if len(samples):
                    yield samples
        except av_error as error:
            raise self._undecodable(error) from error
        present_s = count / self.samplerate if first else 0.0
        if present_s < 0.99 * self._stated_s() - PADDING_S:
            raise CorpusError(
                f"{self._path}: cut short, {present_s:.2f} of {self._stated_s():.2f} s are there; {REPLACE}"
            )

    def _open(self) -> "tuple[type[av.FFmpegError], InputContainer]":
        """Open the sound track, and return what decoding it raises, and the file."""
        try:
            import av
        except ImportError as error:
            raise ConfigError(
                f"{self._path}: is {self._kind.name} by its content, which needs PyAV: pip install 'ser-grid[av]', or"
                " convert the recordings to WAV or FLAC"
            ) from error
        try:
            # A file, not its name, and one kind alone: a playlist would make FFmpeg open others.
            file = self._opened.enter_context(self._path.open("rb"))
            container = self._opened.enter_context(
                av.open(file, "r", options={"format_whitelist": self._kind.demuxers}, metadata_errors="ignore")
            )
        except av.FFmpegError as error:
            raise self._undecodable(error) from error
        if not container.streams.audio:
            raise CorpusError(f"{self._path}: has no sound track; {REPLACE}")
        self._container, self._stream = container, container.streams.audio[0]
        return av.FFmpegError, container

    def _undecodable(self, error: Exception) -> CorpusError:
        reason = getattr(error, "strerror", None) or error
        return CorpusError(f"{self._path}: cannot be decoded ({self._kind.name}: {reason}); {REPLACE}")

    def _stated_s(self) -> float:
        """Return the seconds that the header states; 0 where it states none, or those of a video alone."""
        stream: AudioStream = self._stream
        if not self._kind.states_duration:
            return 0.0
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        duration = self._container.duration if len(self._container.streams) == 1 else None
        return duration / 1e6 if duration is not None else 0.0


def _float(frame: "AudioFrame") -> np.ndarray:
    """Return (frames, channels) float32, full scale at 1."""
    samples, channels = frame.to_ndarray(), frame.layout.nb_channels
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    middle, scale = (128, 2**7) if samples.dtype.kind == "u" else (0, 2 ** (8 * samples.dtype.itemsize - 1))
    return ((samples.astype(np.float64) - middle) / scale).astype(np.float32)
