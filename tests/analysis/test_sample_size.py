"""Power against G*Power's documented outputs, R, and simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser.analysis import factorial, power_tables, sample_size
from ser.analysis.cells import select
from ser.analysis.comparisons import by_seed
from ser.analysis.contrasts import simple_contrasts
from ser.analysis.design import wide
from ser.analysis.tost import tost
from tests.analysis.conftest import REFERENCE, grid, with_values


@pytest.mark.parametrize(
    ("df", "scores", "achieved", "critical", "noncentrality"),
    [(1, 128, 0.8009381, 3.9228794, 8.0), (2, 158, 0.8016972, 3.0580504, 9.875)],
)
def test_against_g_power(df, scores, achieved, critical, noncentrality):
    """G*Power 3, "ANOVA: fixed effects, special, main effects and interactions", 2 x 2 x 3 groups, f = .25, power .80.

    Outputs as printed by K. L. Wuensch, "G*Power: 3-Way Factorial Independent Samples ANOVA".
    """
    assert sample_size.anova_scores(0.25, df, 12) == scores
    assert sample_size.anova_power(0.25, df, 12, scores) == pytest.approx(achieved, abs=1e-7)
    assert stats.f.isf(0.05, df, scores - 12) == pytest.approx(critical, abs=1e-7)
    assert 0.25**2 * scores == noncentrality
    assert sample_size.anova_effect(df, 12, scores, power=achieved) == pytest.approx(0.25, abs=1e-6)


def test_one_way_against_g_power():
    """G*Power's manual, one-way ANOVA: 10 groups, f = .25, alpha = .05, power .95: N = 390, power .9524."""
    assert sample_size.anova_scores(0.25, 9, 10, power=0.95) == pytest.approx(390, abs=9)
    assert sample_size.anova_power(0.25, 9, 10, 390) == pytest.approx(0.9524, abs=5e-5)


def test_against_r(reference):
    one_way = reference("power", "one-way").iloc[0]
    f = np.sqrt(1 * 3 / 4 / 3)  # R's variance of the means divides by groups - 1
    assert sample_size.anova_power(f, 3, 4, 80) == pytest.approx(one_way)
    paired = reference("power", "paired")
    assert sample_size.difference_power(0.01, 0.02, 30) == pytest.approx(paired.iloc[0], abs=1e-8)
    assert sample_size.difference_seeds(0.01, 0.02, power=0.9) == paired.iloc[1]


def test_promised_power_is_what_simulations_give():
    random, seeds, effect = np.random.default_rng(5), 6, 0.4
    signs = np.array([1, -1, -1, 1])[:, None]
    values = random.normal(size=(4000, 4, seeds)) + effect * signs
    means = values.mean(axis=2)
    f = seeds * (means @ signs)[:, 0] ** 2 / 4 / values.var(axis=2, ddof=1).mean(axis=1)
    found = int((stats.f.sf(f, 1, 4 * (seeds - 1)) < 0.05).sum())
    promised = sample_size.anova_power(effect, 1, 4, 4 * seeds)
    assert stats.binomtest(found, 4000, promised).pvalue > 0.01


@pytest.mark.parametrize(("seeds", "sd"), [(10, 0.02), (30, 0.03), (5, 0.008)])
def test_power_of_equivalence_is_what_simulations_give(seeds, sd):
    differences = np.random.default_rng(6).normal(0, sd, (40000, seeds))
    half = stats.t.isf(0.05, seeds - 1) * differences.std(axis=1, ddof=1) / seeds**0.5
    found = int((abs(differences.mean(axis=1)) + half < 0.01).sum())
    assert stats.binomtest(found, 40000, sample_size.equivalence_power(0.01, sd, seeds)).pvalue > 0.01


def test_power_of_equivalence_against_r():
    """tests/reference/intervals.R, by R's integrate."""
    expected = pd.read_csv(REFERENCE / "intervals.csv").query("quantity == 'equivalence'")
    for row in expected.itertuples():
        assert sample_size.equivalence_power(row.t, 1, int(row.df)) == pytest.approx(row.low, abs=1e-9)


def test_interval_of_a_standard_deviation_covers():
    spreads = np.random.default_rng(8).normal(0, 0.02, (4000, 3)).std(axis=1, ddof=1)
    inside = sum(low < 0.02 < high for low, high in (power_tables.sd_limits(sd, 2) for sd in spreads))
    assert stats.binomtest(inside, 4000, 0.95).pvalue > 0.001


def test_seeds_are_enough_for_the_verdict_that_is_given():
    """Five rows a family: true difference 0, spread as it was found, seeds as promised; Holm over the family."""
    random, factors = np.random.default_rng(9), ["model", "dataset"]
    levels = {"model": ["hubert", "wav2vec2"], "dataset": ["a", "b", "c", "d", "e"]}
    scores = select(with_values(table := grid(levels, 60), random.normal(0.6, 0.02, len(table))), factors)
    rows = power_tables.power(scores, factors, 0.01).query("kind == 'simple' and factor == 'model'")
    assert set(rows["level"]) == {0.05 / 5}
    seeds = int(rows["seeds_equivalence"].max())
    found = 0
    for _ in range(100):
        claimed = wide(
            select(with_values(t := grid(levels, seeds), random.normal(0.6, 0.02, len(t))), factors), factors
        )
        verdicts = tost(by_seed(claimed, simple_contrasts(claimed.columns)), 0.01).query("factor == 'model'")["verdict"]
        found += verdicts.iloc[0] == "equivalent"
    assert found >= 75  # promised: 80


def test_tables():
    random, factors = np.random.default_rng(7), ["model", "dataset"]
    table = grid({"model": ["hubert", "wav2vec2"], "dataset": ["emodb", "emovo", "cafe"]}, 20)
    scores = select(with_values(table, random.normal(0.6, 0.02, len(table))), factors)
    effects = power_tables.effects_table(factorial.anova(scores, factors), 6).set_index("effect")
    assert effects.loc["dataset", "scores"] == 120
    assert effects.loc["dataset", "seeds_medium"] == np.ceil(sample_size.anova_scores(0.25, 2, 6) / 6)
    differences = power_tables.power(scores, factors, 0.01).set_index(["factor", "contrast", "at"])
    row = differences.loc[("model", "wav2vec2 - hubert", "dataset=emovo")]
    sd, level = row["sd_seeds"], row["level"]
    assert level == 0.05 / 3
    assert sample_size.difference_power(row["detectable"], sd, 20, level) == pytest.approx(0.8)
    assert sample_size.difference_power(0.01, sd, int(row["seeds_difference"]), level) >= 0.8
    assert sample_size.difference_power(0.01, sd, int(row["seeds_difference"]) - 1, level) < 0.8
    assert sample_size.equivalence_power(0.01, sd, int(row["seeds_equivalence"]), level) >= 0.8
    assert row["sd_seeds_low"] < sd < row["sd_seeds_high"]
    # two cells of a pooled design, by t with 6 (n - 1) degrees of freedom
    n, sd = int(row["seeds_between"]), row["sd_cells"]
    promised = [
        stats.nct.sf(stats.t.isf(level / 2, 6 * m - 6), 6 * m - 6, 0.01 / sd * (m / 2) ** 0.5) for m in (n - 1, n)
    ]
    assert promised[0] < 0.8 <= promised[1] + 1e-6


def test_planned_before_there_is_a_score(cases):
    scores, factors = cases("3 factors balanced")
    planned = power_tables.planned_table({factor: scores[factor].nunique() for factor in factors})
    cells = scores.groupby(factors, observed=True).ngroups
    known = power_tables.effects_table(factorial.anova(scores, factors), cells)
    assert planned.equals(known[planned.columns])
