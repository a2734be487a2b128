"""From MLflow to the tidy tables that the analysis reads; nothing is made here that is not there."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from ser.errors import ScoresError
from ser.schema import ALL, check_scores
from ser.tables import SweepTables, table_keys, tabulate
from ser.tracking.runs import CELL, CONFUSION, ERROR, FACTORS, HARDWARE, KIND, TESTS, MlflowClient, Run, find, parent

NO_CONFUSION = '{"emotions": [], "counts": []}'
"""Of a cell whose task is no classification."""


def read_sweep(uri: str, sweep: str, planned: Mapping[str, Mapping[str, Any]] | None = None) -> SweepTables:
    """Read everything that the analysis needs, in one pass over the sweep's runs.

    Args:
        uri: of the MLflow tracking server or database.
        sweep: the experiment's name.
        planned: the cells that the sweep was called with, name to factors (its `grid.json`); those that the tracker
            has never heard of are failures too.

    Raises:
        ScoresError: there is no such tracker, no such sweep, or no finished cell in it.
    """
    client, experiment = _open(uri, sweep)
    cells = list(find(client, experiment, f"tags.`{KIND}` = 'cell'"))
    finished = [run for run in cells if run.info.status == "FINISHED"]
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
        for name, factors in (planned or {}).items()
        if name not in begun
    ]
    scores = check_scores(tabulate(row for run in finished for row in _scores(run)), f"sweep '{sweep}' in {uri}")
    confusions = tabulate(row for run in finished for row in _confusions(run))
    return SweepTables(scores, confusions, tabulate(failures), tabulate(_hardware(run) for run in finished))


def log_report(uri: str, sweep: str, folder: Path) -> None:
    """Put a report beside the scores: its files become artifacts of the sweep's parent run."""
    client, experiment = _open(uri, sweep)
    run = parent(client, experiment)
    if run is not None:
        client.log_artifacts(run.info.run_id, str(folder), "report")


def _open(uri: str, sweep: str) -> tuple[MlflowClient, str]:
    """Find a sweep; a database that is not there is not made."""
    if uri.startswith("sqlite:") and not Path(database := make_url(uri).database or "").is_file():
        raise ScoresError(
            f"there is no database {database}; run python -m ser.train first, or name it: tracker.uri=..."
        )
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(sweep)
    if experiment is None:
        others = sorted({found.name for found in client.search_experiments()} - {"Default"})
        raise ScoresError(f"no sweep '{sweep}' in {uri}; there are: {', '.join(others) or 'none'}")
    return client, experiment.experiment_id


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
    tags = {name: run.data.tags.get(tag, "") for name, tag in HARDWARE.items()}
    return table_keys(json.loads(run.data.tags[FACTORS])) | tags


def _confusions(run: Run) -> Iterator[dict[str, Any]]:
    factors = table_keys(json.loads(run.data.tags[FACTORS]))
    for test in json.loads(run.data.tags[TESTS]):
        matrix = json.loads(run.data.tags.get(CONFUSION + test, NO_CONFUSION))
        for emotion, counts in zip(matrix["emotions"], matrix["counts"], strict=True):
            for predicted, count in zip(matrix["emotions"], counts, strict=True):
                yield factors | {"dataset": test, "emotion": emotion, "predicted": predicted, "count": count}
