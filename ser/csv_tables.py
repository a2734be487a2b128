"""Tables as files: text comes back as it was, numbers exactly, and no cell is run by a spreadsheet."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from ser.errors import ScoresError
from ser.escaping import from_cell, to_cell

DELIMITERS = {".csv": ",", ".tsv": "\t"}
PARQUET = (".parquet", ".pq")
MISSING = ("", "nan", "na", "null", "none")
"""What a value may read, in any case, that is missing."""


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV; `read_table` returns the same texts, whose line breaks are line feeds.

    Raises:
        OSError: it cannot be written.
    """
    escaped(table).to_csv(path, index=False)


def escaped(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts and column names no spreadsheet runs (`ser.escaping.to_cell`)."""
    texts = {
        column: pd.Series([_cell(value) for value in table[column]], table.index, dtype=object)
        for column in table.columns
        if not pd.api.types.is_numeric_dtype(table[column])
    }
    return table.assign(**texts).rename(columns=_cell)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        value = re.sub("\r\n?", "\n", value)  # pandas does not quote a carriage return
    return to_cell(value)


def read_table(path: Path) -> pd.DataFrame:
    """Return a table of a CSV, TSV or Parquet file; that of a text file holds text, so that a level "none" stays one.

    Raises:
        ScoresError: there is no such file, it is no table, or it has no row.
    """
    if path.suffix not in (*DELIMITERS, *PARQUET):
        raise ScoresError(f"{path}: a table is a {', '.join((*DELIMITERS, PARQUET[0]))} file")
    try:
        if path.suffix in PARQUET:
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, sep=DELIMITERS[path.suffix], dtype=str, keep_default_na=False)
            table = table.rename(columns=from_cell).map(from_cell)
    except FileNotFoundError as error:
        raise ScoresError(f"{path} cannot be read as a table: there is no such file") from error
    except (OSError, ValueError) as error:  # pandas' errors of parsing and pyarrow's are ValueErrors
        raise ScoresError(f"{path} cannot be read as a table: {error}") from error
    if table.empty:
        raise ScoresError(f"{path}: the table has no row")
    return table


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text with the columns of numbers as numbers, where their text comes back as it was.

    >>> table = pd.DataFrame({"seed": ["0", "10"], "speaker": ["03", "10"], "rate": ["0.1", "0.001"]})
    >>> [str(kind) for kind in typed(table).dtypes]
    ['int64', 'str', 'float64']
    """
    return table.assign(**{str(column): _typed(table[column]) for column in table.columns})


def _typed(values: pd.Series) -> pd.Series:
    levels = values.unique().tolist()
    if not all(isinstance(level, str) for level in levels):
        return values
    if values.name == "value":
        return values.map({level: _number("nan" if level.strip().lower() in MISSING else level) for level in levels})
    if levels and all(re.fullmatch(r"0|-?[1-9]\d{0,17}", level) for level in levels):
        return values.astype("int64")
    numbers = {level: _number(level) for level in levels}
    if levels and all(repr(number) == level for level, number in numbers.items()):
        return values.map(numbers).astype(float)
    return values


def _number(text: str) -> float | str:
    """Return the number that a text is, exactly; any other text stays."""
    try:
        return float(text)
    except ValueError:
        return text
