"""Files that are there whole or not at all, and one message where a folder cannot be written to."""

import contextlib
import errno
import hashlib
import itertools
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from ser.errors import UserError

_NOT_WRITABLE = (
    *(errno.ENOSPC, errno.EDQUOT),
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.EIO),
)
_FULL = _NOT_WRITABLE[:2]
TEMPORARY = ".partial-"
"""How folders begin whose files are moved to where they belong when they are complete."""


def write(path: Path, text: str) -> None:
    """Write a text: the file shows up, or changes, when all of it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside another to write to, and rename it when all of the file is on the disk."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().int}")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def digest(path: Path) -> str:
    """Return a hash of the content of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def remove_halves(folder: Path) -> None:
    """Remove what killed processes left half-written in a folder that only the caller writes to now."""
    for path in folder.rglob(".*"):
        if path.suffix[1:].isdigit():
            path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def set_aside(path: Path) -> Path:
    """Rename a file that is damaged, so that it is not read again and not lost; return its path now."""
    names = itertools.chain(
        [f"{path.name}.damaged"], (f"{path.name}.damaged-{number}" for number in itertools.count(2))
    )
    return path.replace(next(other for name in names if not os.path.lexists(other := path.with_name(name))))


@contextlib.contextmanager
def writing_to(folder: Path, key: str = "sweeps_dir") -> Iterator[None]:
    """Turn the errors of a folder that cannot be written to into one message.

    Args:
        folder: that is written to.
        key: of the configuration, which names another folder.

    Raises:
        UserError: the disk is full, or the folder cannot be made or written to.
    """
    try:
        yield
    except OSError as error:
        full = error.filename is None and error.errno in _FULL  # the system does not say which file
        name = folder if full or TEMPORARY in str(error.filename) else Path(str(error.filename))
        if error.errno not in _NOT_WRITABLE or not _concerns(folder, name):
            raise
        raise UserError(
            f"{name}: {error.strerror}; free some space, change the rights, or name another folder: {key}=..."
        ) from error


def _concerns(folder: Path, path: Path) -> bool:
    """Return whether a path lies in a folder, or the folder in it."""
    one, other = os.path.abspath(folder), os.path.abspath(path)
    return Path(one).is_relative_to(other) or Path(other).is_relative_to(one)
