"""An archive as a file: written with the same bytes for the same content, opened without trust."""

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ser import records
from ser.errors import ArchiveError
from ser.fetch.archive import unpack
from ser.records.output import digest
from ser.sharing.record import CELLS, MEMBERS, REPORT, ArchiveRecord, members

MOST_FILES: Final = 1_000_000
SMALL: Final = 1 << 28
"""Bytes that any archive may have, unpacked."""
RATIO: Final = 50
"""How many times its own size a larger archive may have, unpacked: tables compress to a tenth, zip bombs to less than
a thousandth."""
REMEDY: Final = "get it again from whoever made it"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o100644 << 16


@dataclass(frozen=True)
class Archive:
    """An archive that is unpacked in a temporary folder.

    Attributes:
        path: of the zip file.
        folder: that it is unpacked in.
        record: what it says of itself.
        altered: members whose content is another than when the archive was written.
    """

    path: Path
    folder: Path
    record: ArchiveRecord
    altered: tuple[str, ...]

    @property
    def cells(self) -> Path:
        """The folder of the cells, which is that of a sweep."""
        return self.folder / CELLS

    @property
    def report(self) -> Path:
        """The folder of the report that was made when the archive was written."""
        return self.folder / REPORT


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Unpack an archive of anybody into a temporary folder; nothing of it is run, and nothing else is written.

    Raises:
        ArchiveError: there is no such file, it is no archive of `ser.archive`, it is damaged, larger than its kind can
            be, or has members that are hostile, unknown or missing.
    """
    if not path.is_file():
        raise ArchiveError(f"there is no archive {path}; name a zip file of python -m ser.archive")
    with tempfile.TemporaryDirectory(prefix="ser-archive-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary, "archive")
        most = max(SMALL, RATIO * path.stat().st_size)
        unpack(path, folder, most, MOST_FILES, ArchiveError, REMEDY)
        yield Archive(path, folder, *_checked(path, folder))


def _checked(path: Path, folder: Path) -> tuple[ArchiveRecord, tuple[str, ...]]:
    """Return what an archive says of itself, and the members whose checksums are others."""
    try:
        record = ArchiveRecord.read(folder)
    except records.RecordError as error:
        raise ArchiveError(str(error).replace(f"{folder}/", f"{path}: ")) from error
    if record is None:
        raise ArchiveError(f"{path}: no {ArchiveRecord.FILE} in it, so it is no archive of ser.archive; {REMEDY}")
    present = set(members(folder)) - {ArchiveRecord.FILE}
    if unknown := sorted(name for name in present - record.files.keys() if not MEMBERS.fullmatch(name)):
        raise ArchiveError(f"{path}: {unknown[0]!r} is no file that an archive may have; {REMEDY}")
    if added := sorted(present - record.files.keys()):
        raise ArchiveError(f"{path}: {added[0]!r} was added after the archive was written; {REMEDY}")
    if missing := sorted(record.files.keys() - present):
        raise ArchiveError(f"{path}: {missing[0]!r} is missing; {REMEDY}")
    return record, tuple(name for name in sorted(present) if digest(folder / name) != record.files[name])


def write_archive(folder: Path, path: Path) -> None:
    """Write all files of a folder as a zip file, whole or not at all: the same bytes for the same files.

    Raises:
        ArchiveError: a name in it is one that others could not unpack.
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with records.whole(path) as temporary:
        with zipfile.ZipFile(temporary, "w") as archive:
            for name in sorted(members(folder), key=lambda name: (name != ArchiveRecord.FILE, name)):
                info = zipfile.ZipInfo(name, _DATE)
                info.external_attr = _FILE_MODE
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3
                archive.writestr(info, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
        try:
            with opened(temporary):
                pass
        except ArchiveError as error:
            reason = str(error).removeprefix(f"{temporary}: ").partition(";")[0]
            raise ArchiveError(f"{path} is not written, since others could not open it: {reason}") from error


def require_replaceable(path: Path) -> None:
    """Refuse to write an archive over a file that is none, or that was changed since it was written.

    Raises:
        ArchiveError: such a file is there.
    """
    remedy = "move it elsewhere, or name another file: output=<file>.zip"
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ArchiveError(f"{path} is a link or no file; {remedy}")
    if not path.exists():
        return
    try:
        with opened(path) as archive:
            altered = archive.altered
    except ArchiveError as error:
        raise ArchiveError(f"{path} is no archive of ser.archive; {remedy}") from error
    if altered:
        raise ArchiveError(f"{path} was changed since ser.archive wrote it ({altered[0]}); {remedy}")
