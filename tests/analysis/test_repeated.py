"""Repeated measures against R's afex, and by hand."""

import numpy as np
import pytest
from scipy import stats

from ser.analysis import repeated
from ser.analysis.cells import select
from ser.errors import ScoresError
from tests.analysis.conftest import CASES, grid, with_values


@pytest.mark.parametrize("case", [case for case in CASES if case != "4 factors unbalanced"])
def test_against_r(case, cases, reference):
    scores, factors = cases(case)
    table = repeated.repeated_measures(scores, factors).set_index("effect")
    for (effect, quantity), value in reference("repeated", case).items():
        if effect != "(Intercept)":
            assert table.loc[effect, quantity] == pytest.approx(value, rel=1e-7), (effect, quantity)


def test_only_complete_seeds_count_and_their_number_is_said(cases):
    table = repeated.repeated_measures(*cases("2 factors unbalanced"))
    assert set(table["n_seeds_all"]) == {12}
    assert set(table["n_seeds"]) == {5}


def test_no_complete_seed(cases):
    with pytest.raises(ScoresError, match="0 of 12 seeds have a score in all 24 cells"):
        repeated.repeated_measures(*cases("4 factors unbalanced"))


def test_two_cells_are_a_paired_t_test():
    a, b = np.array([0.5, 0.6, 0.7, 0.65]), np.array([0.52, 0.66, 0.71, 0.69])
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, 4), np.r_[a, b]), ["model"])
    row = repeated.repeated_measures(scores, ["model"]).iloc[0]
    t, p = stats.ttest_rel(a, b)
    assert (row["F"], row["p"], row["p_gg"]) == pytest.approx((t**2, p, p))


def test_an_effect_that_is_the_same_in_every_seed_has_no_test():
    values = np.array([0.51, 0.63, 0.72])
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, 3), np.r_[values, values + 0.1]), ["model"])
    row = repeated.repeated_measures(scores, ["model"]).iloc[0]
    assert np.isnan(row["F"])
    assert np.isnan(row["p"])
    assert row["sum_of_squares"] == pytest.approx(3 * 0.1**2 / 2)
