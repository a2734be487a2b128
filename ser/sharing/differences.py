"""Two folders of CSV tables, cell by cell: every value that differs, by file, row and column."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ABSENT: Final = ""
ROUNDING: Final = 1e-9
"""Relative difference of two numbers that comes of another processor or library, and not of other data."""


class Difference(NamedTuple):
    """A value that differs.

    Attributes:
        file: of the table.
        row: line of the file as a spreadsheet counts records, the header being 1.
        column: name of the column, "" where a whole row or file is concerned.
        archived: its text in the first folder, "" where there is none.
        now: its text in the second folder.
        relative: difference of two numbers over the larger of them; NaN for text.
    """

    file: str
    row: int
    column: str
    archived: str
    now: str
    relative: float

    @property
    def rounding(self) -> bool:
        """Whether it is within the rounding of another machine."""
        return self.relative <= ROUNDING

    def __str__(self) -> str:
        """Return it in a line, as a reader looks it up."""
        if not self.column:
            return f"{self.file}: row {self.row} is only in {'the archive' if self.archived else 'the new table'}"
        return f"{self.file}, row {self.row}, {self.column}: {self.archived} in the archive, {self.now} now"


def compare_tables(archived: Path, now: Path) -> list[Difference]:
    """Return what differs between the CSV files of two folders, sorted by file and row.

    Files with the same bytes differ in nothing; others are compared by their text, value by value.
    """
    names = sorted({path.name for folder in (archived, now) for path in folder.glob("*.csv")})
    return [difference for name in names for difference in _compare(name, archived / name, now / name)]


def _compare(name: str, archived: Path, now: Path) -> Iterator[Difference]:
    if archived.is_file() and now.is_file() and archived.read_bytes() == now.read_bytes():
        return
    before, after = _rows(archived), _rows(now)
    header = before[0] if before else []
    columns = header if not after or after[0] == header else [f"column {i + 1}" for i in range(len(header))]
    for number in range(max(len(before), len(after))):
        one = before[number] if number < len(before) else None
        other = after[number] if number < len(after) else None
        if one is None or other is None:
            yield Difference(name, number + 1, "", ",".join(one or ()), ",".join(other or ()), math.nan)
            continue
        for index in range(max(len(one), len(other))):
            a, b = (row[index] if index < len(row) else ABSENT for row in (one, other))
            if a != b:
                column = columns[index] if index < len(columns) else f"column {index + 1}"
                yield Difference(name, number + 1, column, a, b, _relative(a, b))


def _rows(path: Path) -> list[list[str]]:
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="", errors="replace") as file:
            return list(csv.reader(file))
    except csv.Error:  # a field of a hostile file that is longer than any
        return [[line] for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]


def _relative(one: str, other: str) -> float:
    try:
        a, b = float(one), float(other)
    except ValueError:
        return math.nan
    largest = max(abs(a), abs(b))
    return abs(a - b) / largest if largest else 0.0
