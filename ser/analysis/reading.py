"""Scores from a file: the tidy table that every analysis starts from, whatever wrote it."""

from pathlib import Path

import pandas as pd

from ser import tables
from ser.schema import check_values


def read_scores(path: str | Path) -> pd.DataFrame:
    r"""Read a tidy table of scores: `seed`, `value`, and any further columns as factors.

    Text is kept as it is: a level may be named "none", "NA" or "nan". An empty `value`, or one that reads "nan", is a
    score that is missing. Of scores.csv of a report, the rows that are scores are read.

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
    return check_values(tables.read_scores(Path(path)).scores, str(path))
