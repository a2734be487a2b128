"""Prepared clips on disk, made once and shared by every cell, instead of decoding 7000 files 440 times."""

import contextlib
import functools
import json
import logging
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict, Unpack

import numpy as np

from ser.audio.content import content_digest, digest_of
from ser.audio.ragged import Ragged, write_ragged
from ser.audio.segment import Segment, segments
from ser.audio.whole import open_once
from ser.errors import CorpusError, UserError

FORMAT = 3
"""Raised whenever the same recordings and settings would give other samples or other files."""

logger = logging.getLogger(__name__)


class Store(Ragged):
    """The prepared clips of a corpus, in its order; a row is a clip, (samples,) float32.

    Attributes:
        digest: a hash of the recordings' content and the audio settings, whatever the place and names of the files.
        sample_rate: in Hz.
        silent: how many clips are too quiet to have a loudness, and so were left at their level.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.digest = folder.name
        self.sample_rate: int = self.facts["sample_rate"]
        self.silent: int = self.facts["silent"]

    @property
    def durations_s(self) -> np.ndarray:
        """(clips,), in seconds."""
        return self.lengths / self.sample_rate


class Recordings(TypedDict):
    """Which recordings a store is made of, and what each is made into.

    Attributes:
        root: folder of the corpus.
        paths: of the recording of each clip, relative to `root`; the store keeps their order.
        times: as `ser.audio.segment.segments` takes them.
        origins: likewise.
        channel: that is read, 0 is the first.
        sample_rate: of the stored clips, in Hz.
        loudness_lufs: integrated loudness of the stored clips; None leaves them as they are.
        folder: of all stores.
        name: of the corpus, for messages.
    """

    root: Path
    paths: Sequence[str]
    times: NotRequired[Sequence[tuple[float, float]]]
    origins: NotRequired[Sequence[str]]
    channel: int
    sample_rate: int
    loudness_lufs: float | None
    folder: Path
    name: str


def store_digest(**recordings: Unpack[Recordings]) -> str:
    """Return what tells a store from all others, whether it is made or not: nothing is decoded.

    While the recordings stay as they are, none of them is opened either.

    Returns:
        A hash of the recordings' content and of the audio settings.

    Raises:
        CorpusError: there are no recordings, or some cannot be read; the message names them.
    """
    name = recordings["name"]
    if not recordings["paths"]:
        raise CorpusError(f"{name}: there are no recordings to prepare; check the corpus")
    files, cuts = _files(recordings)
    content = content_digest(files, recordings["folder"].resolve() / "content", f"Reading {name}")
    return digest_of([content, json.dumps([FORMAT, _audio(recordings), *cuts])])


def open_store(**recordings: Unpack[Recordings]) -> Store:
    """Open the store of a corpus; make it first where these recordings and settings have none yet, or a damaged one.

    Any number of processes may ask at once: one makes it, in a folder beside that is renamed when it is whole, and the
    others wait. Every clip is compared with its checksum once in a process.

    Raises:
        CorpusError: there are no recordings, or some cannot be used; the message names them.
        UserError: the store cannot be written, for example because the disk is full.
    """
    name, folder = recordings["name"], recordings["folder"].resolve()
    store = folder / store_digest(**recordings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write = functools.partial(_write, clips=_clips(recordings), audio=_audio(recordings), name=name)
        return open_once(store, write, Store)
    except OSError as error:
        raise UserError(
            f"{name}: cannot keep the prepared audio in {folder} ({error}); free some space there, or choose another"
            " folder: store_dir=<folder>"
        ) from error


def _clips(recordings: Recordings) -> list[Segment]:
    times, origins = recordings.get("times", ()), recordings.get("origins", ())
    return segments(recordings["root"], recordings["paths"], times, origins)


def _files(recordings: Recordings) -> tuple[list[Path], list[list[Any]]]:
    """Return the files, each of them once, and which part of which of them each clip is, if any is a part."""
    clips = _clips(recordings)
    if all(clip.whole for clip in clips):
        return [clip.path for clip in clips], []
    files = {path: number for number, path in enumerate(dict.fromkeys(clip.path for clip in clips))}
    ends = [None if math.isnan(clip.end_s) else clip.end_s for clip in clips]
    return [*files], [[files[clip.path], clip.start_s, end] for clip, end in zip(clips, ends, strict=True)]


def _audio(recordings: Recordings) -> dict[str, Any]:
    loudness = recordings["loudness_lufs"]
    return {
        "channel": recordings["channel"],
        "sample_rate": recordings["sample_rate"],
        "loudness_lufs": None if loudness is None else float(loudness),
    }


def _write(folder: Path, clips: Sequence[Segment], audio: dict[str, Any], name: str) -> None:
    """Write the files of a store."""
    from ser.audio.cutting import each_segment
    from ser.audio.preparation import prepare_segment  # opening a store that is there needs no torch

    logger.info("%s: preparing %d recordings", name, len(clips))
    started = time.monotonic()
    facts = audio | {"silent": 0, "samples": 0}

    def rows() -> Iterator[np.ndarray]:
        prepared = each_segment(functools.partial(prepare_segment, **audio), clips, f"Preparing {name}")
        with contextlib.closing(prepared) as results:
            for clip in results:
                facts["silent"] += clip.silent
                facts["samples"] += len(clip.samples)
                yield clip.samples

    write_ragged(folder, rows(), "<f4", facts)
    hours = facts["samples"] / facts["sample_rate"] / 3600
    logger.info("%s: %.2f h of audio prepared in %.1f s", name, hours, time.monotonic() - started)
    if facts["silent"]:
        logger.warning("%s: %d silent clips have no loudness and keep their level", name, facts["silent"])
