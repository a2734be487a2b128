"""Which recordings lie in the folder of a corpus: by their suffix, in upper or lower case."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

AUDIO: Final = (
    *(".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".sph", ".gsm"),
    *(".m4a", ".mp4", ".mov", ".3gp", ".aac", ".webm", ".mkv", ".amr", ".wma", ".avi", ".flv"),
)
MOST_FILES: Final = 200_000
"""Files of a folder that are listed."""


def files_in(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, without hidden ones and without following links to folders."""
    count = 0
    for above, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            if name[0] != "." and count < MOST_FILES:
                count += 1
                yield Path(above, name)


def recordings_in(root: Path) -> list[str]:
    """Return the paths of the recordings below a folder, relative to it."""
    return [path.relative_to(root).as_posix() for path in files_in(root) if path.suffix.lower() in AUDIO]


def in_any_case(glob: str) -> str:
    """Return a glob whose suffix, if it is one of recordings, also matches in upper case.

    >>> in_any_case("wav/*.wav"), in_any_case("data.tsv")
    ('wav/*.[wW][aA][vV]', 'data.tsv')
    """
    stem, _, suffix = glob.rpartition(".")
    if f".{suffix}" not in AUDIO:
        return glob
    return f"{stem}." + "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in suffix)


def with_plain_suffix(path: str) -> str:
    """Return a path with its suffix in lower case.

    >>> with_plain_suffix("wav/03a01Fa.WAV")
    'wav/03a01Fa.wav'
    """
    return str(PurePosixPath(path).with_suffix(PurePosixPath(path).suffix.lower()))


def why_absent(root: Path, path: str) -> str:
    """Return why there is no such file, as far as its name tells: " (...)", or nothing."""
    if "\\" in path:
        return " (folders are separated by /, also on Windows)"
    for other in files_in(root):
        name = other.relative_to(root).as_posix()
        if name != path and _folded(name) == _folded(path):
            composed = unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", path)
            form = "its accents are in another Unicode form" if composed else "upper and lower case differ"
            return f" (there is {name!r}: {form}; rename the file, or write its name as it is)"
    return ""


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
