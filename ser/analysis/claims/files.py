"""Predictions and speaker scores as files: those of cells, those of other tools, and the table that a report keeps."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet

from ser import records
from ser.analysis.claims.clips import OF_CLIPS, SUM, UNITS, keys_of, speaker_scores
from ser.csv_tables import PARQUET, escaped, read_table, typed
from ser.errors import ScoresError
from ser.escaping import from_cell
from ser.schema import DIMENSIONS, DISTANCES
from ser.tables import DEFAULT, read_results, table_keys

OF_LOGITS = ("brier", "nll", "ece", *DISTANCES)
"""Metrics that need more of the predictions than their labels: logits, and shares of votes if there are any."""
NAMED = (
    *UNITS,
    *(name for name in OF_CLIPS if name != "path"),
    *DIMENSIONS,
    *(f"predicted_{name}" for name in DIMENSIONS),
)


def read_cells(cells: Iterable[Path], metric: str) -> pd.DataFrame:
    """Return the speaker scores of cells from their files, which are only read.

    Args:
        cells: folders of cells; those that are not finished are passed over.
        metric: what is claimed about.

    Returns:
        One row a cell, test set and speaker: the keys, `dataset`, and the columns of `speaker_scores`. Empty where no
        cell has predictions that name speakers, or the metric cannot be computed from them.

    Raises:
        ScoresError: a file cannot be read.
        RecordError: a file is damaged, or is not there any more.
    """
    tables = []
    results, broken = read_results(cells)
    for error in broken.values():
        raise error
    for cell, result in results.items():
        keys = table_keys(result.factors)
        for path in records.predictions(cell, result):
            records.check(cell, result, path.name)
            clips = _read_parquet(path, metric in OF_LOGITS)
            if "speaker" in clips.columns:
                cell_keys = dict(keys) | {"dataset": path.stem.removeprefix(records.PREDICTIONS)}
                try:
                    tables.append((cell_keys, speaker_scores(clips, metric)))
                except ScoresError:  # another task's predictions
                    continue
    return _joined(tables)


def _joined(tables: list[tuple[dict[str, Any], pd.DataFrame]]) -> pd.DataFrame:
    """Join tables under their keys; sums of a class that a test set lacks are 0, a key that a cell lacks is missing."""
    tables = [(cell_keys, table) for cell_keys, table in tables if len(table)]
    if not tables:
        return pd.DataFrame()
    rows = np.repeat(np.arange(len(tables)), [len(table) for _, table in tables])
    keys = pd.DataFrame([cell_keys for cell_keys, _ in tables]).iloc[rows].reset_index(drop=True)
    values = pd.concat([table for _, table in tables], ignore_index=True)
    sums = [column for column in values.columns if column.startswith(SUM)]
    return keys.join(values.assign(**values[sums].fillna(0.0)))


def _read_parquet(path: Path, logits: bool) -> pd.DataFrame:
    try:
        file = parquet.ParquetFile(path)
        more = ("logit_", "target_") if logits else ()
        names = [name for name in file.schema_arrow.names if name in NAMED or name.startswith(more)]
        return file.read(columns=names).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise ScoresError(f"{path} cannot be read: {error}; run the cell again, or remove its folder") from error


def read_clips(path: Path) -> pd.DataFrame:
    """Return a table with one row a clip and cell, from any tool.

    Args:
        path: CSV, TSV or Parquet, by its suffix.

    Raises:
        ScoresError: it cannot be read.
    """
    table = read_table(path)
    if path.suffix in PARQUET:
        return table
    table = typed(table)
    spellings = {"true": 1.0, "false": 0.0, "": np.nan}
    if "hit" in table.columns and not pd.api.types.is_numeric_dtype(table["hit"]):
        hits = table["hit"].str.lower().map(lambda text: spellings.get(text, text))
        table["hit"] = pd.to_numeric(hits, errors="coerce")
    if "predicted" in table.columns:
        table["predicted"] = table["predicted"].astype(object).where(table["predicted"].astype(str) != "", None)
    return table


def write_speakers(speakers: pd.DataFrame, path: Path) -> None:
    """Write the speaker scores as CSV; every number comes back as it was."""
    table = pa.Table.from_pandas(escaped(speakers), preserve_index=False)
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))


def read_speakers(path: Path) -> pd.DataFrame:
    """Read the speaker scores of a report.

    Raises:
        ScoresError: the file cannot be read, or lacks a column.
    """
    try:
        names = csv.read_csv(path, read_options=csv.ReadOptions(block_size=1 << 20)).column_names
        numbers = {name: pa.float64() for name in names if name in ("n", "weight", "value") or name.startswith(SUM)}
        texts = {name: pa.string() for name in names if name not in numbers}
        options = csv.ConvertOptions(column_types=numbers | texts, strings_can_be_null=False)
        table = csv.read_csv(path, convert_options=options).to_pandas()
        table = table.assign(**{name: table[name].map(from_cell) for name in texts}).rename(columns=from_cell)
    except (OSError, pa.ArrowException) as error:
        raise ScoresError(f"{path} cannot be read as CSV: {error}") from error
    if missing := [name for name in ("seed", "speaker", "n", "weight", "value") if name not in table.columns]:
        raise ScoresError(f"{path}: missing column(s) {', '.join(missing)}; it is the speaker_scores.csv of a report")
    keys = [name for name in map(from_cell, texts) if name not in UNITS]
    return table.assign(**typed(table[keys]))


def join(tables: Iterable[pd.DataFrame]) -> pd.DataFrame | None:
    """Join the speaker scores of parts, sorted by their keys; None where there are none."""
    found = [table for table in tables if len(table)]
    if not found:
        return None
    table = pd.concat(found, ignore_index=True)
    sums = [column for column in table.columns if column.startswith(SUM)]
    keys = [column for column in keys_of(table) if table[column].hasnans and column != "value"]
    return table.assign(**table[sums].fillna(0.0), **table[keys].astype(object).fillna(DEFAULT))
