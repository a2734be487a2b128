"""How the runs of a sweep are marked, and how they are found again."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # a server that is down answers at once, not in minutes
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient

for chatty in ("mlflow", "alembic"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

KIND = "ser.kind"
"""Tag: `sweep` for the parent run, `cell` for its children."""
CELL = "ser.cell"
"""Tag: the name of the cell's folder."""
FACTORS = "ser.factors"
"""Tag: the cell's factors, JSON."""
TESTS = "ser.tests"
"""Tag: the names of the test sets, JSON."""
ERROR = "ser.error"
"""Tag: what a failed cell died of."""
CONFUSION = "ser.confusion."
"""Tag for each test set: emotions and counts of the confusion matrix, JSON."""

CHECKSUM = "ser.checksum"
"""Tag: a hash of the scores and the other tags of a finished cell: a database has no checksums of its own."""

HARDWARE = {"device": "ser.device", "precision": "ser.precision"}
NOTES = "ser.notes"
"""Tag: what is unusual about the corpora of a finished cell."""
MOST_CHARACTERS = 5000
"""Of a tag."""
"""Tags: what a finished cell was trained on, by their names in the record of a training."""

RUNS_AT_ONCE = 1000


def checksum(tags: Mapping[str, str], metrics: Mapping[str, float]) -> str:
    """Return a hash of what a finished cell's run has of it: the tags of this program, and the scores."""
    tests = json.loads(tags[TESTS])
    ours = {name: value for name, value in tags.items() if name.startswith("ser.") and name != CHECKSUM}
    scores = {name: float(value) for name, value in metrics.items() if name.partition("/")[0] in tests}
    return hashlib.blake2b(json.dumps([ours, scores], sort_keys=True).encode(), digest_size=16).hexdigest()


def find(client: MlflowClient, experiment: str, query: str) -> Iterator[Run]:
    """Yield the runs of an experiment that a query names, however many there are."""
    token = None
    while True:
        page = client.search_runs([experiment], query, ViewType.ACTIVE_ONLY, RUNS_AT_ONCE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def parent(client: MlflowClient, experiment: str) -> Run | None:
    """Return the run that stands for the whole sweep, if there is one yet."""
    return next(find(client, experiment, f"tags.`{KIND}` = 'sweep'"), None)


def delete_models(client: MlflowClient, run: Run) -> None:
    """Delete the models of a run that another one takes the place of."""
    for output in run.outputs.model_outputs if run.outputs else ():
        client.delete_logged_model(output.model_id)
