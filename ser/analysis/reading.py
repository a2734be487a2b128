"""Scores from a file: the tidy table that every analysis starts from, whatever wrote it."""

from pathlib import Path

import pandas as pd

from ser.errors import ScoresError
from ser.schema import check_values

READERS = {".csv": ",", ".tsv": "\t", ".parquet": None}
"""Suffix of a table to its delimiter."""


def read_scores(path: str | Path) -> pd.DataFrame:
    r"""Read a tidy table of scores: `seed`, `value`, and any further columns as factors.

    Text is kept as it is: a level may be named "none", "NA" or "nan". An empty `value`, or one that reads "nan", is a
    score that is missing.

    Args:
        path: of a CSV, TSV or Parquet file with one row a score.

    Raises:
        ScoresError: there is no such file, it is no table, or `ser.schema.check_values` refuses it.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "scores.csv"
    >>> _ = path.write_text("encoder,seed,value\nhubert,0,0.61\nnone,0,0.58\n")
    >>> read_scores(path)
      encoder  seed  value
    0  hubert     0   0.61
    1    none     0   0.58
    >>> folder.cleanup()
    """
    path = Path(path)
    if path.suffix not in READERS:
        raise ScoresError(f"{path}: a table of scores is a {', '.join(READERS)} file")
    if not path.is_file():
        raise ScoresError(f"{path}: there is no such file")
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, sep=READERS[path.suffix], keep_default_na=False)
    except (ValueError, OSError) as error:  # pandas' errors of parsing and pyarrow's are ValueErrors
        raise ScoresError(f"{path}: it cannot be read as a table: {error}") from error
    if "value" in table:
        text = table["value"].astype(str).str.strip()
        table["value"] = table["value"].mask(text.str.lower().isin(["", "nan", "na", "null", "none"]))
    if table.empty:
        raise ScoresError(f"{path}: the table has no row")
    return check_values(table, str(path))
