"""What the parent run says of a whole sweep: mean scores, the best cell, and where the report is."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from mlflow.entities import Metric, RunTag
from mlflow.tracking import MlflowClient

from ser import records
from ser.escaping import markdown_text
from ser.schema import ALL
from ser.tables import read_results

HEADLINES: Final = ("accuracy", "uar", "ccc")
"""Scores that a reader of a sweep looks for first."""
BEST_CELL: Final = "ser.best_cell"
"""Tag: the name of the cell with the best validation score; test scores choose nothing."""
FINISHED: Final = "ser.finished"
"""Tag: how many cells are finished."""
REPORT: Final = "ser.report"
"""Tag: URI of the report's page."""
NOTE: Final = "mlflow.note.content"
"""Tag: the description of a run, Markdown."""
REPORT_PAGE: Final = "report/report.html"


def summarise(client: MlflowClient, experiment: str, parent: str, folders: Iterable[Path]) -> None:
    """Write the mean, minimum and maximum of the headline scores over all finished cells, and name the best cell.

    Args:
        client: of the tracker.
        experiment: id of the experiment.
        parent: id of the parent run.
        folders: of the cells.
    """
    results, _ = read_results(sorted(folders))
    if not results:
        return
    values: dict[str, list[float]] = {}
    for result in results.values():
        for score in result.scores:
            if score.group == ALL and score.metric in HEADLINES:
                values.setdefault(f"{score.dataset}/{score.metric}", []).append(score.value)
    ended = int(max(result.ended for result in results.values()) * 1000)
    metrics = [
        Metric(f"{name}/{word}", number, ended, 0)
        for name, numbers in values.items()
        for word, number in (("mean", sum(numbers) / len(numbers)), ("min", min(numbers)), ("max", max(numbers)))
    ]
    best = best_cell(results)
    tags = {FINISHED: str(len(results))} | ({BEST_CELL: best.name} if best else {})
    before = client.get_run(parent).data
    if tags.items() <= before.tags.items() and {m.key: m.value for m in metrics}.items() <= before.metrics.items():
        return
    for first in range(0, len(metrics), 1000):
        client.log_batch(parent, metrics=metrics[first : first + 1000])
    client.log_batch(parent, tags=[RunTag(name, value) for name, value in tags.items()])
    describe(client, experiment, parent)


def best_cell(results: Mapping[Path, records.ResultRecord]) -> Path | None:
    """Return the cell with the best validation score; None where no cell has one."""
    found = {cell: _validation(result.training) for cell, result in results.items()}
    scored = {cell: value for cell, value in found.items() if value is not None}
    return max(scored, key=lambda cell: scored[cell]) if scored else None


def _validation(training: records.TrainingRecord) -> float | None:
    extra: dict[str, Any] = training.model_extra or {}
    values = [value for name, value in extra.items() if name.startswith("best_validation") and isinstance(value, float)]
    return values[0] if values else None


def log_report_link(client: MlflowClient, experiment: str, parent: str) -> None:
    """Write where the report is, which is an artifact of the parent run."""
    run = client.get_run(parent)
    client.set_tag(parent, REPORT, f"{run.info.artifact_uri}/{REPORT_PAGE}")
    describe(client, experiment, parent)


def describe(client: MlflowClient, experiment: str, parent: str) -> None:
    """Write the description of the parent run from its tags: how many cells, the best one, the report."""
    tags = client.get_run(parent).data.tags
    lines = [f"{tags[FINISHED]} finished cells."] if FINISHED in tags else []
    if BEST_CELL in tags:
        lines.append(f"Best on validation: {markdown_text(tags[BEST_CELL])}.")
    if REPORT in tags:
        lines.append(f"[Report](#/experiments/{experiment}/runs/{parent}/artifacts/{REPORT_PAGE})")
    client.set_tag(parent, NOTE, "\n\n".join(lines))
