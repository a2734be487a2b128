"""Arrays of different lengths on disk: one flat memory-mapped array that is cut at offsets.

Every row has a checksum: what is damaged is never read. How such a folder is made is in `ser.audio.whole`.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from ser.audio.parallel import WORKERS
from ser.errors import RecordError
from ser.records import ArrayRecord, sync

VALUES, LENGTHS, CHECKSUMS = "values", "lengths.npy", "checksums.npy"
FILES = (VALUES, LENGTHS, CHECKSUMS, ArrayRecord.FILE)
"""All files of an array, the last of which is written last."""


class Ragged:
    """A row for each clip of a corpus, in its order; the rows differ in length alone.

    It is pickled as its folder, so that it is cheap to send to another process.

    Attributes:
        folder: where it lies.
        facts: what was written down when it was made.
        lengths: (clips,) int64, the length of each row.

    Raises:
        FileNotFoundError: there is no such folder.
        RecordError: what it lacks, or which of its files is damaged. The values themselves are not looked at.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        record = ArrayRecord.read(folder)
        if record is None:
            folder.stat()
            raise self._damaged(ArrayRecord.FILE, "it is missing")
        self.facts = record.facts
        self.lengths, self._checksums = self._load(LENGTHS), self._load(CHECKSUMS)
        if _index(self.lengths, self._checksums) != record.index:
            raise self._damaged(LENGTHS, f"this and {CHECKSUMS} do not match {ArrayRecord.FILE}")
        self._offsets = np.concatenate([[0], np.cumsum(self.lengths)])
        shape = (int(self._offsets[-1]), *record.row_shape)
        dtype, values = np.dtype(record.dtype), folder / VALUES
        expected = int(np.prod(shape)) * dtype.itemsize
        if not values.is_file() or values.stat().st_size != expected:
            raise self._damaged(VALUES, f"it has not the {expected} bytes that it was written with")
        self._values = np.memmap(values, dtype=dtype, mode="r", shape=shape)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view, (length, ...), of the row at a position."""
        clip = range(len(self))[clip]
        return np.asarray(self._values[self._offsets[clip] : self._offsets[clip + 1]])

    def __reduce__(self) -> tuple:
        return type(self), (self.folder,)

    def verify(self) -> None:
        """Compare all rows with their checksums, on all cores.

        Raises:
            RecordError: some do not match.
        """
        with ThreadPoolExecutor(WORKERS) as pool:
            found = np.fromiter(pool.map(lambda clip: _checksum(self[clip]), range(len(self))), np.uint32, len(self))
        damaged = np.flatnonzero(found != self._checksums)
        if len(damaged):
            shown = ", ".join(str(position) for position in damaged[:5])
            reason = f"{len(damaged)} of {len(self)} rows do not match their checksums (first at {shown})"
            raise self._damaged(VALUES, reason)

    def _load(self, name: str) -> np.ndarray:
        try:
            return np.load(self.folder / name, allow_pickle=False)
        except Exception as error:  # NumPy reads headers with Python's own parser, which raises many kinds
            raise self._damaged(name, str(error).partition("\n")[0]) from error

    def _damaged(self, name: str, reason: str) -> RecordError:
        return RecordError(self.folder / name, reason, ArrayRecord.REMEDY)


def _checksum(row: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(row).data)


def _index(lengths: np.ndarray, checksums: np.ndarray) -> str:
    content = lengths.astype("<i8").tobytes() + checksums.astype("<u4").tobytes()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


Rows = TypeVar("Rows", bound=Ragged)


class Joined(Generic[Rows]):
    """The rows of several arrays one after the other, read as one.

    Args:
        parts: of the same shape but for the length of rows.
    """

    def __init__(self, parts: Sequence[Rows]) -> None:
        self.parts = parts
        self.lengths = np.concatenate([part.lengths for part in parts])
        self._starts = np.cumsum([0, *(len(part) for part in parts)])

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view, (length, ...), of the row at a position."""
        clip = range(len(self))[clip]
        part = int(np.searchsorted(self._starts, clip, side="right")) - 1
        return self.parts[part][clip - int(self._starts[part])]


def write_ragged(folder: Path, rows: Iterable[np.ndarray], dtype: str, facts: dict[str, Any]) -> None:
    """Write rows into a folder that is there, one after the other: only one is in memory.

    When it returns, all of it is on the disk.

    Args:
        folder: that `Ragged` is to read.
        rows: (length, ...) each, at least one of them; all but the length is the same.
        dtype: they are kept as, in NumPy's spelling, e.g. `<f4`.
        facts: to keep beside them; taken when all rows are written.
    """
    lengths, checksums = [], []
    with open(folder / VALUES, "wb") as file:
        for row in rows:
            kept = np.ascontiguousarray(row, dtype=dtype)
            file.write(kept.data)
            lengths.append(len(kept))
            checksums.append(_checksum(kept))
    index = np.array(lengths, np.int64), np.array(checksums, np.uint32)
    np.save(folder / LENGTHS, index[0])
    np.save(folder / CHECKSUMS, index[1])
    for name in (VALUES, LENGTHS, CHECKSUMS):
        sync(folder / name)
    record = ArrayRecord(dtype=dtype, row_shape=list(kept.shape[1:]), index=_index(*index), facts=facts)
    record.write(folder)
    sync(folder)
