"""Power against G*Power's documented outputs, R, and simulation."""

import numpy as np
import pytest
from scipy import stats

from ser.analysis import factorial, power
from ser.analysis.cells import select
from tests.analysis.conftest import grid, with_values


@pytest.mark.parametrize(
    ("df", "scores", "achieved", "critical", "noncentrality"),
    [(1, 128, 0.8009381, 3.9228794, 8.0), (2, 158, 0.8016972, 3.0580504, 9.875)],
)
def test_against_g_power(df, scores, achieved, critical, noncentrality):
    """G*Power 3, "ANOVA: fixed effects, special, main effects and interactions", 2 x 2 x 3 groups, f = .25, power .80.

    Outputs as printed by K. L. Wuensch, "G*Power: 3-Way Factorial Independent Samples ANOVA".
    """
    assert power.anova_scores(0.25, df, 12) == scores
    assert power.anova_power(0.25, df, 12, scores) == pytest.approx(achieved, abs=1e-7)
    assert stats.f.isf(0.05, df, scores - 12) == pytest.approx(critical, abs=1e-7)
    assert 0.25**2 * scores == noncentrality
    assert power.anova_effect(df, 12, scores, power=achieved) == pytest.approx(0.25, abs=1e-6)


def test_one_way_against_g_power():
    """G*Power's manual, one-way ANOVA: 10 groups, f = .25, alpha = .05, power .95: N = 390, power .9524."""
    assert power.anova_scores(0.25, 9, 10, power=0.95) == pytest.approx(390, abs=9)
    assert power.anova_power(0.25, 9, 10, 390) == pytest.approx(0.9524, abs=5e-5)


def test_against_r(reference):
    one_way = reference("power", "one-way").iloc[0]
    f = np.sqrt(1 * 3 / 4 / 3)  # R's variance of the means divides by groups - 1
    assert power.anova_power(f, 3, 4, 80) == pytest.approx(one_way)
    paired = reference("power", "paired")
    assert power.difference_power(0.01, 0.02, 30) == pytest.approx(paired.iloc[0], abs=1e-8)
    assert power.difference_seeds(0.01, 0.02, power=0.9) == paired.iloc[1]


def test_promised_power_is_what_simulations_give():
    random, seeds, effect = np.random.default_rng(5), 6, 0.4
    signs = np.array([1, -1, -1, 1])[:, None]
    values = random.normal(size=(4000, 4, seeds)) + effect * signs
    means = values.mean(axis=2)
    f = seeds * (means @ signs)[:, 0] ** 2 / 4 / values.var(axis=2, ddof=1).mean(axis=1)
    found = int((stats.f.sf(f, 1, 4 * (seeds - 1)) < 0.05).sum())
    promised = power.anova_power(effect, 1, 4, 4 * seeds)
    assert stats.binomtest(found, 4000, promised).pvalue > 0.01


@pytest.mark.parametrize(("seeds", "sd"), [(10, 0.02), (30, 0.03), (5, 0.008)])
def test_power_of_equivalence_is_what_simulations_give(seeds, sd):
    differences = np.random.default_rng(6).normal(0, sd, (40000, seeds))
    half = stats.t.isf(0.05, seeds - 1) * differences.std(axis=1, ddof=1) / seeds**0.5
    found = int((abs(differences.mean(axis=1)) + half < 0.01).sum())
    assert stats.binomtest(found, 40000, power.equivalence_power(0.01, sd, seeds)).pvalue > 0.01


def test_tables():
    random, factors = np.random.default_rng(7), ["model", "dataset"]
    table = grid({"model": ["hubert", "wav2vec2"], "dataset": ["emodb", "emovo", "cafe"]}, 20)
    scores = select(with_values(table, random.normal(0.6, 0.02, len(table))), factors)
    effects = power.effects_table(factorial.anova(scores, factors), 6).set_index("effect")
    assert effects.loc["dataset", "scores"] == 120
    assert effects.loc["dataset", "seeds_medium"] == np.ceil(power.anova_scores(0.25, 2, 6) / 6)
    differences = power.differences_table(scores, factors, 0.01).set_index(["factor", "contrast", "at"])
    row = differences.loc[("model", "wav2vec2 - hubert", "dataset=emovo")]
    assert power.difference_power(row["detectable"], row["sd_seeds"], 20) == pytest.approx(0.8)
    assert power.difference_power(0.01, row["sd_seeds"], int(row["seeds_difference"])) >= 0.8
    assert power.difference_power(0.01, row["sd_seeds"], int(row["seeds_difference"]) - 1) < 0.8
    assert power.equivalence_power(0.01, row["sd_seeds"], int(row["seeds_equivalence"])) >= 0.8
    # two cells of a pooled design, by t with 6 (n - 1) degrees of freedom
    n, sd = int(row["seeds_between"]), row["sd_cells"]
    promised = [stats.nct.sf(stats.t.isf(0.025, 6 * m - 6), 6 * m - 6, 0.01 / sd * (m / 2) ** 0.5) for m in (n - 1, n)]
    assert promised[0] < 0.8 <= promised[1] + 1e-6


def test_planned_before_there_is_a_score(cases):
    scores, factors = cases("3 factors balanced")
    planned = power.planned_table({factor: scores[factor].nunique() for factor in factors})
    cells = scores.groupby(factors, observed=True).ngroups
    known = power.effects_table(factorial.anova(scores, factors), cells)
    assert planned.equals(known[planned.columns])
