"""Unpack an untrusted archive: nothing outside the folder, no links, limits on size and number of files."""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from ser.errors import CorpusError, UserError

_ENCRYPTED: Final = 0x1
_MACOS_FILES: Final = ("__MACOSX", ".DS_Store")
_REMEDY: Final = "nothing was unpacked; get the corpus from its owners"


def unpack(archive: Path, folder: Path, most_bytes: int, most_files: int) -> None:
    """Unpack a zip file into a new folder; all entries are checked before the first file is written.

    Files that macOS adds to archives are skipped.

    Args:
        archive: the zip file.
        folder: created; the caller removes it if this fails.
        most_bytes: largest total size, unpacked.
        most_files: largest number of files.

    Raises:
        CorpusError: the file is no zip file, is damaged or encrypted or exceeds a limit; or an entry would lie outside
            the folder, is a link or a device, or is a duplicate.
        UserError: the disk is full, or the folder cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not _is_macos_file(entry)]
            _check(archive, entries, most_bytes, most_files)
            folder.mkdir(parents=True)
            _require_space(folder, sum(entry.file_size for entry in entries))
            for entry in entries:
                _write(opened, entry, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise CorpusError(
            f"{archive}: no zip file, or a damaged one ({error}); remove it and fetch it again"
        ) from error
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error}); free some space there, and call again") from error


def _check(archive: Path, entries: list[zipfile.ZipInfo], most_bytes: int, most_files: int) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > most_files or size > most_bytes:
        raise CorpusError(
            f"{archive}: {len(entries)} files of {size} bytes, but at most {most_files} files and {most_bytes}"
            f" bytes are allowed; {_REMEDY}"
        )
    seen: dict[str, bool] = {}
    for entry in entries:
        if problem := _problem(entry):
            raise CorpusError(f"{archive}: entry '{entry.filename}' {problem}; {_REMEDY}")
        name = str(PurePosixPath(entry.filename)).casefold()  # on a case-insensitive file system they are one file
        if name in seen and not (entry.is_dir() and seen[name]):
            raise CorpusError(f"{archive}: entry '{entry.filename}' is a duplicate; {_REMEDY}")
        seen[name] = entry.is_dir()
    for name, is_folder in seen.items():
        for above in PurePosixPath(name).parents:
            if seen.get(str(above)) is False:
                kind = "folder" if is_folder else "file"
                raise CorpusError(f"{archive}: {kind} '{name}' lies in '{above}', which is a file; {_REMEDY}")


def _problem(entry: zipfile.ZipInfo) -> str | None:
    """Return what is wrong with an entry, None if nothing."""
    name = entry.filename
    path = PurePosixPath(name)
    if not name.strip("/") or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]:
        return "would lie outside the folder"
    if any(ord(character) < 32 for character in name):
        return "has a control character in its name"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "is a link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no file"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return None


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """Write an entry; zipfile reads no more bytes than the directory states, and checks the CRC."""
    target = folder / entry.filename
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _require_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise UserError(
            f"{folder}: {free} bytes are free, and {size} are needed; free some space there, and call again"
        )


def _is_macos_file(entry: zipfile.ZipInfo) -> bool:
    return any(part in _MACOS_FILES for part in PurePosixPath(entry.filename).parts)
