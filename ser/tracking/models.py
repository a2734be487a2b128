"""Kept weights as MLflow models: in the tab "Models" of an experiment, and for `mlflow models serve` and `predict`."""

import re
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pandas as pd
from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric
from mlflow.models import Model, ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, Schema

from ser import records
from ser.schema import ALL
from ser.tracking.kept_model import columns, example, write_model
from ser.tracking.summary import HEADLINES

with warnings.catch_warnings():  # of MLflow about its own classes
    warnings.simplefilter("ignore", UserWarning)
    import mlflow.pyfunc

CODE: Final = str(Path(__file__).with_name("served_model.py"))
"""A program text in place of a pickled object."""
TYPE: Final = "speech emotion recognition"
REQUIREMENTS: Final = ("ser-grid", "torch", "transformers", "mlflow")


def log_model(client: MlflowClient, experiment: str, run: str, cell: Path, result: records.ResultRecord) -> str:
    """Log the kept weights of a finished cell as a model of its run, with signature and input example.

    The model is a folder of text, safetensors and, where the encoder is none of the hub, a copy of it.

    Args:
        client: of the tracker.
        experiment: id of the experiment.
        run: id of the cell's run.
        cell: folder of the cell.
        result: of the cell.

    Returns:
        The id of the model.
    """
    factors = {str(key): str(value) for key, value in result.factors.items()}
    name = re.sub(r"[^\w+-]", "_", "-".join(factors.values()))
    logged = client.create_logged_model(experiment, name=name, source_run_id=run, params=factors, model_type=TYPE)
    with tempfile.TemporaryDirectory(prefix="ser-model-") as temporary:
        outputs = write_model(cell, result, Path(temporary, "cell"))
        task = str(result.parameters.get("task.name", "emotions"))
        signature = ModelSignature(
            Schema([ColSpec("binary", "audio")]),
            Schema([ColSpec(kind, column) for column, kind in columns(outputs, task)]),
        )
        model = Path(temporary, "model")
        mlflow.pyfunc.save_model(
            model,
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=run,
                model_id=logged.model_id,
            ),
            python_model=CODE,
            artifacts={"cell": str(Path(temporary, "cell"))},
            signature=signature,
            input_example=pd.DataFrame({"audio": [example()]}),
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        )
        client.log_model_artifacts(logged.model_id, str(model))
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    client.log_outputs(run, [LoggedModelOutput(logged.model_id, step=0)])
    scores = [score for score in result.scores if score.group == ALL and score.metric in HEADLINES]
    ended = int(result.ended * 1000)
    metrics = [Metric(f"{s.dataset}/{s.metric}", s.value, ended, 0, model_id=logged.model_id) for s in scores]
    client.log_batch(run, metrics=metrics)
    return logged.model_id
