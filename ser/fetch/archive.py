"""Unpack an untrusted archive: nothing outside the folder, no links, limits on size and number of files."""

import re
import shutil
import stat
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from ser.errors import CorpusError, UserError

_ENCRYPTED: Final = 0x1
_MACOS_FILES: Final = ("__MACOSX", ".DS_Store")
_DIRECTIONS: Final = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
_MARKS: Final = "\u061c\u200e\u200f"
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.I)


class _RefusedError(Exception):
    """The archive is not unpacked, for this reason."""


def unpack(
    archive: Path,
    folder: Path,
    most_bytes: int,
    most_files: int,
    error: type[UserError] = CorpusError,
    remedy: str = "get the corpus from its owners",
) -> None:
    """Unpack a zip file into a new folder; all entries are checked before the first file is written.

    Files that macOS adds to archives are skipped.

    Args:
        archive: the zip file.
        folder: created; the caller removes it if this fails.
        most_bytes: largest total size, unpacked.
        most_files: largest number of files.
        error: raised for an archive that cannot be unpacked.
        remedy: where to get another one, for messages.

    Raises:
        CorpusError: (or `error`) the file is no zip file, is damaged or encrypted or exceeds a limit; or an entry would
            lie outside the folder, is a link or a device, is a duplicate, or has a name that some systems refuse, show
            as another or take for that of another entry.
        UserError: the disk is full, or the folder cannot be written.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not _is_macos_file(entry)]
            _check(entries, most_bytes, most_files)
            folder.mkdir(parents=True)
            _require_space(folder, sum(entry.file_size for entry in entries))
            for entry in entries:
                _write(opened, entry, folder)
    except _RefusedError as reason:
        raise error(f"{archive}: {reason}; nothing was unpacked; {remedy}") from reason
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as reason:
        raise error(f"{archive}: no zip file, or a damaged one ({reason}); remove it and fetch it again") from reason
    except OSError as reason:
        raise UserError(f"{folder}: cannot be written ({reason}); free some space there, and call again") from reason


def _check(entries: list[zipfile.ZipInfo], most_bytes: int, most_files: int) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > most_files or size > most_bytes:
        raise _RefusedError(
            f"{len(entries)} files of {size} bytes, but at most {most_files} files and {most_bytes} bytes are allowed"
        )
    seen: dict[str, tuple[PurePosixPath, bool]] = {}
    for entry in entries:
        if problem := _problem(entry):
            raise _RefusedError(f"entry {entry.filename!r} {problem}")
        path = PurePosixPath(entry.filename)
        for above in reversed(path.parents[:-1]):
            _add(seen, above, True)
        if not entry.is_dir() and _folded(path) in seen:
            raise _RefusedError(f"entry {entry.filename!r} is a duplicate")
        _add(seen, path, entry.is_dir())


def _add(seen: dict[str, tuple[PurePosixPath, bool]], path: PurePosixPath, is_folder: bool) -> None:
    """Add a path to those that will be there; refuse one that another path is on some file system."""
    before, was_folder = seen.setdefault(_folded(path), (path, is_folder))
    if before != path:
        raise _RefusedError(
            f"{str(before)!r} and {str(path)!r} differ in case or in how accents are written, so they are one name on"
            " some file systems"
        )
    if was_folder != is_folder:
        raise _RefusedError(f"{str(path)!r} is both a file and a folder")


def _folded(path: PurePosixPath) -> str:
    """Return what names have in common that are one on a file system that ignores case or normalises accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", str(path)).casefold())


def _problem(entry: zipfile.ZipInfo) -> str | None:
    """Return what is wrong with an entry, None if nothing."""
    name = entry.filename
    path = PurePosixPath(name)
    if not name.strip("/") or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]:
        return "would lie outside the folder"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        return "has a control character in its name"
    if any(unicodedata.bidirectional(character) in _DIRECTIONS or character in _MARKS for character in name):
        return "has a character in its name that changes the direction of writing"
    if any(re.search(r'[<>:"|?*]|[. ]$', part) or _DEVICES.fullmatch(part) for part in path.parts):
        return "has a name that Windows refuses"
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
