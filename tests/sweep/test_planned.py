"""Asking about a cell is cheap and changes nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ser import records
from ser.command import check
from ser.errors import RecordError
from ser.settings import TrainSettings
from ser.sources import read_corpora
from ser.sweep import identity, planned
from ser.sweep.planned import GridCell, needed, state
from tests.cells import result_record


@pytest.fixture
def cell(compose, small_corpora, tiny_checkpoint, tmp_path):
    """Give a function that makes a cell of EMOVO."""

    def make(*overrides: str, corpora: Path = small_corpora) -> GridCell:
        folders = f"sweeps_dir={tmp_path / 'sweeps'}", f"store_dir={tmp_path / 'store'}", f"corpora_dir={corpora}"
        usual = "dataset=emovo", f"model.checkpoints.none={tiny_checkpoint()}", "tracker=none"
        return GridCell([], check(compose(*usual, *folders, *overrides), TrainSettings))

    return make


def finish(cell: GridCell) -> None:
    records.start(cell.folder, cell.description)
    result_record(cell.description).write(cell.folder)


def test_asking_decodes_nothing_and_makes_no_store(cell, tmp_path, monkeypatch):
    monkeypatch.setattr("ser.audio.preparation.prepare", None)
    finish(cell())
    assert not needed(cell())
    assert state(cell()) == "finished"
    assert state(cell("training.epochs=3")) == "changed"
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["content"]


def test_asking_imports_nothing_that_trains():
    program = "import sys, ser.sweep.grid; sys.exit(bool({'torch', 'mlflow', 'soundfile'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_asking_needs_no_right_to_write(cell, tmp_path):
    finish(cell())
    shutil.rmtree(tmp_path / "store")
    (tmp_path / "store").touch()  # nothing can be remembered there
    identity.corpus_content.cache_clear()
    assert not needed(cell())


def test_a_cell_is_described_once(cell, monkeypatch):
    described = []
    monkeypatch.setattr(planned, "describe", lambda settings: described.append(1) or identity.describe(settings))
    asked = cell()
    finish(asked)
    assert not needed(asked)
    assert state(asked) == "finished"
    assert described == [1]


def test_a_copy_with_other_times_is_the_same_cell_and_a_changed_recording_is_not(cell, small_corpora, tmp_path):
    before = cell().description.signature
    corpora = shutil.copytree(small_corpora, tmp_path / "corpora", copy_function=shutil.copyfile)
    recording = corpora / "EMOVO" / "f1" / "rab-f1-b1.wav"
    os.utime(recording, (1e9, 1e9))
    assert cell(corpora=corpora).description.signature == before
    content = recording.read_bytes()
    recording.write_bytes(content[:-2] + bytes([content[-2] ^ 1, content[-1]]))
    identity.corpus_content.cache_clear()
    assert cell(corpora=corpora).description.signature != before


def test_what_is_remembered_of_recordings_is_not_trusted_if_it_is_damaged(cell, tmp_path):
    before = cell().description.signature
    for remembered in (tmp_path / "store" / "content").iterdir():
        content = remembered.read_text()
        remembered.write_text(("1" if content[0] == "0" else "0") + content[1:])
    identity.corpus_content.cache_clear()
    assert cell().description.signature == before


def test_labels_are_read_once(cell):
    dataset = cell().settings.dataset
    assert read_corpora(dataset)["emovo"] is read_corpora(dataset)["emovo"]


@pytest.mark.parametrize("name", [records.RESULT, records.CELL, records.FAILURE])
def test_a_cell_with_a_damaged_record_is_run_anew(cell, name):
    finish(cell())
    if name == records.FAILURE:
        (cell().folder / records.RESULT).unlink()
    (cell().folder / name).write_bytes(b"\0" * 100)
    assert needed(cell()) == (name != records.CELL)  # a result says all that a cell's description does
    assert state(cell()) == ("finished" if name == records.CELL else "damaged")


def test_a_result_of_a_later_version_is_not_overwritten(cell):
    finish(cell())
    (cell().folder / records.RESULT).write_text('{"format": 2}')
    with pytest.raises(RecordError, match="update ser"):
        needed(cell())
