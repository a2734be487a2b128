"""A cell, exported: grid, ONNX, transformers and `ser.predict` say the same; what is damaged or foreign is named."""

import http.server
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from transformers import pipeline

from ser import Recogniser
from tests import commands

SWEEP = "multirun_sweeps/kept"
CELL = f"{SWEEP}/model=wav2vec2,pretune=none,dataset=emozionalmente,seed=0"
OTHER = CELL.replace("seed=0", "seed=1")


def run(folder: Path, module: str, *arguments: str, code: int = 0) -> str:
    done = commands.run(module, *arguments, folder=folder)
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def work(tmp_path_factory, small_corpora, tiny_checkpoint) -> Path:
    """Train two seeds that keep their weights, and export the first."""
    folder = tmp_path_factory.mktemp("export")
    usual = [
        *("dataset=emozionalmente", f"corpora_dir={small_corpora}", "tracker=none", "trainer=cpu", "trainer.threads=1"),
        *("training.epochs=1", "training.learning_rate=0.003", "training.validate_every_steps=2"),
        *(f"model.checkpoints.none={tiny_checkpoint('wav2vec2')}", "keep_weights=true", "sweep=kept"),
    ]
    for seed in (0, 1):
        run(folder, "ser.train", f"seed={seed}", *usual)
    said = run(folder, "ser.export", f"cell={CELL}", "output=exported")
    assert said == "exported model: exported\n"
    return folder


@pytest.fixture(scope="module")
def truth(work, small_corpora) -> pd.DataFrame:
    """Return what the grid says of EMOVO's clips: their probabilities, by path."""
    table = pd.read_parquet(work / CELL / "predictions_emovo.parquet")
    logits = table.filter(like="logit_").rename(columns=lambda name: name.removeprefix("logit_"))
    shares = np.exp(logits.sub(logits.max(axis=1), axis=0))
    shares.index = [str(small_corpora / "EMOVO" / path) for path in table["path"]]
    return shares.div(shares.sum(axis=1), axis=0)


def test_recogniser_and_pipeline_say_what_the_grid_says(work, truth):
    recogniser = Recogniser(work / "exported")
    classify = pipeline("audio-classification", model=str(work / "exported"), trust_remote_code=True, top_k=None)
    assert list(recogniser.labels) == list(truth.columns)
    for path, expected in list(truth.iterrows())[::6]:
        samples, rate = soundfile.read(path, dtype="float32")
        found = recogniser(samples, rate)
        assert [found.scores[label] for label in truth.columns] == pytest.approx(expected.tolist(), abs=1e-4)
        scores = {each["label"]: each["score"] for each in classify(samples)}
        assert [scores[label] for label in truth.columns] == pytest.approx(expected.tolist(), abs=1e-4)


def test_predict_says_what_the_grid_says(work, truth, small_corpora):
    said = run(work, "ser.predict", "model=exported", f"input={small_corpora / 'EMOVO'}", "output=all.csv")
    assert said == f"{len(truth)} recordings in all.csv\n"
    table = pd.read_csv(work / "all.csv").set_index("file")
    np.testing.assert_allclose(table.loc[truth.index, truth.columns], truth, atol=1e-4)
    assert (table["predicted"] == truth.idxmax(axis=1).loc[table.index]).all()
    again = run(work, "ser.predict", "model=exported", f"input={small_corpora / 'EMOVO'}", "output=all.csv", code=2)
    assert "it is there already, and is not replaced" in again


def test_a_folder_with_a_bad_file_loses_that_file_alone(work, truth, tmp_path):
    good, broken, silent, long = (tmp_path / f"{name}.wav" for name in ("a", "b", "c", "d"))
    shutil.copy(truth.index[0], good)
    broken.write_bytes(b"RIFF")
    soundfile.write(silent, np.zeros((16000, 2)), 16000)
    soundfile.write(long, 0.1 * np.random.default_rng(0).standard_normal(5 * 16000), 16000)
    arguments = ("model=exported", f"input={tmp_path}", "window_s=2", "hop_s=1", "embeddings=true", "processes=2")
    said = run(work, "ser.predict", *arguments, f"output={tmp_path / 'out.jsonl'}", code=1)
    assert f"error: 1 of 4 recordings cannot be used:\n  {broken}: cannot be decoded" in said
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["file"], row["start_s"], row["end_s"]) for row in rows[1:]] == [
        (str(silent), 0, 1),
        *((str(long), start, start + 2) for start in (0, 1, 2, 3)),
    ]
    assert [row["silent"] for row in rows] == [False, True, False, False, False, False]
    assert {len(row["embedding"]) for row in rows} == {32}


def test_a_run_that_was_broken_off_goes_on(work, truth, tmp_path):
    """What a killed run leaves is made from a whole one: its journal, with a line that was cut off."""
    table = tmp_path / "clips.csv"
    table.write_text("".join(f"{line}\n" for line in ("path", *truth.index[:3])))
    usual = ("model=exported", f"input={table}", "processes=1")
    run(work, "ser.predict", *usual, f"output={tmp_path / 'whole.jsonl'}")
    rows = [json.loads(line) for line in (tmp_path / "whole.jsonl").read_text().splitlines()]
    run(work, "ser.predict", *usual, f"output={tmp_path / 'half.jsonl'}")
    (tmp_path / "half.jsonl").unlink()
    from ser.prediction.folder import open_export
    from ser.prediction.rows import Journal

    call = {"model": open_export(work / "exported").model_dump(), "task": ["None", "None", "False"]}
    journal = Journal(tmp_path / "half.jsonl", call)
    marked = rows[0] | {"predicted": "kept"}
    with journal.writing() as keep:
        keep(rows[0]["file"], [marked])
    with journal.path.open("a") as file:
        file.write('{"file": "cut')
    run(work, "ser.predict", *usual, f"output={tmp_path / 'half.jsonl'}")
    assert [json.loads(line) for line in (tmp_path / "half.jsonl").read_text().splitlines()] == [marked, *rows[1:]]
    journal.path.write_text("of another call\n")
    (tmp_path / "half.jsonl").unlink()
    said = run(work, "ser.predict", *usual, f"output={tmp_path / 'half.jsonl'}", code=2)
    assert "is of a call with another model, window or choice of rows" in said


def test_card_and_settings_say_what_the_model_is(work):
    card = (work / "exported/README.md").read_text()
    for part in ("| emozionalmente | training and test |", "95% interval", "| emovo | female |", "| emovo | male |"):
        assert part in card
    for part in (
        "Confusions on emovo",
        "| test set | brier | ece | nll |",
        "prohibits emotion recognition",
        "CC BY 4.0",
    ):
        assert part in card
    assert str(work) not in card
    assert not [line for line in card.splitlines() if "None" in line or "nan" in line.split()]
    recogniser = json.loads((work / "exported/recogniser.json").read_text())
    assert (recogniser["sample_rate"], recogniser["loudness_lufs"], recogniser["channel"]) == (16000, -23.0, 0)


def test_ensemble_averages_probabilities(work, truth):
    run(work, "ser.export", f"ensemble=[{CELL},{OTHER}]", "output=both")
    other = pd.read_parquet(work / OTHER / "predictions_emovo.parquet").filter(like="logit_")
    shares = np.exp(other.to_numpy() - other.to_numpy().max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    samples, rate = soundfile.read(truth.index[5], dtype="float32")
    found = Recogniser(work / "both")(samples, rate)
    expected = (truth.iloc[5].to_numpy() + shares[5]) / 2
    assert [*found.scores.values()] == pytest.approx(expected.tolist(), abs=1e-4)
    assert found.embedding.shape == (64,)
    classify = pipeline("audio-classification", model=str(work / "both"), trust_remote_code=True, top_k=None)
    scores = {each["label"]: each["score"] for each in classify(samples)}
    assert [scores[label] for label in truth.columns] == pytest.approx(expected.tolist(), abs=1e-4)
    assert "the mean of 2 networks" in (work / "both/README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        ([], "name one: cell=", 2),
        (["cell=nowhere"], "cell=nowhere: not a finished cell", 2),
        ([f"ensemble=[{CELL},{CELL}]"], "a cell is named twice", 2),
        ([f"cell={CELL}", "output=foreign"], "README.md is not known to be written by ser.export", 1),
        ([f"cell={CELL}", "push=name"], "push=name", 2),
        (["cell=damaged"], "weights.safetensors is damaged", 1),
        (["cell=light"], "it kept no weights", 2),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_message(work, arguments, message, code):
    if not (work / "foreign").exists():
        (work / "foreign").mkdir()
        (work / "foreign/README.md").write_text("mine")
        shutil.copytree(work / CELL, work / "damaged")
        (work / "damaged/weights.safetensors").write_bytes(b"x")
        shutil.copytree(work / CELL, work / "light")
        (work / "light/weights.safetensors").unlink()
        result = json.loads((work / "light/result.json").read_text())
        result["files"].pop("weights.safetensors")
        del result["checksum"], result["format"]
        (work / "light/result.json").write_text(json.dumps(result))
    assert message in run(work, "ser.export", *arguments, code=code)
    assert [path.read_text() for path in (work / "foreign").iterdir()] == ["mine"]


def test_a_damaged_export_is_not_used(work, tmp_path, truth):
    shutil.copytree(work / "exported", tmp_path / "export")
    weights = tmp_path / "export/model.onnx.data"
    content = bytearray(weights.read_bytes())
    content[100] ^= 1
    weights.write_bytes(content)
    said = run(work, "ser.predict", f"model={tmp_path / 'export'}", f"input={truth.index[0]}", code=1)
    assert "model.onnx.data is damaged: its content is not that which was exported" in said


def test_push_sends_every_file(work, monkeypatch):
    sent: list[tuple[str, str]] = []

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent.append((self.path, body))
            if self.path.endswith("/preupload/main"):
                names = [each["path"] for each in json.loads(body)["files"]]
                answer = {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]}
            elif "/commit/" in self.path:
                answer = {"commitUrl": f"{address}/lab/model/commit/1", "commitOid": "1"}
            else:
                answer = {"url": f"{address}/lab/model"}
            self.answer(answer)

        def do_GET(self):
            self.answer({"id": "lab/model", "sha": "0", "siblings": []})

        def answer(self, content):
            text = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        from huggingface_hub import HfApi

        from ser.exporting.upload import push

        monkeypatch.setattr("huggingface_hub.HfApi", lambda: HfApi(endpoint=address, token="stand-in"))
        assert push(work / "exported", "lab/model") == f"{address}/lab/model"
    finally:
        server.shutdown()
        server.server_close()
    [commit] = [body for path, body in sent if "/commit/" in path]
    names = {json.loads(line)["value"].get("path") for line in commit.splitlines()}
    assert {"model.onnx", "model.onnx.data", "README.md", "config.json", "model.safetensors"} <= names
