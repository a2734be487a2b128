"""What a checkpoint has heard of transcribed speech: written beside its weights, so that nobody tests on it unawares.

Clips are told by the course of their loudness, wherever and in whatever format they lie; speakers by a hash of their
corpus and name, since a checkpoint may be published and a speaker's name should not be.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.audio.content import digest_of
from ser.audio.likeness import PARTS, loudness_course, same_recordings
from ser.audio.store import Store
from ser.errors import CheckpointError
from ser.models.checkpoint import parse

HEARD = "heard.json"


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
    lines = ",\n".join(json.dumps(clip) for clip in clips)
    speakers = json.dumps(sorted(heard.speakers))
    (folder / HEARD).write_text(f'{{"speakers": {speakers},\n"clips": [\n{lines}\n]}}\n', encoding="utf-8")


def read_heard(checkpoint: str) -> Heard | None:
    """Return what a checkpoint has heard; None where nothing is written down, as in all that were made elsewhere.

    Raises:
        CheckpointError: the record cannot be read.
    """
    path = Path(parse(checkpoint)[0]) / HEARD
    return _read(path, checkpoint, path.stat().st_mtime_ns) if path.is_file() else None


@functools.cache
def _read(path: Path, checkpoint: str, _changed: int) -> Heard:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        durations = np.array([duration for duration, _ in content["clips"]], dtype=float)
        return Heard(_courses(course for _, course in content["clips"]), durations, frozenset(content["speakers"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"checkpoint {checkpoint}: its {HEARD} cannot be read ({error}); make the checkpoint anew"
        ) from error


def _courses(texts: Iterable[str]) -> np.ndarray:
    joined = b"".join(map(bytes.fromhex, texts))
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, PARTS)
