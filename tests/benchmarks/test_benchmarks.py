"""The benchmarks can be imported, count right, and write their table; what they measure is measured elsewhere."""

import importlib
import json
from pathlib import Path

import pytest

from benchmarks import figure, floor, operations
from benchmarks.material import LARGE, TINY
from benchmarks.measure import OURS, Table, in_turn, run
from benchmarks.operations import PAPER

FOLDER = Path(operations.__file__).parent
MODULES = sorted(".".join(path.relative_to(FOLDER).with_suffix("").parts) for path in FOLDER.rglob("[!_]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported(name):
    if name == "plain_seeds":
        pytest.importorskip("accelerate")
    importlib.import_module(f"benchmarks.{name}")


def test_operations_of_the_paper():
    # 24 layers of 4 x 1024^2 and 2 x 1024 x 4096 weights; 16,800 s at 50 Hz; 6 operations each
    assert operations.weights(LARGE) == 301_989_888
    assert operations.training(LARGE, PAPER.training_s) == pytest.approx(6 * 302e6 * 840_000, rel=1e-3)
    assert operations.training(LARGE, PAPER.training_s) == pytest.approx(1.5e15, rel=0.02)
    assert operations.forward(LARGE, PAPER.training_s) * 3 == operations.training(LARGE, PAPER.training_s)
    assert PAPER.steps == 277


def test_operations_of_a_layer_by_hand():
    # width 64, inner 128: 4 x 4096 + 2 x 8192 weights a layer, two layers, 50 frames, 2 operations
    assert operations.forward(TINY, 1.0) == 2 * 50 * 2 * (4 * 4096 + 2 * 8192)
    # scores and mixture: 2 x 2 operations x 64 x 50 frames for each of 50 frames, two layers
    assert operations.attention(TINY, 1.0, 1.0) == 2 * 4 * 64 * 50 * 50
    # one channel to two, kernel 4, stride 2: 8000 outputs x 2 x 4 x 2 operations
    assert operations.convolutions(1.0, ((2,), (4,), (2,))) == 8000 * 2 * 4 * 2


def test_page_of_the_floor_says_that_nothing_is_measured(tmp_path):
    assert "nothing is claimed" in floor.page(tmp_path)


def test_table_is_written_with_ratios_round_by_round(tmp_path):
    def contender(*times):
        return lambda number: {"cell_s": times[number], "clips_per_s": 8 / times[number]}

    rows = in_turn({OURS: contender(1.0, 2.0, 4.0), "other": contender(3.0, 4.0, 16.0)}, 3)
    Table("autrainer", "A title", {"epochs": 3}, rows | {"once_s": {OURS: [1.0]}}, ("clips_per_s",)).write(tmp_path)
    content = json.loads((tmp_path / "autrainer.json").read_text())
    assert content["ratios"]["cell_s"]["other"] == {"median": 3.0, "min": 2.0, "max": 4.0, "runs": [3.0, 2.0, 4.0]}
    assert content["ratios"]["clips_per_s"]["other"]["median"] == 3.0
    assert "| cell_s | 2 (1 - 4) | 4 (3 - 16) | 3 x (2 - 4) |" in (tmp_path / "autrainer.md").read_text()
    assert content["machine"]["cores"] >= 1


def test_figure_is_drawn_of_what_was_measured(tmp_path):
    rows = {"later_cell_s": {OURS: [1.0], "autrainer": [5.0]}}
    Table("autrainer", "A title", {}, rows).write(tmp_path)
    found = figure.ratios(tmp_path)
    figure.draw(found, tmp_path / "ratios.png")
    assert [ratio["median"] for _, ratio in found] == [5.0]
    assert (tmp_path / "ratios.png").stat().st_size > 5000


def test_command_that_fails_is_told(tmp_path):
    assert run(["sleep", "0.2"]).peak_mb > 0
    with pytest.raises(RuntimeError, match="left with 1"):
        run(["false"])
