"""Parts of recordings: cut to the sample, without a whole hour in memory.

A part has the samples from `round(start_s * rate)` to `round(end_s * rate)`, to the bit those that lie there when the
whole recording is decoded. In WAV, FLAC and AIFF libsndfile goes to them directly. In MP3 and Ogg what it decodes after
a seek is not what it decodes on the way there (by up to 0.6 of full scale), and some codecs cannot be sought in (GSM,
those of PyAV): such a recording is read from its beginning in blocks, once for many parts.
"""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

from ser.audio import decode
from ser.audio.decode import LONGEST_S, Recording, Sequential
from ser.audio.parallel import each_batch, outcome
from ser.audio.pyav import AvFile
from ser.audio.segment import Segment
from ser.errors import CorpusError

TOGETHER_S: Final = 300.0
"""Seconds of parts of one recording that are read in one go, and so are in memory together."""
ROUNDING_S: Final = 0.01
"""How far a part may reach beyond the end of its recording, for tables whose times are rounded to hundredths."""

Result = TypeVar("Result")


def each_segment(
    function: Callable[[Segment, Recording | CorpusError], Result], segments: Sequence[Segment], task: str
) -> Generator[Result]:
    """Yield what a function makes of each part, in order, as `ser.audio.parallel.each_file` does.

    Args:
        function: takes a part, and what it holds or why it cannot be used; may raise CorpusError.
        segments: those of one recording follow each other.
        task: what the progress bar says.

    Raises:
        CorpusError: at the end, where the function raised any.
    """

    def work(batch: Sequence[Segment]) -> list[Result | CorpusError]:
        results = [outcome(function, *pair) for pair in zip(batch, read(batch), strict=True)]
        return [_located(*pair) for pair in zip(results, batch, strict=True)]

    yield from each_batch(work, batches(segments), len(segments), task)


def _located(result: Result | CorpusError, segment: Segment) -> Result | CorpusError:
    """Return a result, or an error that says where a table names the clip."""
    if isinstance(result, CorpusError) and segment.origin:
        return CorpusError(f"{result} ({segment.origin})")
    return result


def batches(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield parts that follow each other and lie in one recording, up to `TOGETHER_S`; a whole recording is alone."""
    batch: list[Segment] = []
    together_s = 0.0
    for segment in segments:
        duration_s = TOGETHER_S if math.isnan(segment.end_s) else segment.end_s - segment.start_s
        if batch and (batch[0].path != segment.path or together_s + duration_s > TOGETHER_S):
            yield batch
            batch, together_s = [], 0.0
        batch.append(segment)
        together_s += duration_s
    if batch:
        yield batch


def read(segments: Sequence[Segment]) -> list[Recording | CorpusError]:
    """Return what each part of one recording holds, or why it cannot be used.

    Args:
        segments: of the same recording; one that is whole is alone.
    """
    path = segments[0].path
    if segments[0].whole:
        return [outcome(decode.read, path)]
    try:
        with decode.recording(path) as opened:
            decode.require_rate(path, opened.samplerate)
            pieces = (_jump if opened.exact else _walk)(
                opened, [_frames(segment, opened.samplerate) for segment in segments]
            )
            decode.require_uncut(path, opened.extra_info)
            rate, kind = opened.samplerate, decode.kind_name(opened)
    except CorpusError as error:
        return [error] * len(segments)
    held = [Recording(samples, rate, len(samples), kind) for samples in pieces]
    return [outcome(_require_all, *pair, opened) for pair in zip(segments, held, strict=True)]


def _frames(segment: Segment, rate: int) -> tuple[int, int]:
    """Return the first frame of a part, and the one after its last; at most one more than a clip may have."""
    start = round(segment.start_s * rate)
    most = start + round(LONGEST_S * rate) + 1
    return start, most if math.isnan(segment.end_s) else min(round(segment.end_s * rate), most)


def _jump(opened: Sequential | AvFile, borders: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Return (frames, channels) float32 between each pair of frames, as far as there are any, by seeking."""
    pieces = []
    for start, end in borders:
        first = opened.seek(min(start, opened.frames))
        pieces.append(opened.read(max(min(end, opened.frames) - first, 0), dtype="float32", always_2d=True))
    return pieces


def _walk(opened: Sequential | AvFile, borders: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Return what `_jump` does, by decoding from the beginning."""
    pieces = [[np.zeros((0, opened.channels), np.float32)] for _ in borders]
    position = 0
    for block in decode.blocks(opened, max(end for _, end in borders)):
        for piece, (start, end) in zip(pieces, borders, strict=True):
            if start < position + len(block) and end > position:
                piece.append(block[max(start - position, 0) : end - position])
        position += len(block)
    return [np.concatenate(piece) for piece in pieces]


def _require_all(segment: Segment, held: Recording, recording: Sequential | AvFile) -> Recording:
    """Return what a part holds; raise CorpusError where that is too much, or less than the part is long."""
    start, end = _frames(segment, held.rate)
    length = len(held.samples)
    if length > LONGEST_S * held.rate:
        raise CorpusError(
            f"{segment.name}: lasts more than {LONGEST_S / 60:.0f} minutes, the most that a clip may; cut it into"
            " utterances, or leave it out"
        )
    missing = 0 if math.isnan(segment.end_s) else end - start - length
    if not length or missing > ROUNDING_S * held.rate:
        lasts_s = (start + length if length else recording.frames) / held.rate
        raise CorpusError(
            f"{segment.name}: reaches beyond the recording, which lasts {lasts_s:.3f} s; correct its times, or leave"
            " it out"
        )
    return held
