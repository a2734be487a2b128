"""The clips and speakers of language pre-fine-tuning, written beside a checkpoint's weights to detect leakage.

A clip is identified by its loudness contour, whatever its folder and format; a speaker by a hash of corpus and name,
because a checkpoint may be published and the names of speakers should not be.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.content import digest_of
from ser.audio.likeness import PARTS, loudness_course, same_recordings
from ser.audio.store import Store
from ser.errors import RecordError
from ser.models.checkpoint import parse
from ser.records import PretrainingRecord


@dataclass(frozen=True, eq=False)
class PretrainingClips:
    """The clips and speakers that a checkpoint was trained or validated on.

    Attributes:
        courses: (clips, PARTS) uint8, loudness contours of `ser.audio.likeness.loudness_course`.
        durations_s: (clips,) in seconds.
        speakers: hashes of `speaker_key`.
    """

    courses: np.ndarray
    durations_s: np.ndarray
    speakers: frozenset[str]

    def occurs_in(self, store: Store) -> np.ndarray:
        """Return (clips,) bool, True for the clips of a store that are among these."""
        return _occurs_in(self, store)

    def union(self, other: "PretrainingClips") -> "PretrainingClips":
        """Return the clips and speakers of both."""
        return PretrainingClips(
            np.concatenate([self.courses, other.courses]),
            np.concatenate([self.durations_s, other.durations_s]),
            self.speakers | other.speakers,
        )


def namespace(name: str, reader: str) -> str:
    """Return the namespace of a corpus's speakers: its reader, or its configured name if it is a table."""
    return name if reader == "manifest" else reader


def speaker_key(corpus: str, speaker: str) -> str:
    """Return the hash of a speaker's corpus and name."""
    return digest_of([corpus, speaker])


@functools.cache
def courses(store: Store) -> np.ndarray:
    """Return the loudness contours of a store's clips, (clips, PARTS) uint8."""
    return np.stack([loudness_course(store[clip]) for clip in range(len(store))])


@functools.cache
def _occurs_in(clips: PretrainingClips, store: Store) -> np.ndarray:
    return same_recordings(courses(store), store.durations_s, clips.courses, clips.durations_s)


def write_pretraining(folder: Path, clips: PretrainingClips) -> None:
    """Write `heard.json` into a checkpoint's folder; clips are sorted, so that their order reveals no speaker."""
    rows = sorted(
        (round(float(duration), 3), course.tobytes().hex())
        for duration, course in zip(clips.durations_s, clips.courses, strict=True)
    )
    PretrainingRecord(speakers=sorted(clips.speakers), clips=rows).write(folder)


def read_pretraining(checkpoint: str) -> PretrainingClips | None:
    """Return the clips and speakers of a checkpoint; None if it has no record, as all that were made elsewhere.

    Raises:
        RecordError: the record cannot be read.
    """
    path = Path(parse(checkpoint)[0]) / PretrainingRecord.FILE
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.cache
def _read(path: Path, _changed: int) -> PretrainingClips | None:
    record = PretrainingRecord.read(path.parent)
    if record is None:
        return None
    try:
        parts = np.frombuffer(bytes.fromhex("".join(course for _, course in record.clips)), dtype=np.uint8)
        durations = np.array([duration for duration, _ in record.clips], dtype=float)
        return PretrainingClips(parts.reshape(len(durations), PARTS), durations, frozenset(record.speakers))
    except ValueError as error:
        raise RecordError(path, f"a loudness contour is invalid ({error})", record.REMEDY) from error
