"""What a checkpoint has heard of transcribed speech: written beside its weights, so that nobody tests on it unawares.

Clips are told by the course of their loudness, wherever and in whatever format they lie; speakers by a hash of their
corpus and name, since a checkpoint may be published and a speaker's name should not be.
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
class Heard:
    """The clips and speakers that a checkpoint was trained or validated on.

    Attributes:
        courses: (clips, PARTS) uint8, as `ser.audio.likeness.loudness_course` returns them.
        durations_s: (clips,).
        speakers: hashes, as `speaker_key` returns them.
    """

    courses: np.ndarray
    durations_s: np.ndarray
    speakers: frozenset[str]

    def among(self, store: Store) -> np.ndarray:
        """Tell which clips of a store were heard, (clips,) bool."""
        return _among(self, store)

    def and_also(self, other: "Heard") -> "Heard":
        """Return what either has heard."""
        return Heard(
            np.concatenate([self.courses, other.courses]),
            np.concatenate([self.durations_s, other.durations_s]),
            self.speakers | other.speakers,
        )


def namespace(name: str, reader: str) -> str:
    """Return what tells the speakers of a corpus from those of others: a published corpus, or the name of a table."""
    return name if reader == "manifest" else reader


def speaker_key(corpus: str, speaker: str) -> str:
    """Return what a speaker is known by: a hash of the corpus and the name in it."""
    return digest_of([corpus, speaker])


@functools.cache
def courses(store: Store) -> np.ndarray:
    """(clips, PARTS) uint8: the course of loudness of every clip of a store."""
    return np.stack([loudness_course(store[clip]) for clip in range(len(store))])


@functools.cache
def _among(heard: Heard, store: Store) -> np.ndarray:
    return same_recordings(courses(store), store.durations_s, heard.courses, heard.durations_s)


def write_heard(folder: Path, heard: Heard) -> None:
    """Write what a checkpoint has heard into its folder; the order of the clips does not tell who spoke."""
    clips = sorted(
        (round(float(duration), 3), course.tobytes().hex())
        for duration, course in zip(heard.durations_s, heard.courses, strict=True)
    )
    PretrainingRecord(speakers=sorted(heard.speakers), clips=clips).write(folder)


def read_heard(checkpoint: str) -> Heard | None:
    """Return what a checkpoint has heard; None where nothing is written down, as in all that were made elsewhere.

    Raises:
        RecordError: the record cannot be read.
    """
    path = Path(parse(checkpoint)[0]) / PretrainingRecord.FILE
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.cache
def _read(path: Path, _changed: int) -> Heard | None:
    record = PretrainingRecord.read(path.parent)
    if record is None:
        return None
    try:
        parts = np.frombuffer(bytes.fromhex("".join(course for _, course in record.clips)), dtype=np.uint8)
        durations = np.array([duration for duration, _ in record.clips], dtype=float)
        return Heard(parts.reshape(len(durations), PARTS), durations, frozenset(record.speakers))
    except ValueError as error:
        raise RecordError(path, f"a course of loudness is none ({error})", record.REMEDY) from error
