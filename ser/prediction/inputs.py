"""Which recordings are meant: a file, a folder, a table, or names on standard input."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from ser.errors import ConfigError
from ser.escaping import from_cell

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc", ".au", ".w64", ".caf")
"""Of the recordings that are looked for in a folder."""
TABLES = {".csv": ",", ".tsv": "\t"}
COLUMNS = ("path", "file")
STDIN = "-"


def recordings(given: str) -> list[Path]:
    """Return the recordings that are meant, each once.

    Args:
        given: a recording; a folder, with all below it; a table with a column path or file, relative to it; or `-`,
            for names on standard input, one a line.

    Raises:
        ConfigError: there is no such file, or it names no recording.
    """
    path = Path(given)
    if given == STDIN:
        found = [Path(line) for line in map(str.strip, sys.stdin) if line]
    elif path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES and each.is_file())
    elif not path.exists():
        raise ConfigError(f"input={given}: there is no such file or folder")
    elif path.suffix.lower() in TABLES:
        found = list(_of_table(path))
    else:
        found = [path]
    if not found:
        kinds = f" ({', '.join(SUFFIXES)})" if path.is_dir() else ""
        raise ConfigError(f"input={given}: it names no recording{kinds}")
    return list(dict.fromkeys(found))


def _of_table(path: Path) -> Iterator[Path]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter=TABLES[path.suffix.lower()])
            names = rows.fieldnames or []
            column = next((name for name in COLUMNS if name in names), None)
            if column is None:
                raise ConfigError(
                    f"input={path}: it has no column {' or '.join(COLUMNS)}; there are {', '.join(names)}"
                )
            for row in rows:
                if name := from_cell(row[column] or "").strip():
                    yield path.parent / name
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"input={path}: it cannot be read as a table ({error})") from error
