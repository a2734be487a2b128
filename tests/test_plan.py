"""Planning from the command line: power, what is the least, and what it costs."""

import pytest

from ser import plan
from ser.command import check
from ser.errors import ConfigError, UserError
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
    assert "name the cells of one seed (cells=8), or a sweep" in said


def test_cells_without_a_measure(planned):
    said = planned("seeds=[10]", "speakers=[6]", "cells=8")
    assert "for hours and GB name a sweep with finished cells" in said
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
