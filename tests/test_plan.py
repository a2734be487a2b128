"""Planning from the command line: power, what is the least, and what it costs."""

import re

import pytest

from ser import plan
from ser.command import check
from ser.corpora import emovo
from ser.errors import ConfigError, UserError
from ser.splits import speaker_split
from tests.cells import cell_record, result_record


@pytest.fixture
def planned(compose, capsys):
    """Run the entry point and give what it prints."""

    def call(*overrides: str) -> str:
        plan.main(check(compose(*overrides, entry_point="plan"), plan.PlanSettings))
        return capsys.readouterr().out

    return call


def test_power_and_the_least_that_reaches_it(planned):
    said = planned("seeds=[3,10]", "speakers=[6,60]")
    assert "an SD of 0.02 over seeds, of 0.07 over speakers, and of 0.05 beyond both; alpha = 0.05" in said
    lines = [line.split() for line in said.splitlines()]
    assert ["10", "0.133", "0.745"] in lines
    assert ["10", "74"] in lines  # speakers for power .8
    assert ["6", "-", "5"] in lines  # no number of seeds reaches it; after 5 one more gains less than 2 %
    assert ["60", "15", "10"] in lines
    assert "name the cells of one seed (cells=8); a sweep with finished cells (sweep=pilot), or a cell to time" in said


def test_cells_without_a_measure(planned):
    said = planned("seeds=[10]", "speakers=[6]", "cells=8")
    assert "cells; for hours, a sweep with finished cells (sweep=pilot), or a cell to time" in said
    assert ["10", "80"] in [line.split() for line in said.splitlines()]


def test_hours_and_gb_of_finished_cells(planned, tmp_path):
    for seed in range(2):
        cell = cell_record(factors={"model": "hubert", "seed": seed})
        folder = tmp_path / "pilot" / str(seed)
        result_record(cell, ended=cell.started + 3600).write(folder)
        (folder / "big").write_bytes(b"0" * 10**6)
    said = planned("seeds=[10]", "speakers=[6]", "sweep=pilot", f"sweeps_dir={tmp_path}")
    assert "cost, by 2 finished cells of pilot (3600 s each), one at a time" in said
    assert ["10", "10", "10", "0.010"] in [line.split() for line in said.splitlines()]


def test_a_sweep_without_finished_cells(planned, tmp_path):
    with pytest.raises(UserError, match="has no finished cell to measure"):
        planned("sweep=pilot", f"sweeps_dir={tmp_path}")


@pytest.mark.parametrize(
    "overrides",
    [
        ["alpha=1e-9"],
        ["alpha=0.4999"],
        ["margin=1e9", "difference=1e9"],
        ["margin=1e-9", "difference=1e-9"],
        ["sd_seed=1e9", "sd_speaker=1e9", "sd_residual=1e9"],
        ["sd_seed=0", "sd_speaker=0", "sd_residual=1e-9"],
        ["power=0.01"],
        ["power=0.9999"],
        ["seeds=[2,1000000]", "speakers=[2,1000000]", "cells=1000000000"],
    ],
)
def test_numbers_at_their_bounds_have_an_answer(planned, overrides):
    said = planned("seeds=[3]", "speakers=[6]", *overrides)
    assert not {"nan", "inf", "-inf"} & set(said.split())


def test_a_list_of_wrong_items_is_not_called_empty(planned):
    with pytest.raises(ConfigError) as error:
        planned("seeds=[1]")
    assert str(error.value) == "seeds.0=1: input should be greater than or equal to 2"


def test_hours_of_timed_steps(planned, small_corpora, tiny_checkpoint, tmp_path):
    said = planned(
        "seeds=[10]",
        "speakers=[6]",
        "cells=4",
        f'timed="dataset=emovo dataset.tests=[emovo] corpora_dir={small_corpora} store_dir={tmp_path / "store"}'
        f" model.checkpoints.none={tiny_checkpoint('wav2vec2')} trainer=cpu training.epochs=3"
        ' training.validate_every_steps=2 training.batch_size=8"',
    )
    found = re.search(
        r"cost, one cell at a time on cpu: (\d+) steps of (\S+) s and (\d+) evaluated clips of (\S+) s, (\d+) s a", said
    )
    steps, step_s, clips, clip_s, seconds = map(float, found.groups())
    parts = speaker_split(emovo.manifest(small_corpora / "EMOVO"), 0, "emovo")
    train, validation, test = ((parts == part).sum() for part in ("train", "validation", "test"))
    assert steps == 3 * -(-train // 8)
    assert clips == (steps // 2 + 1) * validation + test
    assert step_s > 0
    assert clip_s > 0
    assert seconds == pytest.approx(steps * step_s + clips * clip_s, rel=0.01, abs=0.6)
    row = next(line.split() for line in said.splitlines() if line.split()[:2] == ["10", "40"])
    assert float(row[2]) == pytest.approx(40 * (steps * step_s + clips * clip_s) / 3600, rel=0.01, abs=0.001)


def test_what_is_timed_is_checked_as_a_cell(planned):
    with pytest.raises(ConfigError, match="unknown key epochs"):
        planned('timed="+epochs=3"')
    with pytest.raises(ConfigError, match="leave out sweep= or timed="):
        planned("sweep=pilot", 'timed="model=hubert"')


def test_the_quotes_of_the_shell_are_enough():
    assert plan.as_text(["cells=8", "timed=model=hubert 'dataset.tests=[emovo]'"]) == [
        "cells=8",
        """timed="model=hubert 'dataset.tests=[emovo]'\"""",
    ]
    assert plan.as_text(['timed="a=b"', "timed='a=b'"]) == ['timed="a=b"', "timed='a=b'"]
