"""Sends cells to MLflow: live while they train, or whole from their folders."""

import contextlib
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlflow.entities import LifecycleStage, Metric, Param, RunTag

from ser import records
from ser.errors import RecordError
from ser.schema import ALL
from ser.tracking.database import check_reachable, lies_elsewhere, make_tables, move_artifacts, preparing, read_only
from ser.tracking.inputs import dataset_inputs
from ser.tracking.runs import (
    CELL,
    CHECKSUM,
    CONFUSION,
    ERROR,
    FACTORS,
    HARDWARE,
    KIND,
    MOST_CHARACTERS,
    NOTES,
    TESTS,
    MlflowClient,
    checksum,
    delete_models,
    find,
    parent,
)
from ser.tracking.summary import summarise

log = logging.getLogger(__name__)

ARTIFACTS = (".png", ".parquet", ".log", ".jsonl")
SOURCE = {"mlflow.source.name": "ser.train", "mlflow.source.type": "LOCAL"}
"""Tags: what made a run, in MLflow's column "Source"."""
METRICS_AT_ONCE, PARAMETERS_AT_ONCE = 1000, 100
"""What MLflow takes in one call."""


class Tracker:
    """The experiment of one sweep.

    Args:
        uri: of the MLflow tracking server or database.
        sweep: the experiment's name.
        sweeps_dir: where the artifacts of a database without a server of its own lie, and the lock.
    """

    def __init__(self, uri: str, sweep: str, sweeps_dir: Path) -> None:
        self.uri = uri
        self.sweep = sweep
        self.sweeps_dir = sweeps_dir
        self._ids: tuple[str, str] | None = None

    def prepare(self) -> tuple[str, str]:
        """Make the schema, the experiment and the parent run unless they are there; return the ids of the last two.

        One process at a time: MLflow's own migrations and experiments race when several meet an empty database.
        """
        if self._ids is None:
            check_reachable(self.uri)
            with preparing(self.uri, self.sweeps_dir):
                make_tables(self.uri)
                self._client = MlflowClient(self.uri)
                experiment = self._experiment()
                self._ids = experiment, self._parent(experiment)
        return self._ids

    def start(self, folder: Path, cell: records.CellRecord) -> str:
        """Open the run of a cell in place of any earlier one, and return its id.

        Args:
            folder: of the cell; its name is the cell's name.
            cell: what it is.
        """
        experiment, parent = self.prepare()
        for earlier in find(self._client, experiment, f"tags.`{CELL}` = '{folder.name}'"):
            delete_models(self._client, earlier)
            self._client.delete_run(earlier.info.run_id)
        factors = {str(key): str(value) for key, value in cell.factors.items()}
        tags = factors | _tags(folder, cell)
        tags |= SOURCE | {"mlflow.parentRunId": parent, "mlflow.runName": " ".join(factors.values())}
        run = self._client.create_run(experiment, start_time=int(cell.started * 1000), tags=tags)
        parameters = [Param(key, str(value)) for key, value in (cell.parameters | factors).items()]
        for first in range(0, len(parameters), PARAMETERS_AT_ONCE):
            self._client.log_batch(run.info.run_id, params=parameters[first : first + PARAMETERS_AT_ONCE])
        if inputs := dataset_inputs(cell):
            self._client.log_inputs(run.info.run_id, inputs)
        return run.info.run_id

    def curves(self, run_id: str, rows: list[records.CurveRow]) -> None:
        """Send rows of training curves, each with `step`, `time` in seconds and `metrics`."""
        metrics = [
            Metric(name, value, int(row["time"] * 1000), row["step"])
            for row in rows
            for name, value in row["metrics"].items()
        ]
        for first in range(0, len(metrics), METRICS_AT_ONCE):
            self._client.log_batch(run_id, metrics=metrics[first : first + METRICS_AT_ONCE])

    def close(self, run_id: str, folder: Path) -> None:
        """Send the scores and files of a finished cell, or the error of a failed one, and close its run."""
        result = records.ending(folder)
        if not isinstance(result, records.ResultRecord):
            error = result.error if result else records.state(folder, mine=True)
            self._client.set_tag(run_id, ERROR, error[:MOST_CHARACTERS])
            self._client.set_terminated(run_id, "FAILED")
            return
        if lost := records.lost_curves(folder, result):
            log.warning("%s", lost)
        ended = int(result.ended * 1000)
        scores = {score_name(score): score.value for score in result.scores}
        tags = {CONFUSION + test: counts.model_dump_json() for test, counts in result.confusion.items()}
        tags |= {tag: getattr(result.training, name) for name, tag in HARDWARE.items()}
        tags[NOTES] = result.corpus_notes[:MOST_CHARACTERS]
        tags[CHECKSUM] = checksum(_tags(folder, result) | tags, scores)
        self._client.log_batch(
            run_id,
            metrics=[Metric(name, value, ended, 0) for name, value in scores.items()],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )
        self._client.set_terminated(run_id, "FINISHED", ended)  # first: a cell that ended is never counted as running
        for path in sorted(path for path in folder.iterdir() if path.suffix in ARTIFACTS):
            self._client.log_artifact(run_id, str(path))
        self._client.log_artifact(run_id, str(folder / records.CONFIG))
        if (folder / records.WEIGHTS).is_file():
            from ser.tracking.models import log_model  # loads torch

            log_model(self._client, self.prepare()[0], run_id, folder, result)
        records.TrackedRecord(run_id=run_id).write(folder)

    def publish(self, folder: Path) -> None:
        """Send a whole cell from its files, in place of any run of it that is there.

        Raises:
            RecordError: a file of a finished cell is damaged.
        """
        cell = records.description(folder)
        if cell is None:
            return
        if isinstance(cell, records.ResultRecord):
            records.check(folder, cell, *cell.files)
        run_id = self.start(folder, cell)
        self.curves(run_id, records.read_curves(folder))
        self.close(run_id, folder)

    def summarise(self) -> None:
        """Write into the parent run what the finished cells of the sweep have scored."""
        if read_only(self.uri):
            return
        experiment, parent = self.prepare()
        folders = [path.parent for path in (self.sweeps_dir / self.sweep).glob(f"*/{records.RESULT}")]
        summarise(self._client, experiment, parent, folders)

    def ended(self) -> tuple[set[str], set[str]]:
        """Return the ids of the runs of all finished cells, and the names of the cells whose runs have failed."""
        experiment, _ = self.prepare()
        runs = list(find(self._client, experiment, f"tags.`{KIND}` = 'cell'"))
        finished = {run.info.run_id for run in runs if run.info.status == "FINISHED"}
        return finished, {run.data.tags[CELL] for run in runs if run.info.status == "FAILED"}

    def _experiment(self) -> str:
        served = self.uri.startswith(("http://", "https://", "databricks"))
        artifacts = None if served else (self.sweeps_dir / "artifacts" / self.sweep).resolve().as_uri()
        experiment = self._client.get_experiment_by_name(self.sweep)
        if experiment is not None:
            if experiment.lifecycle_stage == LifecycleStage.DELETED:
                log.warning("tracker: experiment '%s' was deleted, and is restored", self.sweep)
                self._client.restore_experiment(experiment.experiment_id)
            if artifacts and lies_elsewhere(self.uri, self.sweeps_dir, experiment.artifact_location, artifacts):
                move_artifacts(self.uri, experiment.experiment_id, experiment.artifact_location, artifacts)
            return experiment.experiment_id
        tags = {"mlflow.experimentKind": "custom_model_development"}
        return self._client.create_experiment(self.sweep, artifacts, tags)

    def _parent(self, experiment: str) -> str:
        run = parent(self._client, experiment)
        if run is None:
            tags = SOURCE | {KIND: "sweep", "mlflow.runName": self.sweep}
            run = self._client.create_run(experiment, tags=tags)
            self._client.set_terminated(run.info.run_id)
        return run.info.run_id


def _tags(folder: Path, cell: records.CellRecord) -> dict[str, str]:
    """Return the tags by which the run of a cell is found and read."""
    return {KIND: "cell", CELL: folder.name, FACTORS: json.dumps(cell.factors), TESTS: json.dumps(cell.tests)}


def send_missing(tracker: Tracker, folders: Sequence[Path]) -> None:
    """Send the cells that have ended, but not in the tracker; one that is down costs a warning.

    The tracker itself is asked: its database may have been lost, or runs deleted. A cell that another process holds is
    being sent by that one.
    """
    with _tolerant():
        finished, failed = tracker.ended()
        for folder in folders:
            if (folder / records.FAILURE).is_file():
                missing, sent = folder.name not in failed, None
            else:
                missing = (sent := _run_id(folder)) not in finished
            if missing:
                with records.held(folder) as mine:
                    if mine and _run_id(folder) == sent:  # else another process has sent it meanwhile
                        tracker.publish(folder)
        tracker.summarise()


def _run_id(folder: Path) -> str | None:
    """Return the run that a cell was sent to whole."""
    try:
        record = records.TrackedRecord.read(folder)
    except RecordError as error:
        log.warning("%s; it is sent again", error)
        return None
    return record.run_id if record else None


@contextlib.contextmanager
def _tolerant() -> Iterator[None]:
    """Go on whatever a tracker raises."""
    try:
        yield
    except Exception as error:
        warn_of(error)


def warn_of(error: Exception) -> None:
    """Say in one line what a tracker raised."""
    reason = str(error).strip().splitlines() or [type(error).__name__]
    log.warning("tracker: %s; the next call sends what is missing", reason[0])


def score_name(score: records.Score) -> str:
    """Name a score as a metric: `<test set>/<metric>`, or `<test set>/<metric>/<group>`."""
    name = f"{score.dataset}/{score.metric}"
    return name if score.group == ALL else f"{name}/{score.group}"
