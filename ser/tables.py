"""The tidy tables of a sweep, from the files of its cells: what the analysis reads, whoever wrote it."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser import records
from ser.csv_tables import read_table, typed, write_csv
from ser.errors import RecordError, ScoresError
from ser.schema import ALL, check_scores

DEFAULT = "default"
"""The level of a swept key in cells that were not swept over it."""
FAILED = "failed"
"""The metric of the rows of scores.csv that name a training without scores."""
COUNT = re.compile(r"clips_(?P<emotion>.+)_as_(?P<predicted>.+)")
"""The metrics of the rows of scores.csv that hold a confusion matrix."""


@dataclass(frozen=True)
class SweepTables:
    """What is known of a sweep.

    Attributes:
        scores: of all finished cells, as `ser.schema.check_scores` describes them.
        confusions: their confusion matrices in long form: factors, `dataset`, `emotion`, `predicted`, `count`.
        failures: the cells that failed, did not end, or were planned and never started: their factors, and `error`.
        hardware: what each finished cell was trained on: its factors, `device`, `precision` and `notes` on its
            corpora, "" if not known.
    """

    scores: pd.DataFrame
    confusions: pd.DataFrame
    failures: pd.DataFrame
    hardware: pd.DataFrame = field(default_factory=pd.DataFrame)


def tabulate(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table; a key that was swept for other cells only is `DEFAULT` in this one."""
    table = pd.DataFrame(rows)
    keys = table.columns.difference(["value"])
    return table.assign(**{key: table[key].fillna(DEFAULT) for key in keys if table[key].hasnans})


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in the order of their keys as text, which is the same whoever read them.

    >>> in_order(pd.DataFrame({"model": ["b", "a"], "seed": [0, 10], "value": [0.1, 0.2]}))["model"].tolist()
    ['a', 'b']
    """
    keys = [column for column in table.columns if column != "value"]
    if table.empty or not keys:
        return table
    codes = [pd.factorize(table[key].astype(str), sort=True)[0] for key in reversed(keys)]
    return table.iloc[np.lexsort(codes)].reset_index(drop=True)


def table_keys(factors: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell's factors as the tables name them: what it was trained on is `trained_on`, null is "null"."""
    named = {("trained_on" if key == "dataset" else key): value for key, value in factors.items()}
    return {key: "null" if value is None else value for key, value in named.items()}


def read_folders(folders: Sequence[Path]) -> SweepTables:
    """Read the cells of sweeps from their files, which are only read; several sweeps are joined into one.

    A cell whose result cannot be read is one that failed.

    Args:
        folders: of the sweeps.

    Raises:
        ScoresError: a folder is not there, or has no finished cell.
    """
    results: dict[Path, records.ResultRecord] = {}
    failures: list[dict[str, Any]] = []
    for folder in folders:
        if not folder.is_dir():
            raise ScoresError(f"no sweep at {folder}; name a folder of cells, or the sweep's name and its tracker.uri")
        found, broken = read_results(sorted(path.parent for path in folder.glob(f"*/{records.RESULT}")))
        if not found:
            reason = (
                f": {next(iter(broken.values()))}" if broken else f"; run python -m ser.train sweep={folder.name} first"
            )
            raise ScoresError(f"{folder} has no finished cell{reason}")
        results |= found
        failures += list(_failures(folder, found, broken))
    return replace(tables_of_results(results), failures=tabulate(failures))


def read_results(cells: Iterable[Path]) -> tuple[dict[Path, records.ResultRecord], dict[Path, RecordError]]:
    """Return the results of cells by their folders, and what is wrong with those that cannot be read."""
    found, broken = {}, {}
    for cell in cells:
        try:
            if (result := records.ResultRecord.read(cell)) is not None:
                found[cell] = result
        except RecordError as error:
            broken[cell] = error
    return found, broken


def tables_of_results(results: Mapping[Path, records.ResultRecord]) -> SweepTables:
    """Return the tables of finished cells.

    Raises:
        ScoresError: two cells have the same score.
    """
    scores, confusions, hardware = [], [], []
    for result in results.values():
        keys = table_keys(result.factors)
        scores += [keys | score.model_dump() for score in result.scores]
        confusions += [keys | count for count in _counts(result.confusion)]
        training = {"device": result.training.device, "precision": result.training.precision}
        hardware.append(keys | training | {"notes": result.corpus_notes})
    source = ", ".join(sorted({str(cell.parent) for cell in results}))
    return SweepTables(check_scores(tabulate(scores), source), tabulate(confusions), tabulate([]), tabulate(hardware))


def join_tables(tables: Sequence[SweepTables]) -> SweepTables:
    """Join several sweeps into one; a key that one of them was not swept over is `DEFAULT` there.

    Raises:
        ScoresError: a score stands in two of them.
    """
    if len(tables) == 1:
        return tables[0]
    scores, confusions, failures, hardware = (
        tabulate(row for part in tables for row in getattr(part, name).to_dict("records"))
        for name in ("scores", "confusions", "failures", "hardware")
    )
    return SweepTables(check_scores(scores, "the joined sweeps"), confusions, failures, hardware)


def _counts(confusion: Mapping[str, records.Confusion]) -> Iterator[dict[str, Any]]:
    for test, matrix in confusion.items():
        for emotion, counts in zip(matrix.emotions, matrix.counts, strict=True):
            for predicted, count in zip(matrix.emotions, counts, strict=True):
                yield {"dataset": test, "emotion": emotion, "predicted": predicted, "count": count}


def _failures(folder: Path, finished: Iterable[Path], broken: Mapping[Path, RecordError]) -> Iterator[dict[str, Any]]:
    """Yield the cells of a sweep that have no result: failed, started and not ended, or planned."""
    planned, started = {}, {}
    with contextlib.suppress(RecordError):
        grid = records.GridRecord.read(folder)
        planned = {folder / name: factors for name, factors in grid.cells.items()} if grid else {}
    for path in sorted(folder.glob(f"*/{records.CELL}")):
        with contextlib.suppress(RecordError):
            if (record := records.CellRecord.read(path.parent)) is not None:
                started[path.parent] = record.factors
    for cell, factors in (planned | started).items():
        if cell not in finished:
            yield table_keys(factors) | {
                "error": str(broken[cell]) if cell in broken else _error(cell, cell in started)
            }


def _error(cell: Path, started: bool) -> str:
    """Say why a cell has no result."""
    with contextlib.suppress(RecordError):
        if (failure := records.FailureRecord.read(cell)) is not None:
            return failure.error
    return "not finished" if started else "planned, but not started"


def write_scores(tables: SweepTables, path: Path) -> None:
    """Write all that `read_scores` needs: scores, confusion matrices and trainings without scores in one tidy table."""
    parts = [tables.scores]
    if not tables.confusions.empty:
        counts = tables.confusions.rename(columns={"count": "value"})
        metric = "clips_" + counts["emotion"].astype(str) + "_as_" + counts["predicted"].astype(str)
        parts.append(counts.drop(columns=["emotion", "predicted"]).assign(group=ALL, metric=metric))
    if not tables.failures.empty:
        parts.append(tables.failures.assign(metric=FAILED))
    columns = dict.fromkeys(column for part in parts for column in part.columns)
    last = [name for name in ("dataset", "seed", "group", "metric", "value", "error") if name in columns]
    table = pd.concat([part.astype(object) for part in parts], ignore_index=True)
    table[[*(name for name in columns if name not in last), *last]].pipe(write_csv, path)


def read_scores(path: Path) -> SweepTables:
    """Read scores.csv of a report, or any tidy table of scores.

    Args:
        path: a CSV, TSV or Parquet file with `seed`, `value` and columns of factors; `group`, `metric` and the standard
            keys may lack.

    Raises:
        ScoresError: the file cannot be read, or a column is missing.
    """
    table = read_table(path)
    metric = table["metric"].astype(str) if "metric" in table.columns else pd.Series("", table.index)
    failed, counted = metric == FAILED, metric.str.fullmatch(COUNT)
    error = table.pop("error") if "error" in table.columns else None
    scores = table[~failed & ~counted].reset_index(drop=True)
    keys = [column for column in table.columns if column not in ("group", "metric", "value")]
    confusions = pd.DataFrame()
    if counted.any():
        try:
            counts = table.loc[counted, "value"].astype(int).rename("count")
        except ValueError as error:
            raise ScoresError(f"{path}: a number of clips (metric clips_..._as_...) is no whole number") from error
        confusions = typed(table.loc[counted, keys]).join(metric[counted].str.extract(COUNT)).join(counts)
    failures = typed(table.loc[failed, [key for key in keys if key != "dataset"]])
    if error is not None:
        failures = failures.assign(error=error[failed])
    return SweepTables(typed(scores), confusions.reset_index(drop=True), failures.reset_index(drop=True))
