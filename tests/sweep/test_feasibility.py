"""What cannot be trained is said before the folder of its cell is made."""

import shutil
from pathlib import Path

import pytest

from ser.command import check
from ser.errors import UserError
from ser.settings import TrainSettings
from ser.sweep.feasibility import require_feasible
from ser.sweep.grid import run_grid
from ser.sweep.planned import GridCell
from tests.models import test_loading as harms


@pytest.fixture
def cell(compose, small_corpora, tiny_checkpoint, tmp_path):
    """Give a function that makes a cell on a checkpoint of its own, which it harms."""

    def make(*overrides, harm=lambda folder: None) -> GridCell:
        checkpoint = shutil.copytree(tiny_checkpoint(), tmp_path / "encoder")
        harm(checkpoint)
        folders = f"sweeps_dir={tmp_path / 'sweeps'}", f"store_dir={tmp_path / 'store'}", f"corpora_dir={small_corpora}"
        usual = "dataset=emovo", "tracker=none", "trainer=cpu", f"model.checkpoints.none={checkpoint}"
        return GridCell([], check(compose(*folders, *usual, *overrides), TrainSettings))

    return make


def no_launch(cells):
    raise AssertionError("a cell was launched")


def assert_refused(cell: GridCell, said: str) -> None:
    with pytest.raises(UserError, match=said):
        run_grid([cell], no_launch)
    assert not cell.settings.sweeps_dir.exists()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: harms.spoil_a_weight(folder, Path()), "1 encoder weights are not finite"),
        (lambda folder: harms.cut_the_weights(folder, Path()), "encoder cannot be loaded"),
        (lambda folder: harms.drop_a_weight(folder, Path()), "1 encoder weights are missing"),
        (lambda folder: harms.configure(folder, conv_stride=0), "'conv_stride' with value 0"),
        (lambda folder: harms.configure(folder, conv_stride=[5, 2, 2, 0, 2, 2, 2]), "stride is not supported"),
        (lambda folder: harms.configure(folder, num_attention_heads=3), "divisible by num_heads"),
        (lambda folder: (folder / "config.json").write_text("[1, 2]"), "config.json is damaged, it holds no settings"),
        (lambda folder: (folder / "preprocessor_config.json").write_bytes(b"\xff\xfe"), "preprocessor_config.json is"),
        (
            lambda folder: (folder / "preprocessor_config.json").write_text('{"sampling_rate": 0}'),
            "sampling_rate=0 of its feature extractor is no whole number of Hz",
        ),
        (lambda folder: harms.configure(folder, hidden_dropout=7), "hidden_dropout=7 in config.json"),
        (
            lambda folder: (folder / "preprocessor_config.json").write_text('{"sampling_rate": "16 kHz"}'),
            "sampling_rate='16 kHz'",
        ),
        (
            lambda folder: (folder / "preprocessor_config.json").write_text('{"sampling_rate": null}'),
            "sampling_rate=None",
        ),
    ],
)
def test_checkpoint_that_cannot_be_loaded_makes_no_folder(cell, harm, said):
    assert_refused(cell(harm=harm), said)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["layers=one", "layers.layer=3"], "layers.layer=3"),
        (["freezing=first_layers", "freezing.layers=3"], "freezing.layers=3: the encoder has 2 layers"),
        (["split=leave_one_speaker_out", "split.speaker=7"], "split.speaker=7"),
        (["split=folds", "split.file=folds.csv", "split.fold=1"], "folds.csv"),
        (["augmentation=impulse_response", "augmentation.transforms.0.folder=nowhere"], "nowhere"),
        (["trainer.accelerator=gpu"], "trainer.accelerator=gpu"),
        (["numerics.precision=16-mixed"], "16-mixed needs a GPU"),
        (["audio.sample_rate=8000"], "takes 16000 Hz, the clips are stored at 8000 Hz"),
        (["task=dimensions"], "arousal"),
        (["dataset.emotions=[joy,happiness]"], "the training part has no emotion but joy"),
        (["task.labels=soft"], "has no votes"),
        (["training.validate_every_steps=100000000"], "would end before its first validation"),
    ],
)
def test_settings_that_cannot_work_make_no_folder(cell, overrides, said):
    assert_refused(cell(*overrides), said)


def test_a_machine_that_only_submits_loads_no_encoder(cell, monkeypatch):
    monkeypatch.setattr("ser.models.encoder.SpeechEncoder", no_launch)
    require_feasible(cell().settings, here=False)
