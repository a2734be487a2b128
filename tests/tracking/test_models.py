"""Kept weights as MLflow models: loaded, predicted with and served as MLflow's own commands do it."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import LoggedModel
from mlflow.tracking import MlflowClient
from scipy.special import softmax

from ser import records
from ser.tracking.kept_model import KeptModel, example, write_model
from ser.tracking.models import CODE
from tests import commands

SWEEP = "kept"


class Kept(NamedTuple):
    """A tracked sweep of one cell that kept its weights."""

    uri: str
    cell: Path
    corpus: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, small_corpora: Path, tiny_checkpoint: Callable[..., Path]) -> Kept:
    folder = tmp_path_factory.mktemp("work")
    typed = [
        *("dataset=emovo", f"corpora_dir={small_corpora}", f"sweep={SWEEP}", "keep_weights=true", "trainer=cpu"),
        *("training.epochs=1", "training.validate_every_steps=2", "trainer.threads=1"),
        f"model.checkpoints.none={tiny_checkpoint('wav2vec2')}",
    ]
    done = commands.run("ser.train", *typed, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "tracker:" not in done.stderr
    [cell] = [path.parent for path in folder.glob(f"multirun_sweeps/{SWEEP}/*/{records.RESULT}")]
    return Kept(f"sqlite:///{folder}/multirun_sweeps/mlflow.db", cell, small_corpora / "EMOVO")


@pytest.fixture(scope="module")
def model(kept: Kept) -> LoggedModel:
    client = MlflowClient(kept.uri)
    [logged] = client.search_logged_models([client.get_experiment_by_name(SWEEP).experiment_id])
    return logged


def folder_of(model: LoggedModel) -> Path:
    return Path(model.artifact_location.removeprefix("file://"))


def recordings(kept: Kept) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return some predictions of the grid, and the recordings that they are of."""
    predictions = pd.read_parquet(kept.cell / "predictions_emovo.parquet").head(3)
    return predictions, pd.DataFrame({"audio": [(kept.corpus / path).read_bytes() for path in predictions["path"]]})


def probabilities(predictions: pd.DataFrame) -> np.ndarray:
    return softmax(predictions.filter(like="logit_").to_numpy(), axis=1)


def test_a_kept_cell_is_a_model_of_its_run(kept: Kept, model: LoggedModel) -> None:
    assert model.status == "READY"
    assert model.name == "wav2vec2-none-emovo-0"
    assert model.params["model"] == "wav2vec2"
    run = MlflowClient(kept.uri).get_run(model.source_run_id)
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
    assert {metric.key for metric in model.metrics} >= {"emovo/uar", "emozionalmente/accuracy"}


def test_nothing_of_a_model_is_a_pickle(model: LoggedModel) -> None:
    files = {path.name for path in folder_of(model).rglob("*") if path.is_file()}
    assert {"served_model.py", "weights.safetensors", "MLmodel", "input_example.json", "requirements.txt"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".bin", ".pt"))]
    assert (folder_of(model) / "served_model.py").read_text() == Path(CODE).read_text()


def test_it_has_the_probabilities_of_the_grid(kept: Kept, model: LoggedModel) -> None:
    loaded = mlflow.pyfunc.load_model(str(folder_of(model)))
    assert [column.name for column in loaded.metadata.get_input_schema()] == ["audio"]
    predictions, audio = recordings(kept)
    said = loaded.predict(audio)
    assert said["predicted"].tolist() == predictions["predicted"].tolist()
    assert said.columns.tolist() == [column.name for column in loaded.metadata.get_output_schema()]
    np.testing.assert_allclose(said.filter(like="probability_"), probabilities(predictions), atol=1e-4)


def test_a_model_needs_neither_sweep_nor_checkpoint(kept: Kept, tmp_path: Path) -> None:
    result = records.ResultRecord.read(kept.cell)
    assert result is not None
    write_model(kept.cell, result, tmp_path / "model")
    (tmp_path / "model").rename(tmp_path / "moved")
    assert str(kept.cell.parents[2]) not in KeptModel(tmp_path / "moved").settings.checkpoint
    assert KeptModel(tmp_path / "moved").predict([example()]).shape == (1, 8)


def environment() -> dict[str, str]:
    """Return the environment of an activated virtual environment: MLflow calls uvicorn by its name."""
    root, programs = str(Path(__file__).parents[2]), f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {
        "PYTHONPATH": root,
        "PATH": programs,
        "NO_PROXY": "127.0.0.1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def request(audio: pd.DataFrame) -> str:
    encoded = [[base64.b64encode(content).decode()] for content in audio["audio"]]
    return json.dumps({"dataframe_split": {"columns": ["audio"], "data": encoded}})


def test_mlflow_models_predict(kept: Kept, model: LoggedModel, tmp_path: Path) -> None:
    predictions, audio = recordings(kept)
    (tmp_path / "in.json").write_text(request(audio))
    line = ["models", "predict", "--model-uri", f"models:/{model.model_id}", "--env-manager", "local"]
    line += ["--input-path", "in.json", "--output-path", "out.json"]
    variables = environment() | {"MLFLOW_TRACKING_URI": kept.uri}
    subprocess.run([sys.executable, "-m", "mlflow", *line], cwd=tmp_path, env=variables, check=True)
    rows = json.loads((tmp_path / "out.json").read_text())["predictions"]
    assert [row["predicted"] for row in rows] == predictions["predicted"].tolist()


@pytest.fixture
def server(model: LoggedModel, tmp_path: Path) -> Iterator[str]:
    """Give the address of `mlflow models serve`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = ["models", "serve", "--model-uri", str(folder_of(model)), "--env-manager", "local"]
    line += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *line], env=environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            while process.poll() is None and not _answers(f"{address}/ping"):
                time.sleep(0.2)
            assert process.poll() is None, (tmp_path / "log").read_text()
            yield address
        finally:
            os.killpg(process.pid, 15)
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.mark.slow
def test_mlflow_models_serve_answers_a_request(kept: Kept, server: str) -> None:
    predictions, audio = recordings(kept)
    asked = urllib.request.Request(
        f"{server}/invocations", request(audio).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as response:
        rows: list[dict[str, Any]] = json.loads(response.read())["predictions"]
    said = pd.DataFrame(rows)
    assert said["predicted"].tolist() == predictions["predicted"].tolist()
    np.testing.assert_allclose(said.filter(like="probability_"), probabilities(predictions), atol=1e-4)


def test_the_corpora_are_inputs_of_the_run(kept: Kept, model: LoggedModel) -> None:
    run = MlflowClient(kept.uri).get_run(model.source_run_id)
    found = {each.dataset.name: each for each in run.inputs.dataset_inputs}
    assert {name: each.tags[0].value for name, each in found.items()} == {
        "emovo": "training",
        "emozionalmente": "testing",
    }
    dataset = found["emovo"].dataset
    assert dataset.digest == run.data.params["corpus_content.emovo"]
    assert json.loads(dataset.profile)["clips"] == 84
    assert "voice.fub.it" in dataset.source


def test_the_parent_run_sums_up_the_sweep(kept: Kept) -> None:
    client = MlflowClient(kept.uri)
    experiment = client.get_experiment_by_name(SWEEP).experiment_id
    [above] = client.search_runs([experiment], "tags.`ser.kind` = 'sweep'")
    result = records.ResultRecord.read(kept.cell)
    assert result is not None
    [score] = [s.value for s in result.scores if (s.dataset, s.group, s.metric) == ("emovo", "all", "uar")]
    assert above.data.metrics["emovo/uar/mean"] == above.data.metrics["emovo/uar/max"] == pytest.approx(score)
    assert above.data.tags["ser.best_cell"] == kept.cell.name
    assert "1 finished cells" in above.data.tags["mlflow.note.content"]
    assert above.data.tags["mlflow.source.name"] == "ser.train"
