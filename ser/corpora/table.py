"""Tables of labels as people keep them, read as text, so that an error can name the line.

A reader that guesses types would turn speaker "007" into 7 and speaker "NA" into nothing, and would fill up a row
that is too short without a word.
"""

import csv
import io
from pathlib import Path
from typing import Final

import pandas as pd

from ser.errors import CorpusError
from ser.schema import GENDERS

_DELIMITERS: Final = {".csv": ",", ".tsv": "\t"}
_GENDER_OF: Final = {gender: gender for gender in GENDERS} | {"f": "female", "m": "male", "": "unknown"}


def read_table(
    path: Path, filled: tuple[str, ...], present: tuple[str, ...] = (), *, quotes: bool = True
) -> pd.DataFrame:
    """Read a CSV or TSV file in UTF-8, with or without a byte order mark; blank lines are passed over.

    Args:
        path: `.csv` holds commas, `.tsv` tabs.
        filled: columns that must be there and hold something in every row.
        present: columns that must be there.
        quotes: cells may be quoted; if not, a quotation mark is a character like any other.

    Returns:
        Every column of the file as text without surrounding blanks, an empty cell as ""; the index is the number
        of the line in the file.

    Raises:
        CorpusError: the file cannot be read, is neither kind of table or not UTF-8, lacks a column, has a row that
            does not fit the header, or an empty cell where something must stand; the message names the line.
    """
    if path.suffix.lower() not in _DELIMITERS:
        raise CorpusError(f"{path}: a table is a .csv file (commas) or a .tsv file (tabs); save it as one of them")
    reader = csv.reader(
        io.StringIO(read_text(path), newline=""),
        delimiter=_DELIMITERS[path.suffix.lower()],
        quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        lines = dict((reader.line_num, [cell.strip() for cell in row]) for row in reader if row)
    except csv.Error as error:
        raise CorpusError(f"{path}, line {reader.line_num}: {error}; check the quotes up to there") from error
    header = lines.pop(min(lines), []) if lines else []
    doubled = sorted({column for column in header if column and header.count(column) > 1})
    if doubled:
        raise CorpusError(f"{path}: the first line names {', '.join(doubled)} more than once; keep one of them")
    require_columns(pd.DataFrame(columns=header), path, (), (*filled, *present))
    for line, row in lines.items():
        if len(row) != len(header):
            raise CorpusError(
                f"{path}, line {line}: {len(row)} cells where the first line names {len(header)} columns; fill in what"
                " is missing, or put a cell that holds the delimiter into quotes"
            )
    table = pd.DataFrame(list(lines.values()), index=list(lines), columns=header, dtype=str)
    require_columns(table, path, filled)
    return table


def require_columns(table: pd.DataFrame, path: Path, filled: tuple[str, ...], present: tuple[str, ...] = ()) -> None:
    """Refuse a table that lacks a column, or has an empty cell in one that has to be filled.

    Args:
        table: of `read_table(path)`.
        path: for messages.
        filled: columns that must be there and hold something in every row.
        present: columns that must be there.

    Raises:
        CorpusError: the message names the columns there are, or the line.
    """
    missing = [column for column in (*filled, *present) if column not in table]
    if missing:
        raise CorpusError(
            f"{path}: missing column(s) {', '.join(missing)}; the first line names {', '.join(table.columns) or 'none'}"
            ". Columns are parted by commas in .csv and by tabs in .tsv"
        )
    for column in filled:
        empty = table.index[table[column] == ""]
        if len(empty):
            raise CorpusError(f"{path}: column '{column}' is empty in {lines_of(empty)}; fill it in")


def genders(spelled: pd.Series, path: Path) -> pd.Series:
    """Return the genders of `spelled`, a column of `read_table(path)`, in the vocabulary.

    Upper and lower case, `f` and `m` are understood; an empty cell is `unknown`.

    Raises:
        CorpusError: something else is written; the message names the line.
    """
    genders = spelled.str.lower().map(_GENDER_OF)
    strange = spelled.index[genders.isna()]
    if len(strange):
        found = ", ".join(f"'{gender}'" for gender in sorted(set(spelled[strange]))[:5])
        raise CorpusError(f"{path}: {spelled.name} {found} in {lines_of(strange)}; allowed are {', '.join(GENDERS)}")
    return genders


def read_text(path: Path) -> str:
    """Return the content of a file in UTF-8, without a byte order mark.

    Raises:
        CorpusError: it cannot be read, or is not UTF-8; the message names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot read this table ({error.strerror}); check the path") from error
    try:
        text = content.decode("utf-8-sig")
        wrong = content.find(b"\0")  # which UTF-8 allows, and UTF-16 is full of
    except UnicodeDecodeError as error:
        wrong = error.start
    if wrong >= 0:
        line = content.count(b"\n", 0, wrong) + 1
        raise CorpusError(f"{path}, line {line}: not UTF-8; save the table with the encoding UTF-8")
    return text


def lines_of(numbers: pd.Index) -> str:
    """Return "line(s) 2, 7" for the index of rows of `read_table`, at most five."""
    shown = ", ".join(map(str, numbers[:5]))
    return f"line(s) {shown}" + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
