"""The clips and speakers of language pre-fine-tuning, written beside a checkpoint's weights to detect leakage.

A clip is identified by its fingerprint, whatever its folder and format; a speaker by a hash of corpus and name,
because a checkpoint may be published and the names of speakers should not be. A fingerprint holds a waveform of at most
4 s up to 700 Hz, one bit a sample: the melody of an utterance.
"""

import functools
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.content import digest_of
from ser.audio.likeness import PARTS, Fingerprint, fingerprint, same_recordings
from ser.audio.parallel import WORKERS
from ser.audio.store import Store
from ser.errors import RecordError
from ser.models.checkpoint import parse
from ser.records import PretrainingRecord

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class PretrainingClips:
    """The clips and speakers that a checkpoint was trained or validated on.

    Attributes:
        fingerprints: of `ser.audio.likeness.fingerprint`, one a clip.
        speakers: hashes of `speaker_key`.
    """

    fingerprints: tuple[Fingerprint, ...]
    speakers: frozenset[str]

    def occurs_in(self, store: Store) -> np.ndarray:
        """Return (clips,) bool, True for the clips of a store that are among these."""
        return _occurs_in(self, store)

    def union(self, other: "PretrainingClips") -> "PretrainingClips":
        """Return the clips and speakers of both."""
        return PretrainingClips(self.fingerprints + other.fingerprints, self.speakers | other.speakers)


def namespace(name: str, reader: str) -> str:
    """Return the namespace of a corpus's speakers: its reader, or its configured name if it is a table."""
    return name if reader == "manifest" else reader


def speaker_key(corpus: str, speaker: str) -> str:
    """Return the hash of a speaker's corpus and name."""
    return digest_of([corpus, speaker])


@functools.cache
def fingerprints(store: Store) -> tuple[Fingerprint, ...]:
    """Return the fingerprints of a store's clips, computed on all cores, once in a process."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(pool.map(lambda clip: fingerprint(store[clip], store.sample_rate), range(len(store))))


@functools.cache
def _occurs_in(clips: PretrainingClips, store: Store) -> np.ndarray:
    occurs = np.zeros(len(store), dtype=bool)
    for clip, _ in same_recordings(fingerprints(store), clips.fingerprints):
        occurs[clip] = True
    return occurs


def write_pretraining(folder: Path, clips: PretrainingClips) -> None:
    """Write `heard.json` into a checkpoint's folder; clips are sorted, so that their order reveals no speaker."""
    rows = sorted(
        (round(float(one.spread_s), 6), one.course.tobytes().hex(), one.signs.tobytes().hex())
        for one in clips.fingerprints
    )
    PretrainingRecord(speakers=sorted(clips.speakers), fingerprints=rows).write(folder)


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
    if record.fingerprints is None:
        log.warning(
            "%s is of an earlier version: its clips cannot be compared, only its speakers; %s", path, record.REMEDY
        )
    try:
        return PretrainingClips(_parse(record.fingerprints or ()), frozenset(record.speakers))
    except ValueError as error:
        raise RecordError(path, f"a fingerprint is invalid ({error})", record.REMEDY) from error


def _parse(rows: Sequence[tuple[float, str, str]]) -> tuple[Fingerprint, ...]:
    """Return fingerprints from the numbers and hexadecimal digits of a record; raise ValueError for others."""
    clips = tuple(
        Fingerprint(spread, *(np.frombuffer(bytes.fromhex(digits), np.uint8) for digits in (course, signs)))
        for spread, course, signs in rows
    )
    if any(len(one.course) != PARTS for one in clips):
        raise ValueError(f"a course has not {PARTS} parts")
    return clips
