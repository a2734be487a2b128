"""A cell that kept its weights, and what the probe makes of it, from the command line."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from ser import records
from ser.audio.ragged import Ragged
from ser.errors import ConfigError, RecordError, UserError
from ser.models.encoder import SpeechEncoder
from ser.probing.finished_cell import open_cell
from ser.probing.representations import encoder_representation
from tests import commands

CELL = "multirun_sweeps/kept/model=wav2vec2,pretune=none,dataset=emozionalmente,seed=0"


@pytest.fixture(scope="module")
def work(tmp_path_factory, small_corpora, tiny_checkpoint) -> Path:
    """Train a cell that keeps its weights, and one that does not."""
    folder = tmp_path_factory.mktemp("probe")
    usual = [
        *("dataset=emozionalmente", f"corpora_dir={small_corpora}", "tracker=none", "trainer=cpu", "trainer.threads=1"),
        *("training.epochs=1", "training.learning_rate=0.003", "training.validate_every_steps=2"),
        f"model.checkpoints.none={tiny_checkpoint('wav2vec2')}",
    ]
    for sweep in ("kept", "lost"):
        run(folder, "ser.train", f"sweep={sweep}", f"keep_weights={sweep == 'kept'}".lower(), *usual)
    return folder


def run(folder: Path, module: str, *arguments: str, code: int = 0) -> str:
    done = commands.run(module, *arguments, folder=folder)
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout + done.stderr


def features(encoder: SpeechEncoder, inputs: Ragged, batch_size: int) -> np.ndarray:
    """Return the mean states of EMOVO's clips, (layers, clips, width)."""
    device = torch.device("cpu")
    return encoder_representation("encoder", encoder, {"emovo": inputs}, batch_size, device).features["emovo"]


@pytest.fixture(scope="module")
def output(work, tiny_checkpoint) -> tuple[Path, str]:
    other = tiny_checkpoint("hubert")
    said = run(work, "ser.probe", f"cell={CELL}", f"+compare.hubert={other}", "trainer=cpu")
    return work / CELL / "probe", said


def test_every_layer_is_probed_on_every_test_set(output):
    folder, said = output
    probes = pd.read_csv(folder / "probes.csv")
    rows = probes.groupby("representation", sort=False).size()
    assert rows.to_dict() == {"start": 12, "fine-tuned": 12, "hubert": 12, "eGeMAPS": 4}  # layers x sets x metrics
    assert set(probes["dataset"]) == {"emozionalmente", "emovo"}
    assert probes["value"].between(0, 1).all()
    assert "eGeMAPS functionals" in said


def test_a_table_of_the_user_is_not_overwritten(work, tmp_path):
    (tmp_path / "cka.csv").write_text("mine")
    said = run(work, "ser.probe", f"cell={CELL}", f"output={tmp_path}", "trainer=cpu", code=1)
    assert "cka.csv is not known to be written by ser.probe" in said
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_layers_are_aligned_with_each_other_and_most_with_themselves(output):
    folder, _ = output
    cka = pd.read_csv(folder / "cka.csv", dtype={"one_layer": str, "other_layer": str})
    assert len(cka) == 3 * 9 + 3 * 9 + 3 * 3 + 1  # each with itself, in pairs, with eGeMAPS, eGeMAPS with itself
    itself = cka[(cka["one"] == cka["other"]) & (cka["one_layer"] == cka["other_layer"])]
    assert itself["cka"].to_numpy() == pytest.approx(np.ones(10))
    changed = cka[(cka["one"] == "start") & (cka["other"] == "fine-tuned") & (cka["one_layer"] == cka["other_layer"])]
    assert 0.3 < changed["cka"].min() < 0.9999
    with Image.open(folder / "probe.png") as figure:
        assert figure.size[0] > 1000


def test_fine_tuned_encoder_is_the_one_that_was_scored(work, monkeypatch):
    """With the kept weights, the network says of the test clips what the cell's own predictions say."""
    monkeypatch.chdir(work)
    cell = open_cell(Path(CELL))
    network = cell.network().eval()
    inputs = cell.inputs(network.encoder, 1, torch.device("cpu"))["emovo"]
    table = pd.read_parquet(work / CELL / "predictions_emovo.parquet")
    with torch.inference_mode():
        rows = [torch.from_numpy(inputs[clip].copy()) for clip in range(5)]
        logits = torch.cat([network(row[None], torch.tensor([len(row)])) for row in rows]).numpy()
    expected = table[[f"logit_{emotion}" for emotion in cell.emotions]].to_numpy()[:5]
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    pretrained, fine_tuned = (features(encoder, inputs, 4) for encoder in (cell.pretrained(), cell.fine_tuned()))
    assert not np.allclose(pretrained[2], fine_tuned[2], atol=1e-3)


def test_states_do_not_depend_on_the_batch(work, monkeypatch):
    monkeypatch.chdir(work)
    cell = open_cell(Path(CELL))
    encoder = cell.pretrained()
    inputs = cell.inputs(encoder, 1, torch.device("cpu"))["emovo"]
    one, many = (features(encoder, inputs, batch_size) for batch_size in (1, 32))
    np.testing.assert_allclose(one, many, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        ([f"cell={CELL.replace('kept', 'lost')}"], "it kept no weights; train it in another sweep", 2),
        (["cell=nowhere"], "cell=nowhere: not a finished cell", 2),
        ([f"cell={CELL}", "+compare.start=x"], "compare.start: this name is reserved", 2),
        ([f"cell={CELL}", "+compare.x=/nowhere", "egemaps=false"], "/nowhere", 1),
    ],
)
def test_what_cannot_be_probed_is_said_in_one_message(work, arguments, message, code):
    said = run(work, "ser.probe", *arguments, "trainer=cpu", code=code)
    assert message in said
    assert "Traceback" not in said


def test_damaged_weights_are_named(work, tmp_path):
    shutil.copytree(work / CELL, tmp_path / "cell")
    weights = tmp_path / "cell" / records.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-5] ^= 4
    weights.write_bytes(content)
    with pytest.raises(RecordError, match=rf"^{weights} is damaged: "):
        open_cell(tmp_path / "cell")


def test_cell_of_another_task_or_another_checkpoint_is_refused(work, monkeypatch, tmp_path):
    monkeypatch.chdir(work)
    shutil.copytree(work / CELL, tmp_path / "cell")
    result = records.ResultRecord.read(tmp_path / "cell")
    changed = {"parameters": result.parameters | {"checkpoint_content": "another"}, "signature": "another"}
    changed |= {"files": {}, "checkpoint_files": {"config.json": 0}}
    result.model_copy(update=changed).write(tmp_path / "cell")
    lines = r"have changed since training:\n *checkpoint_content: was another, is .*\n +changed files.*: config.json, "
    with pytest.raises(UserError, match=lines):
        open_cell(tmp_path / "cell")
    config = tmp_path / "cell/.hydra/config.yaml"
    config.write_text(
        config.read_text()
        .replace("name: emotions", "name: dimensions\n  loss: ccc")
        .replace("  labels: majority\n", "")
    )
    with pytest.raises(ConfigError, match="probes classify emotions"):
        open_cell(tmp_path / "cell")


def test_an_encoder_whose_states_are_not_finite_is_not_probed(work, tmp_path):
    shutil.copytree(work / CELL, tmp_path / "cell")
    weights = load_file(tmp_path / "cell" / records.WEIGHTS)
    weights["encoder.model.encoder.layers.1.final_layer_norm.bias"][0] = torch.nan
    save_file(weights, tmp_path / "cell" / records.WEIGHTS)
    result = records.ResultRecord.read(tmp_path / "cell")
    result.model_copy(update={"files": {}}).write(tmp_path / "cell")  # as training would have left it
    said = run(work, "ser.probe", f"cell={tmp_path / 'cell'}", "egemaps=false", "trainer=cpu", code=1)
    assert "error: encoder 'fine-tuned': states of clips of 'emozionalmente' are not finite: its training" in said
    assert "Traceback" not in said
