"""Arrays of different lengths on disk: one flat memory-mapped array that is cut at offsets, made once and whole."""

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock


class Ragged:
    """A row for each clip of a corpus, in its order; the rows differ in length alone.

    It is pickled as its folder, so that it is cheap to send to another process.

    Attributes:
        folder: where it lies.
        facts: what was written down when it was made.
        lengths: (clips,) int64, the length of each row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
        self.lengths = np.load(folder / "lengths.npy")
        self._offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        shape = (self._offsets[-1], *self.facts["row_shape"])
        self._values = np.memmap(folder / "values", dtype=self.facts["dtype"], mode="r", shape=shape)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view, (length, ...), of the row at a position."""
        clip = range(len(self))[clip]
        return np.asarray(self._values[self._offsets[clip] : self._offsets[clip + 1]])

    def __reduce__(self) -> tuple:
        return type(self), (self.folder,)


def write_ragged(folder: Path, rows: Iterable[np.ndarray], dtype: str, facts: dict[str, Any]) -> None:
    """Write rows into a folder that is there, one after the other: only one is in memory.

    Args:
        folder: that `Ragged` is to read.
        rows: (length, ...) each, at least one of them; all but the length is the same.
        dtype: they are kept as, in NumPy's spelling, e.g. `<f4`.
        facts: to keep beside them; taken when all rows are written.
    """
    lengths = []
    with open(folder / "values", "wb") as file:
        for row in rows:
            file.write(np.ascontiguousarray(row, dtype=dtype).data)
            lengths.append(len(row))
    np.save(folder / "lengths.npy", np.array(lengths))
    shape = {"dtype": dtype, "row_shape": list(row.shape[1:])}
    (folder / "facts.json").write_text(json.dumps(facts | shape))


def make_once(folder: Path, write: Callable[[Path], None]) -> None:
    """Make a folder that shows up whole or not at all, unless it is there.

    Any number of processes may ask at once: one writes, into a folder beside that is renamed when it is whole, and the
    others wait. What a killed one has left is removed by the next that writes.

    Args:
        folder: to make; its parent is a folder of nothing but such folders.
        write: fills an empty folder.
    """
    if folder.is_dir():
        return
    with FileLock(folder.parent / "lock"):
        if folder.is_dir():
            return
        for stale in folder.parent.glob("*.partial"):
            shutil.rmtree(stale)  # of a writer that was killed: whoever holds the lock is the only one
        partial = folder.with_suffix(".partial")
        partial.mkdir()
        try:
            write(partial)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
