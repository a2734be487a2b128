"""From MLflow to the tidy tables that the analysis reads; nothing is made here that is not there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.engine import make_url

from ser.errors import ScoresError
from ser.schema import ALL, check_scores
from ser.tracking.runs import CONFUSION, ERROR, FACTORS, KIND, TESTS, MlflowClient, Run, find, parent


def read_scores(uri: str, sweep: str) -> pd.DataFrame:
    """Return the scores of all finished cells of a sweep, as `ser.schema.check_scores` describes them.

    Raises:
        ScoresError: there is no such tracker, no such sweep, or no finished cell in it.
    """
    rows = [score for run in _cells(uri, sweep, "FINISHED") for score in _scores(run)]
    if not rows:
        raise ScoresError(f"sweep '{sweep}' in {uri} has no finished cell; run python -m ser.train sweep={sweep} first")
    return check_scores(pd.DataFrame(rows), f"sweep '{sweep}' in {uri}")


def read_failures(uri: str, sweep: str) -> pd.DataFrame:
    """Return the cells that failed or did not end: their factors, and `error`."""
    rows = [
        _factors(run) | {"error": run.data.tags.get(ERROR, f"not finished ({status.lower()})")}
        for status in ("FAILED", "RUNNING", "KILLED")
        for run in _cells(uri, sweep, status)
    ]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["model", "pretune", "trained_on", "seed", "error"])


def read_confusions(uri: str, sweep: str) -> pd.DataFrame:
    """Return the confusion matrices in long form: factors, `dataset`, `emotion`, `predicted`, `count`."""
    rows = []
    for run in _cells(uri, sweep, "FINISHED"):
        factors = _factors(run)
        for test in json.loads(run.data.tags[TESTS]):
            matrix = json.loads(run.data.tags[CONFUSION + test])
            for emotion, counts in zip(matrix["emotions"], matrix["counts"], strict=True):
                for predicted, count in zip(matrix["emotions"], counts, strict=True):
                    cell = {"dataset": test, "emotion": emotion, "predicted": predicted, "count": count}
                    rows.append(factors | cell)
    return pd.DataFrame(rows)


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


def _cells(uri: str, sweep: str, status: str) -> Iterator[Run]:
    client, experiment = _open(uri, sweep)
    return find(client, experiment, f"tags.`{KIND}` = 'cell' and attributes.status = '{status}'")


def _factors(run: Run) -> dict[str, Any]:
    """Return a cell's factors as the tables name them: what it was trained on is `trained_on` there."""
    factors = json.loads(run.data.tags[FACTORS])
    return {("trained_on" if key == "dataset" else key): value for key, value in factors.items()}


def _scores(run: Run) -> Iterator[dict[str, Any]]:
    """Take the metrics apart that `ser.tracking.cells.score_name` named."""
    tests = set(json.loads(run.data.tags[TESTS]))
    factors = _factors(run)
    for name, value in run.data.metrics.items():
        test, _, rest = name.partition("/")
        metric, _, group = rest.partition("/")
        if test in tests:
            yield factors | {"dataset": test, "group": group or ALL, "metric": metric, "value": value}
