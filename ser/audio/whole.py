"""Folders of arrays that are made once, whole or not at all, verified once in a process, and made anew if damaged."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from ser.audio.ragged import FILES, Ragged
from ser.errors import RecordError, UserError
from ser.records import sync

Rows = TypeVar("Rows", bound=Ragged)

log = logging.getLogger(__name__)

_verified: set[Path] = set()
"""Folders whose rows this process has compared with their checksums."""


def open_once(folder: Path, write: Callable[[Path], None], kind: type[Rows]) -> Rows:
    """Return the array of a folder; make it first unless it is there, and anew if it is damaged.

    Any number of processes may ask at once: one writes, into a folder beside that is renamed when it is whole and on
    the disk, and the others wait. What a killed one has left is removed by the next that writes. Those that still read
    a damaged array keep it.

    Args:
        folder: to open; its parent is a folder of nothing but such folders.
        write: fills an empty folder, as `ser.audio.ragged.write_ragged` does.
        kind: of the array.

    Raises:
        UserError: the folder holds something that this program has not written.
        OSError: it cannot be written.
    """
    try:
        return _open(folder, kind)
    except (FileNotFoundError, RecordError):
        pass  # whoever holds the lock looks again
    with FileLock(folder.parent / "lock"):
        try:
            return _open(folder, kind)
        except FileNotFoundError:
            pass
        except RecordError as error:
            if not error.damaged:
                raise
            log.warning("%s is damaged or of an earlier version (%s): it is made anew", folder, error.reason)
            remove(folder)
        _make(folder, write)
        return _open(folder, kind)


def is_array(folder: Path) -> bool:
    """Return whether a folder holds an array and nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return bool(names) and names <= set(FILES)


def remove(folder: Path) -> None:
    """Remove an array.

    Raises:
        UserError: the folder holds something that this program has not written; nothing is removed.
    """
    if not is_array(folder):
        raise UserError(f"{folder} is no folder of this program, or holds other files; move it elsewhere")
    for name in reversed(FILES):
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()
    _verified.discard(folder)


def _open(folder: Path, kind: type[Rows]) -> Rows:
    rows = kind(folder)
    if folder not in _verified:
        rows.verify()
        _verified.add(folder)
    return rows


def _make(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a folder and rename it into place; the caller holds the lock, so that no other process writes one."""
    for left in folder.parent.glob("*.partial"):
        ours = re.fullmatch(r"[0-9a-f]{32}\.partial", left.name) and left.is_dir() and not left.is_symlink()
        if ours and {path.name for path in left.iterdir()} <= {*FILES, *_temporary(left)}:
            _clear(left)
    partial = folder.with_suffix(".partial")
    partial.mkdir()
    try:
        write(partial)
        partial.rename(folder)
        sync(folder.parent)
    except BaseException:
        _clear(partial)
        raise


def _clear(partial: Path) -> None:
    for path in partial.iterdir():
        path.unlink()
    partial.rmdir()


def _temporary(folder: Path) -> list[str]:
    """Return the names of records that were being written when their process was killed."""
    return [path.name for path in folder.glob(f".{FILES[-1]}.*")]
