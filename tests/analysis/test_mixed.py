"""The mixed model against R's lmerTest, and against repeated measures where the two must agree."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis import mixed, repeated
from ser.analysis.cells import select
from ser.errors import ScoresError
from tests.analysis.conftest import CASES, REFERENCE, grid, tidy, with_values


@pytest.mark.parametrize("case", CASES)
def test_against_r(case, cases, reference):
    tests, variances = mixed.mixed_model(*cases(case))
    tests, variances = tests.set_index("effect"), variances.set_index("component")
    for (effect, quantity), value in reference("mixed", case).items():
        # Fai and Cornelius' degrees of freedom depend on the coding of the levels, in lmerTest by 1e-3 of their value
        precision = 1e-5 if tests.loc[effect, "df"] == 1 or quantity == "F" else 2e-3
        assert tests.loc[effect, quantity] == pytest.approx(value, rel=precision), (effect, quantity)
    total = variances["variance"].sum()
    for (component, _), value in reference("mixed variances", case).items():
        names = [name for name in variances.index if set(name.split(" x ")) == set(component.split(" x "))]
        assert variances.loc[names[0], "variance"] == pytest.approx(value, abs=1e-4 * total), component


def test_agrees_with_repeated_measures_where_no_variance_is_zero():
    random, factors = np.random.default_rng(1), ["model", "dataset"]
    table = grid({"model": ["hubert", "wav2vec2"], "dataset": ["emodb", "emovo", "cafe"]}, 20)
    values = random.normal(0, 0.01, len(table))
    for keys in (["seed"], ["seed", "model"], ["seed", "dataset"]):
        values += table.groupby(keys)["seed"].transform(lambda seed: random.normal(0, 0.05)).to_numpy()
    scores = select(with_values(table, values), factors)
    tests, variances = mixed.mixed_model(scores, factors)
    assert (variances["variance"] > 0).all()
    within = repeated.repeated_measures(scores, factors)
    assert tests["F"].to_numpy() == pytest.approx(within["F"].to_numpy(), rel=1e-4)
    assert tests["df_error"].to_numpy() == pytest.approx(within["df_error"].to_numpy(), rel=1e-4)


def test_uses_every_score(cases):
    scores, factors = cases("4 factors unbalanced")
    tests, _ = mixed.mixed_model(scores, factors)
    assert set(tests["n"]) == {len(scores)}
    assert set(tests["n_seeds"]) == {12}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda scores: scores[scores["seed"] == 0], "one seed only"),
        (lambda scores: scores.assign(value=np.where(scores["model"] == "hubert", 0.5, 0.6)), "do not differ"),
        (
            lambda scores: scores[(scores["model"] != "hubert") | (scores["pretune"] != "it")],
            "model=hubert, pretune=it",
        ),
    ],
)
def test_what_cannot_be_estimated_is_said(change, message, cases):
    scores, factors = cases("2 factors balanced")
    with pytest.raises(ScoresError, match=message):
        mixed.mixed_model(change(scores), factors)


@pytest.mark.parametrize("residual", [2e-3, 2e-4])
def test_seeds_that_differ_far_more_than_cells_do(residual):
    random, factors = np.random.default_rng(5), ["model", "dataset"]
    table = grid({"model": ["hubert", "wav2vec2"], "dataset": ["emodb", "emovo", "cafe"]}, 10)
    values = random.normal(0.6, 0.1, 10)[table["seed"]] + random.normal(0, residual, len(table))
    for factor in factors:
        values += table.groupby(["seed", factor])["seed"].transform(lambda s: random.normal(0, 3 * residual)).to_numpy()
    scores = select(with_values(table, values), factors)
    tests, variances = mixed.mixed_model(scores, factors)
    assert (variances["variance"] > 0).all()
    within = repeated.repeated_measures(scores, factors)
    assert tests["F"].to_numpy() == pytest.approx(within["F"].to_numpy(), rel=1e-3)


@pytest.fixture
def disjoint():
    """Give the scores of tests/reference/runs.R: seeds below 6 for hubert, the others for wav2vec2."""
    scores = pd.read_csv(REFERENCE / "scores.csv", keep_default_na=False)
    scores = scores.query("rate == 'low' and pretune == 'none' and (seed < 6) == (model == 'hubert')")
    return select(tidy(scores[["model", "dataset", "seed", "value"]]), ["model", "dataset"])


def test_where_no_two_models_share_a_seed_the_run_is_the_random_effect(disjoint):
    tests, variances = mixed.mixed_model(disjoint, ["model", "dataset"])
    tests, variances = tests.set_index("effect"), variances.set_index("component")
    expected = pd.read_csv(REFERENCE / "runs_expected.csv").set_index(["effect", "quantity"])["value"]
    for (effect, quantity), value in expected.iloc[:-1].items():
        found = variances.loc[effect, quantity] if quantity == "variance" else tests.loc[effect, quantity]
        assert found == pytest.approx(value, rel=1e-5), (effect, quantity)
    assert tests.loc["model", "p"] == pytest.approx(expected["run means", "p"], rel=1e-5)


def test_one_score_a_seed_leaves_nothing_to_compare_within_seeds(disjoint):
    one = disjoint[disjoint["dataset"] == "emovo"]
    with pytest.raises(ScoresError, match="every score is of a seed of its own"):
        mixed.mixed_model(one, ["model"])


@pytest.mark.parametrize(("seeds", "caution"), [(3, True), (5, True), (12, False)])
def test_few_seeds_are_a_caution(seeds, caution, cases):
    scores, factors = cases("2 factors balanced")
    tests, _ = mixed.mixed_model(scores[scores["seed"] < seeds], factors)
    assert tests["caution"].str.contains("fewer than 6 seeds").all() == caution
