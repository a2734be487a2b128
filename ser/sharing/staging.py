"""The cells of a sweep as they are shared: scores, predictions, curves and configurations, without folders or users."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ser import records
from ser.errors import ArchiveError, RecordError
from ser.sharing.redaction import absolute_paths, is_absolute, redacted, without_user
from ser.sweep.names import cell_name


def stage_cells(sweep: Path, target: Path) -> tuple[dict[Path, records.ResultRecord], int]:
    """Copy what is shared of a sweep into a folder; return the results by folder, and how many cells have none.

    A finished cell keeps its signature: only folders of this machine are redacted, which are no part of it.

    Args:
        sweep: the folder of the sweep, which is only read.
        target: a new folder.

    Raises:
        ArchiveError: the sweep has no finished cell, or two cells differ in nothing but the folders of this machine.
        RecordError: a file of a cell is damaged.
    """
    target.mkdir(parents=True)
    called = records.GridRecord.read(sweep)
    planned = called.cells if called else {}
    names = {record.parent.name for file in (records.CELL, records.RESULT) for record in sweep.glob(f"*/{file}")}
    results = {}
    shared: dict[str, records.Factors] = {}
    for name in sorted(names | planned.keys()):
        cell = sweep / name
        description = records.description(cell)
        before = description.factors if description else planned[name]
        factors = redacted(before)
        new = name if factors == before else cell_name(factors)
        if new in shared:
            raise ArchiveError(f"{cell}: another cell has the same factors without the folders of this machine: {new}")
        shared[new] = factors
        if isinstance(description, records.ResultRecord):
            results[target / new] = _stage_finished(cell, description, target / new)
        elif description is not None:
            _stage_unfinished(cell, description, target / new)
    if not results:
        raise ArchiveError(f"{sweep} has no finished cell; run python -m ser.train sweep={sweep.name} first")
    records.GridRecord(cells=shared).write(target)
    return results, len(shared) - len(results)


def _stage_finished(cell: Path, result: records.ResultRecord, target: Path) -> records.ResultRecord:
    """Copy a finished cell; the hashes in its result become those of the files as they are shared."""
    names = [name for name in result.files if name != records.WEIGHTS]
    records.check(cell, result, *names)
    target.mkdir()
    folders = _stage_config(cell, target)
    for path in records.predictions(cell, result):
        _stage_predictions(path, target / path.name)
    _stage_curves(cell, target)
    content = redacted(result.model_dump(), folders) | {"files": records.digests(target)}
    shared = records.ResultRecord.model_validate(content)
    shared.write(target)
    return shared


def _stage_unfinished(cell: Path, description: records.CellRecord, target: Path) -> None:
    """Copy what is known of a cell without a result: what it is, and how it failed."""
    target.mkdir()
    folders = _stage_config(cell, target)
    records.CellRecord.model_validate(redacted(description.model_dump(), folders)).write(target)
    _stage_curves(cell, target)
    failure = records.FailureRecord.read(cell)
    if failure is not None:
        error = without_user(redacted(failure.error, folders))
        records.FailureRecord(error=error, log=records.LOG, ended=failure.ended).write(target)


def _stage_config(cell: Path, target: Path) -> list[str]:
    """Copy the configuration of a cell without its folders and its tracker, and return those folders."""
    path = cell / records.CONFIG
    known = [str(cell.absolute()), str(Path.cwd()), str(Path.home())]
    if not path.is_file():
        return known
    try:
        config: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise RecordError(path, str(error).partition("\n")[0], records.ResultRecord.REMEDY) from error
    folders = [*known, *absolute_paths(config)]
    if isinstance(config, dict) and isinstance(config.get("tracker"), dict):
        config["tracker"]["uri"] = None
    text = yaml.safe_dump(redacted(config, folders), sort_keys=False, allow_unicode=True)
    records.write(target / records.CONFIG, text)
    return folders


def _stage_curves(cell: Path, target: Path) -> None:
    if (cell / records.CURVES).is_file():
        shutil.copyfile(cell / records.CURVES, target / records.CURVES)


def _stage_predictions(path: Path, target: Path) -> None:
    """Copy predictions; columns with absolute paths are redacted, all other files stay as they are."""
    table = pd.read_parquet(path)
    private = [column for column in table.columns if _has_paths(table[column])]
    if private:
        table.assign(**{column: table[column].map(redacted) for column in private}).to_parquet(target, index=False)
    else:
        shutil.copyfile(path, target)


def _has_paths(values: Iterable[Any]) -> bool:
    return any(isinstance(value, str) and is_absolute(value) for value in pd.unique(pd.Series(values)))
