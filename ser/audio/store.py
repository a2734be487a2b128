"""Prepared clips on disk, made once and shared by every cell, instead of decoding 7000 files 440 times."""

import contextlib
import functools
import json
import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from ser.audio.content import content_digest, digest_of
from ser.audio.parallel import each_file
from ser.errors import CorpusError, UserError

FORMAT = 1
"""Raised whenever the same recordings and settings would give other samples or other files."""

logger = logging.getLogger(__name__)


class Store:
    """The prepared clips of a corpus, in its order: one flat memory-mapped array that is cut at offsets.

    A store is pickled as its folder alone, so that it is cheap to send to another process.

    Attributes:
        folder: where it lies.
        digest: a hash of the recordings' content and the audio settings, whatever the place and names of the files.
        sample_rate: in Hz.
        silent: how many clips are too quiet to have a loudness, and so were left at their level.
        lengths: (clips,) int64, in samples.
    """

    def __init__(self, folder: Path) -> None:
        facts = json.loads((folder / "store.json").read_text())
        self.folder = folder
        self.digest = folder.name
        self.sample_rate: int = facts["sample_rate"]
        self.silent: int = facts["silent"]
        self.lengths = np.load(folder / "lengths.npy")
        self._offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        self._samples = np.memmap(folder / "samples.f32", dtype="<f4", mode="r", shape=(self._offsets[-1],))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view, (samples,) float32, of the clip at a position."""
        clip = range(len(self))[clip]
        return np.asarray(self._samples[self._offsets[clip] : self._offsets[clip + 1]])

    def __reduce__(self) -> tuple:
        return Store, (self.folder,)

    @property
    def durations_s(self) -> np.ndarray:
        """(clips,), in seconds."""
        return self.lengths / self.sample_rate


class JoinedStores:
    """The clips of several stores one after the other, read as one store.

    Args:
        stores: of one sampling rate.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        self.stores = stores
        self.lengths = np.concatenate([store.lengths for store in stores])
        self._starts = np.cumsum([0, *(len(store) for store in stores)])

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view, (samples,) float32, of the clip at a position."""
        clip = range(len(self))[clip]
        store = int(np.searchsorted(self._starts, clip, side="right")) - 1
        return self.stores[store][clip - int(self._starts[store])]


def open_store(
    *,
    root: Path,
    paths: Sequence[str],
    channel: int,
    sample_rate: int,
    loudness_lufs: float | None,
    folder: Path,
    name: str,
) -> Store:
    """Open the store of a corpus; make it first where these recordings and settings have none yet.

    Any number of processes may ask at once: one makes it, in a folder beside that is renamed when it is whole, and the
    others wait. While the recordings stay as they are, none of them is opened again.

    Args:
        root: folder of the corpus.
        paths: recordings, relative to `root`; the store keeps their order.
        channel: that is read, 0 is the first.
        sample_rate: of the stored clips, in Hz.
        loudness_lufs: integrated loudness of the stored clips; None leaves them as they are.
        folder: of all stores.
        name: of the corpus, for messages.

    Raises:
        CorpusError: there are no recordings, or some cannot be used; the message names them.
        UserError: the store cannot be written, for example because the disk is full.
    """
    if not paths:
        raise CorpusError(f"{name}: there are no recordings to prepare; check the corpus")
    root, folder = root.resolve(), folder.resolve()
    files = [root / path for path in paths]
    audio = {
        "channel": channel,
        "sample_rate": sample_rate,
        "loudness_lufs": None if loudness_lufs is None else float(loudness_lufs),
    }
    try:
        content = content_digest(files, folder / "content", f"Reading {name}")
        store = folder / digest_of([content, json.dumps([FORMAT, audio])])
        if not store.is_dir():
            with FileLock(folder / "lock"):
                if not store.is_dir():
                    _make(store, files, audio, name)
        return Store(store)
    except OSError as error:
        raise UserError(
            f"{name}: cannot keep the prepared audio in {folder} ({error}); free some space there, or choose another"
            " folder: store_dir=<folder>"
        ) from error


def _make(store: Path, files: Sequence[Path], audio: dict[str, Any], name: str) -> None:
    """Make a store that shows up whole or not at all; the caller holds the lock."""
    for stale in store.parent.glob("*.partial"):
        shutil.rmtree(stale)  # of a writer that was killed: whoever holds the lock is the only one
    partial = store.with_suffix(".partial")
    partial.mkdir()
    started = time.monotonic()
    logger.info("%s: preparing %d recordings", name, len(files))
    try:
        hours, silent = _write(partial, files, audio, name)
        partial.rename(store)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    logger.info("%s: %.2f h of audio prepared in %.1f s", name, hours, time.monotonic() - started)
    if silent:
        logger.warning("%s: %d silent clips have no loudness and keep their level", name, silent)


def _write(folder: Path, files: Sequence[Path], audio: dict[str, Any], name: str) -> tuple[float, int]:
    """Write the files of a store; return the hours of audio and the number of silent clips."""
    from ser.audio.preparation import prepare  # opening a store that is there needs no torch

    lengths, silent = [], 0
    prepared = each_file(functools.partial(prepare, **audio), files, f"Preparing {name}")
    with open(folder / "samples.f32", "wb") as file, contextlib.closing(prepared) as clips:
        for clip in clips:
            file.write(clip.samples.astype("<f4", copy=False).data)
            lengths.append(len(clip.samples))
            silent += clip.silent
    np.save(folder / "lengths.npy", np.array(lengths))
    (folder / "store.json").write_text(json.dumps(audio | {"format": FORMAT, "silent": silent}))
    return sum(lengths) / audio["sample_rate"] / 3600, silent
