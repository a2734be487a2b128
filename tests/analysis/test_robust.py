"""Tests without assumptions: Welch and James against R, permutations against enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from ser.analysis import factorial, repeated, robust
from ser.analysis.cells import select
from ser.errors import ScoresError
from tests.analysis.conftest import grid, with_values


def test_welch_james_is_welch_for_one_factor(cases):
    scores, factors = cases("1 factor unbalanced")
    row = robust.between(scores, factors, permutations=99).iloc[0]
    groups = [part.to_numpy() for _, part in scores.groupby(factors, observed=True)["value"]]
    expected = stats.f_oneway(*groups, equal_var=False)
    assert (row["welch_F"], row["p_welch"]) == pytest.approx((expected.statistic, expected.pvalue))


def test_welch_james_of_one_degree_of_freedom_is_welch_satterthwaite():
    """A 2 x 2 interaction by hand: t = Σ ±mean / √Σ(s²/n), df = (Σ s²/n)² / Σ (s²/n)² / (n - 1)."""
    n, means, variances = np.array([5, 8, 6, 9]), np.array([1.0, 2.0, 2.5, 5.0]), np.array([1.0, 4.0, 2.0, 0.5])
    sign = np.array([1.0, -1.0, -1.0, 1.0])
    parts = variances / n
    f, df, df_error, p = robust.welch_james(n, means, variances, sign[:, None] / 2)
    assert f == pytest.approx((sign @ means) ** 2 / parts.sum())
    assert df == 1
    assert df_error == pytest.approx(parts.sum() ** 2 / (parts**2 / (n - 1)).sum())
    assert p == pytest.approx(2 * stats.t.sf(abs(sign @ means) / parts.sum() ** 0.5, df_error))


def test_f_of_the_permutation_test_is_type_three(cases):
    scores, factors = cases("3 factors unbalanced")
    found = robust.between(scores, factors, permutations=99).set_index("effect")["F"]
    expected = factorial.anova(scores, factors, typ=3).dropna().set_index("effect")["F"]
    assert found.to_dict() == pytest.approx(expected.to_dict())


def test_permutation_of_one_factor_against_scipy():
    a, b = np.array([0.50, 0.52, 0.47, 0.55, 0.51]), np.array([0.56, 0.58, 0.54, 0.57, 0.60])
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, 5), np.r_[a, b]), ["model"])
    found = robust.between(scores, ["model"], permutations=9999).iloc[0]["p_permutation"]
    exact = stats.permutation_test((a, b), lambda x, y: abs(x.mean() - y.mean()), alternative="greater")
    assert found == pytest.approx(exact.pvalue, abs=0.004)


def test_sign_flips_against_enumeration():
    a, b = np.array([0.50, 0.52, 0.47, 0.55, 0.51, 0.5]), np.array([0.53, 0.51, 0.52, 0.56, 0.55, 0.53])
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, 6), np.r_[a, b]), ["model"])
    row = robust.within(scores, ["model"]).iloc[0]
    flips = np.array(list(product((-1, 1), repeat=6))) @ (b - a)
    assert row["p_sign_flip"] == np.mean(abs(flips) >= abs((b - a).sum()) - 1e-12)
    assert row["F"] == pytest.approx(repeated.repeated_measures(scores, ["model"])["F"].iloc[0])


@pytest.mark.parametrize("seeds", [2, 5, 6, 12, 13])
def test_smallest_p_of_sign_flips(seeds):
    """All differences on one side: of 2ⁿ patterns two are as extreme, whatever the differences."""
    random = np.random.default_rng(seeds)
    a = random.normal(0.5, 0.01, seeds)
    values = np.r_[a, a + random.uniform(0.1, 0.2, seeds)]
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, seeds), values), ["model"])
    row = robust.within(scores, ["model"]).iloc[0]
    if seeds <= 12:
        assert row["p_sign_flip"] == row["p_smallest"] == 2 / 2**seeds
        assert (row["p_smallest"] < 0.05) == (seeds >= robust.seeds_for(0.05) == 6)
    assert row["patterns"] == (2**seeds if seeds <= 12 else robust.PERMUTATIONS + 1)


def test_a_difference_that_is_the_same_in_every_seed_has_no_f():
    values = np.array([0.51, 0.63, 0.72])
    scores = select(with_values(grid({"model": ["hubert", "wav2vec2"]}, 3), np.r_[values, values + 0.1]), ["model"])
    assert np.isnan(robust.within(scores, ["model"])["F"].iloc[0])


def test_a_cell_without_spread_is_named(cases):
    scores, factors = cases("2 factors balanced")
    flat = (scores["model"] == "hubert") & (scores["pretune"] == "it")
    with pytest.raises(ScoresError, match="no spread within model=hubert, pretune=it"):
        robust.between(scores.assign(value=scores["value"].where(~flat, 0.5)), factors)
