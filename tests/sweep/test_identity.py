import shutil
from pathlib import Path

import pytest

from ser.command import check
from ser.records import CellRecord
from ser.settings import TrainSettings
from ser.sweep.identity import changes, describe, signature


@pytest.fixture
def cell(compose, small_corpora, tiny_checkpoint, tmp_path):
    """Give a function that describes a cell with these overrides, corpora and checkpoint."""

    def call(*overrides: str, corpora: Path = small_corpora, checkpoint: Path | None = None) -> CellRecord:
        places = f"corpora_dir={corpora}", f"model.checkpoints.none={checkpoint or tiny_checkpoint()}"
        settings = check(
            compose("dataset=emovo", f"store_dir={tmp_path / 'store'}", *places, *overrides), TrainSettings
        )
        return describe(settings)

    return call


def test_signature_does_not_tell_where_a_cell_runs_and_things_lie(cell, small_corpora, tiny_checkpoint, tmp_path):
    elsewhere = shutil.copytree(small_corpora, tmp_path / "corpora")
    checkpoint = shutil.copytree(tiny_checkpoint(), tmp_path / "checkpoint")
    other = cell(
        "trainer=cpu", "trainer.threads=1", "tracker=none", "sweep=x", corpora=elsewhere, checkpoint=checkpoint
    )
    assert other.signature == cell().signature


def test_signature_tells_what_is_in_the_checkpoint(cell, tiny_checkpoint):
    before, now = cell(), cell(checkpoint=tiny_checkpoint(seed=1))
    assert before.signature != now.signature
    assert [change.split(":")[0] for change in changes(before.parameters, now.parameters)] == [
        "checkpoint",
        "checkpoint_content",
    ]


def test_signature_tells_what_is_in_the_corpora(cell, small_corpora, tmp_path):
    elsewhere = shutil.copytree(small_corpora, tmp_path / "corpora")
    relabelled = elsewhere / "EMOVO" / "f1" / "rab-f1-b1.wav"
    relabelled.rename(relabelled.with_name("gio-f1-b2.wav"))
    before, now = cell(), cell(corpora=elsewhere)
    assert before.signature != now.signature
    assert [change.split(":")[0] for change in changes(before.parameters, now.parameters)] == ["corpus_content.emovo"]


def test_signature_tells_the_protocol(cell):
    before, now = cell(), cell("training.learning_rate=0.1")
    assert before.signature != now.signature
    assert changes(before.parameters, now.parameters) == ["training.learning_rate: was 5e-05, is 0.1"]


def test_signature_tells_what_is_in_a_file_of_folds_and_not_its_place(cell, tmp_path):
    lines = [f"{actor}/{emotion}-{actor}-b1.wav,{actor}" for actor in ("f1", "f2", "m1") for emotion in ("rab", "gio")]
    for name, rows in (("a", lines), ("b", lines), ("c", lines[1:])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["path,fold", *rows]))
    first, moved, other = (
        cell("split=folds", f"split.file={tmp_path / name}.csv", "split.fold=f1") for name in ("a", "b", "c")
    )
    assert first.signature == moved.signature
    assert [change.split(":")[0] for change in changes(first.parameters, other.parameters)] == ["split_content.emovo"]
    assert [change.split(":")[0] for change in changes(cell().parameters, first.parameters)] == [
        "split.fold",
        "split.name",
        "split_content.emovo",
    ]


def test_terms_of_use_are_written_down(cell):
    corpora = cell().corpora
    assert list(corpora) == ["emovo", "emozionalmente"]
    assert corpora["emozionalmente"].licence == "CC BY 4.0"
    assert corpora["emozionalmente"].citation.startswith("F. Catania")
    assert (corpora["emovo"].clips, corpora["emovo"].left_out) == (84, {})


def test_signature_tells_what_is_in_the_recordings_of_an_augmentation(cell, small_corpora, tmp_path):
    noise = shutil.copytree(small_corpora / "EMOVO" / "f1", tmp_path / "noise")

    def heard(folder: Path) -> CellRecord:
        return cell("augmentation=background_noise", f"augmentation.transforms.0.folder={folder}")

    before = heard(noise)
    assert heard(shutil.copytree(noise, tmp_path / "elsewhere")).signature == before.signature
    (noise / "rab-f1-b1.wav").unlink()
    assert changes(before.parameters, heard(noise).parameters)[0].startswith("augmentation_content.0: was ")


@pytest.mark.parametrize(
    ("key", "usual", "new"), [("numerics.deterministic", False, True), ("task.labels", "majority", "soft")]
)
def test_a_parameter_that_was_added_later_leaves_cells_of_before_their_signature(key, usual, new):
    before = CellRecord.read(Path(__file__).parents[1] / "records" / "without_format")
    assert key not in before.parameters
    assert signature(before.parameters) == before.signature
    now = before.parameters | {key: usual}
    assert signature(now) == before.signature
    assert changes(before.parameters, now) == []
    other = before.parameters | {key: new}
    assert signature(other) != before.signature
    assert changes(before.parameters, other) == [f"{key}: was {usual}, is {new}"]


def test_a_cell_records_what_is_unusual_about_its_corpora(cell):
    record = cell()
    assert record.corpora["emovo"].notes == ["84 clips, where 588 are published: is it a part, or another version?"]
    assert "emovo: 84 clips, where 588 are published" in record.corpus_notes


@pytest.mark.parametrize(
    ("freezing", "numerics", "new"),
    [
        ("convolutions", "fast", []),
        ("at_first", "fast", []),
        ("encoder", "plain", []),
        ("encoder", "fast", ["states"]),
        ("first_layers", "fast", ["states", "training"]),
        ("first_layers", "plain", ["training"]),
    ],
)
def test_cells_whose_frozen_layers_are_computed_otherwise_have_another_signature(cell, freezing, numerics, new):
    record = cell(f"freezing={freezing}", f"numerics={numerics}")
    added = [key for key in record.parameters if key.startswith("frozen_layers")]
    assert added == [f"frozen_layers.{name}" for name in new]
