"""From MLflow to the tidy tables that the analysis reads; no database and no sweep is made."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ser.errors import ScoresError, UserError
from ser.schema import ALL, check_scores
from ser.tables import SweepTables, table_keys, tabulate
from ser.tracking.cells import Tracker
from ser.tracking.database import check_reachable, read_only, sqlite_path
from ser.tracking.runs import (
    CELL,
    CHECKSUM,
    CONFUSION,
    ERROR,
    FACTORS,
    HARDWARE,
    KIND,
    NOTES,
    TESTS,
    MlflowClient,
    Run,
    checksum,
    find,
)
from ser.tracking.summary import log_report_link

NO_CONFUSION = '{"emotions": [], "counts": []}'
"""Of a cell whose task is no classification."""


def read_sweep(uri: str, sweep: str, planned: Mapping[str, Mapping[str, Any]] | None = None) -> SweepTables:
    """Read everything that the analysis needs, in one pass over the sweep's runs.

    Args:
        uri: of the MLflow tracking server or database.
        sweep: the experiment's name.
        planned: the cells that the sweep was called with, name to factors (its `grid.json`); those that the tracker
            does not have are failures too.

    Raises:
        ScoresError: there is no such tracker or it cannot be read, no such sweep, or no finished cell in it.
    """
    with _explained(uri):
        client, experiment = _open(uri, sweep)
        cells = sorted(find(client, experiment, f"tags.`{KIND}` = 'cell'"), key=lambda run: run.data.tags[CELL])
        return _tables(uri, sweep, cells, planned or {})


def _tables(uri: str, sweep: str, cells: list[Run], planned: Mapping[str, Mapping[str, Any]]) -> SweepTables:
    finished = [run for run in cells if run.info.status == "FINISHED"]
    for run in finished:
        _check(uri, run)
    if not finished:
        raise ScoresError(f"sweep '{sweep}' in {uri} has no finished cell; run python -m ser.train sweep={sweep} first")
    failures = [
        table_keys(json.loads(run.data.tags[FACTORS]))
        | {"error": run.data.tags.get(ERROR, f"not finished ({run.info.status.lower()})")}
        for run in cells
        if run.info.status != "FINISHED"
    ]
    begun = {run.data.tags[CELL] for run in cells}
    failures += [
        table_keys(factors) | {"error": "planned, but not in the tracker: not begun, or not sent"}
        for name, factors in planned.items()
        if name not in begun
    ]
    scores = check_scores(tabulate(row for run in finished for row in _scores(run)), f"sweep '{sweep}' in {uri}")
    confusions = tabulate(row for run in finished for row in _confusions(run))
    return SweepTables(scores, confusions, tabulate(failures), tabulate(_hardware(run) for run in finished))


def _check(uri: str, run: Run) -> None:
    """Raise ScoresError where a database has other scores of a cell than it was sent; earlier versions sent no hash."""
    tags = run.data.tags
    if CHECKSUM in tags and tags[CHECKSUM] != checksum(tags, run.data.metrics):
        raise ScoresError(
            f"{uri} is damaged: the scores of {tags.get(CELL)} do not match their checksum; set the database aside, and"
            " python -m ser.train sends the cells to a new one"
        )


def log_report(uri: str, sweep: str, sweeps_dir: Path, folder: Path) -> None:
    """Copy a report to the scores: its files become artifacts of the sweep's parent run.

    Args:
        uri: of the MLflow tracking server or database.
        sweep: the experiment's name.
        sweeps_dir: the folder of sweeps.
        folder: of the report.

    Raises:
        ScoresError: the tracker cannot be reached, may only be read, or has no such sweep.
    """
    if read_only(uri):
        raise ScoresError(f"{sqlite_path(uri)} may only be read")
    with _explained(uri):
        client, experiment = _open(uri, sweep)
        _, run = Tracker(uri, sweep, sweeps_dir).prepare()
        client.log_artifacts(run, str(folder), "report")
        log_report_link(client, experiment, run)


def _open(uri: str, sweep: str) -> tuple[MlflowClient, str]:
    """Find a sweep; a database that is not there is not made."""
    path = sqlite_path(uri)
    if path is not None and not path.is_file():
        raise ScoresError(f"there is no database {path}; run python -m ser.train first, or name it: tracker.uri=...")
    check_reachable(uri)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(sweep)
    if experiment is None:
        others = sorted({found.name for found in client.search_experiments()} - {"Default"})
        raise ScoresError(f"no sweep '{sweep}' in {uri}; there are: {', '.join(others) or 'none'}")
    return client, experiment.experiment_id


@contextlib.contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Turn whatever a tracker raises that cannot be read into one message."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ScoresError(
            f"{uri} cannot be read: {reason}; start the tracker, or name another: tracker.uri=... What it had is in the"
            " folders of the cells: python -m ser.train sends it again"
        ) from error


def _scores(run: Run) -> Iterator[dict[str, Any]]:
    """Take the metrics apart that `ser.tracking.cells.score_name` named."""
    tests = set(json.loads(run.data.tags[TESTS]))
    factors = table_keys(json.loads(run.data.tags[FACTORS]))
    for name, value in run.data.metrics.items():
        test, _, rest = name.partition("/")
        metric, _, group = rest.partition("/")
        if test in tests:
            yield factors | {"dataset": test, "group": group or ALL, "metric": metric, "value": value}


def _hardware(run: Run) -> dict[str, Any]:
    tags = {name: run.data.tags.get(tag, "") for name, tag in (HARDWARE | {"notes": NOTES}).items()}
    return table_keys(json.loads(run.data.tags[FACTORS])) | tags


def _confusions(run: Run) -> Iterator[dict[str, Any]]:
    factors = table_keys(json.loads(run.data.tags[FACTORS]))
    for test in json.loads(run.data.tags[TESTS]):
        matrix = json.loads(run.data.tags.get(CONFUSION + test, NO_CONFUSION))
        for emotion, counts in zip(matrix["emotions"], matrix["counts"], strict=True):
            for predicted, count in zip(matrix["emotions"], counts, strict=True):
                yield factors | {"dataset": test, "emotion": emotion, "predicted": predicted, "count": count}
