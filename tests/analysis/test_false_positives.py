"""On scores without any effect every test must reject at its level: within the 99.9 % binomial interval of alpha."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser.analysis import factorial, mixed, posthoc, repeated, robust
from ser.analysis.cells import select
from ser.analysis.comparisons import by_seed, per_cell, pooled
from ser.analysis.contrasts import Contrast
from ser.analysis.design import effect_basis, wide
from ser.analysis.simple_effects import simple_main_effects
from ser.analysis.tost import tost
from tests.analysis.conftest import grid, with_values

SIMULATIONS, SEEDS, ALPHA, FACTORS = 1000, 10, 0.05, ["model", "pretune"]
LEVELS = {"model": ["hubert", "wav2vec2"], "pretune": ["none", "it"]}


@pytest.fixture(scope="module")
def simulated():
    """Give null scores as selected tables: independent ones, and ones with spread between seeds in every stratum."""
    table = select(with_values(grid(LEVELS, SEEDS), np.zeros(4 * SEEDS)), FACTORS)
    random = np.random.default_rng(11)
    independent = random.normal(0.6, 0.02, (SIMULATIONS, 2, 2, SEEDS))
    strata = [(1, 1, SEEDS), (2, 1, SEEDS), (1, 2, SEEDS), (2, 2, SEEDS)]
    dependent = sum(random.normal(0, 0.02, (SIMULATIONS, *shape)) for shape in strata)
    return {
        name: [table.assign(value=values.ravel()) for values in draws]
        for name, draws in (("independent", independent), ("dependent", dependent))
    }


def check(rejected: Counter, simulations: int = SIMULATIONS, alpha: float = ALPHA) -> None:
    low, high = stats.binom.interval(0.999, simulations, alpha)
    assert {name: count for name, count in rejected.items() if not low <= count <= high} == {}


def test_between_groups(simulated):
    rejected = Counter()
    for scores in simulated["independent"]:
        table = factorial.anova(scores, FACTORS).dropna(subset="p")
        rejected.update(dict(zip(table["effect"], (table["p"] < ALPHA).astype(int), strict=True)))
    assert len(rejected) == 3
    check(rejected)


def test_within_seeds(simulated):
    rejected = Counter()
    for scores in simulated["dependent"]:
        table = repeated.repeated_measures(scores, FACTORS)
        rejected.update(dict(zip(table["effect"], (table["p_gg"] < ALPHA).astype(int), strict=True)))
    assert len(rejected) == 3
    check(rejected)


def test_between_groups_misses_its_level_on_dependent_scores(simulated):
    """What the published design does to repeated measures, and why the report has both.

    The interaction varies with the residual alone, a quarter of the variance within cells: it is hardly ever found.
    """
    rejected = sum(factorial.anova(scores, FACTORS)["p"].iloc[2] < ALPHA for scores in simulated["dependent"][:200])
    assert stats.binomtest(int(rejected), 200, ALPHA, alternative="less").pvalue < 1e-3


def test_mixed_model(simulated):
    rejected = Counter()
    for scores in simulated["dependent"]:
        table, _ = mixed.mixed_model(scores.iloc[:-2], FACTORS)
        rejected.update(dict(zip(table["effect"], (table["p"] < ALPHA).astype(int), strict=True)))
    assert len(rejected) == 3
    check(rejected)


def stack(tables: list) -> pd.DataFrame:
    """Set simulations side by side: seeds by (simulation, model), from the model's two cells without pre-tuning."""
    values = np.hstack([wide(scores, FACTORS).to_numpy()[:, [0, 2]] for scores in tables])
    cells = pd.MultiIndex.from_product([range(len(tables)), LEVELS["model"]], names=["simulation", "model"])
    return pd.DataFrame(values, columns=cells)


@pytest.mark.parametrize(("test", "kind"), [(by_seed, "dependent"), (pooled, "independent"), (per_cell, "independent")])
def test_contrasts_and_equivalence_at_the_margin(test, kind, simulated):
    """Two cells; main and interaction contrasts are the F tests of one degree of freedom (test_comparisons)."""
    table = stack(simulated[kind])
    weights = np.eye(SIMULATIONS).repeat(2, axis=1) * np.tile([-1.0, 1.0], SIMULATIONS)
    contrasts = [Contrast("simple", "model", "wav2vec2 - hubert", str(i), row) for i, row in enumerate(weights)]
    rows = test(table, contrasts)
    check(Counter(difference=int((rows["p"] < ALPHA).sum())))
    # the true difference is 0, so a table shifted by the margin stands exactly on its edge
    edge = tost(rows.assign(estimate=rows["estimate"] + 0.1), 0.1)
    check(Counter(equivalence=int((edge["p_tost"] < ALPHA).sum())))


@pytest.mark.parametrize("kind", ["dependent", "independent"])
def test_simple_effects(kind, simulated):
    table = stack(simulated[kind])
    scores = table.melt(ignore_index=False).reset_index(names="seed")
    factors = ["simulation", "model"]
    scores[factors] = scores[factors].astype("category")
    rows = simple_main_effects(scores, factors)
    rows = rows[(rows["factor"] == "model") & (rows["error_term"].str.contains("paired") == (kind == "dependent"))]
    check(Counter(dict(rows[rows["p"] < ALPHA].groupby("error_term").size())))


def test_post_hoc(simulated):
    """Of the two models, in one cell of the other factors."""
    first, *others = FACTORS
    tests = []
    for scores in simulated["independent"]:
        one = scores[(scores[others] == scores[others].iloc[0]).all(axis=1)]
        tests.append(posthoc.pairwise(one, [first])["p"].iloc[0] < ALPHA)
    check(Counter(model=sum(map(int, tests))))


def test_without_assumptions(simulated):
    """Unequal variances for Welch and James, long tails for permutations, spread between seeds for sign flips."""
    rejected = Counter()
    spread, n = np.array([0.5, 1, 2, 4])[:, None], np.full(4, SEEDS)
    basis = effect_basis(wide(simulated["independent"][0], FACTORS).columns, ("model", "pretune"))
    for index, scores in enumerate(simulated["independent"]):
        values = scores["value"].to_numpy().reshape(4, SEEDS) - 0.6
        uneven = values * spread
        p = robust.welch_james(n, uneven.mean(axis=1), uneven.var(axis=1, ddof=1), basis)[3]
        tails = robust.between(scores.assign(value=(values**3).ravel()), FACTORS, permutations=99, seed=index)
        flips = robust.within(simulated["dependent"][index], FACTORS, permutations=99, seed=index)
        rejected.update(welch=int(p < ALPHA))
        for name, table, column in (("permuted ", tails, "p_permutation"), ("flipped ", flips, "p_sign_flip")):
            rejected.update(dict(zip(name + table["effect"], (table[column] <= ALPHA).astype(int), strict=True)))
    assert len(rejected) == 7
    check(rejected)
