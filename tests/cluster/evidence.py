"""What a sweep must have left, whatever befell it: every cell once in its folder, once in MLflow, and nothing else."""

import json
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient

from ser import records

FILES = (
    ".hydra",
    ".lock",
    "cell.json",
    "curves.jsonl",
    "result.json",
    "tracked.json",
    "train.log",
    "*.parquet",
    "*.png",
)
"""What may lie in the folder of a finished cell: no checkpoint, no half-written file."""


def cells(sweep: Path) -> list[Path]:
    """Return the folders of the cells that have begun."""
    return sorted(path.parent for path in sweep.glob(f"*/{records.CELL}"))


def finished(sweep: Path) -> list[Path]:
    """Return the folders of the cells that have a result."""
    return sorted(path.parent for path in sweep.glob(f"*/{records.RESULT}"))


def validations(cell: Path) -> int:
    """Return how far the training of a cell has come."""
    return len(records.read_curves(cell))


def runs(uri: str, sweep: Path) -> list[Run]:
    """Return all runs of cells that a sweep ever had in MLflow, with those that were replaced."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(sweep.name)
    if experiment is None:
        return []
    return list(client.search_runs([experiment.experiment_id], "tags.`ser.kind` = 'cell'", ViewType.ALL, 1000))


def active(uri: str, sweep: Path) -> list[Run]:
    """Return the runs of cells that a user sees."""
    return [run for run in runs(uri, sweep) if run.info.lifecycle_stage == "active"]


def assert_whole(sweep: Path, count: int, uri: str) -> None:
    """Every cell is finished, its folder tidy, and MLflow has it once, with the scores and curves of the folder."""
    folders = finished(sweep)
    assert len(folders) == count, f"{len(folders)} of {count} finished: {_standing(sweep)}"
    for folder in folders:
        extra = [path.name for path in folder.iterdir() if not any(fnmatch(path.name, known) for known in FILES)]
        assert not extra, f"{folder.name} holds {extra}"
    seen = active(uri, sweep)
    assert sorted(run.data.tags["ser.cell"] for run in seen) == [folder.name for folder in folders]
    assert {run.info.status for run in seen} == {"FINISHED"}
    for run in seen:
        folder = sweep / run.data.tags["ser.cell"]
        told = {
            name: value
            for name, value in run.data.metrics.items()
            if name.partition("/")[0] in ("emovo", "emozionalmente")
        }
        assert told == _scores(folder)
        client = MlflowClient(uri)
        curve = [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, "validation/loss")]
        rows = [(row["step"], row["metrics"]["validation/loss"]) for row in records.read_curves(folder)]
        assert curve == rows
        assert len(dict(rows)) == len(rows), f"{folder.name} has validations twice"


def assert_same(sweep: Path, straight: Path) -> None:
    """Two sweeps have the same cells with the same predictions, bit by bit, and the same training curves."""
    assert [folder.name for folder in finished(sweep)] == [folder.name for folder in finished(straight)]
    for folder in finished(sweep):
        other = straight / folder.name
        tables = sorted(path.name for path in folder.glob("*.parquet"))
        assert tables == ["predictions_emovo.parquet", "predictions_emozionalmente.parquet"]
        for name in tables:
            pd.testing.assert_frame_equal(
                pd.read_parquet(folder / name),
                pd.read_parquet(other / name),
                check_exact=True,
                obj=f"{folder.name}/{name}",
            )
        assert _scores(folder) == _scores(other)
        assert _curves(folder) == _curves(other), f"the curves of {folder.name} differ"


def _scores(folder: Path) -> dict[str, float]:
    scores: Sequence[dict[str, Any]] = json.loads((folder / records.RESULT).read_text())["scores"]
    names = [(row["dataset"], row["metric"], *([] if row["group"] == "all" else [row["group"]])) for row in scores]
    return {"/".join(name): row["value"] for name, row in zip(names, scores, strict=True)}


def _curves(folder: Path) -> list[tuple[int, dict[str, float]]]:
    return [(row["step"], row["metrics"]) for row in records.read_curves(folder)]


def _standing(sweep: Path) -> dict[str, str]:
    return {folder.name: records.state(folder) for folder in cells(sweep)}
