"""The between-groups analysis against R's car and effectsize."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis import factorial
from ser.analysis.cells import select
from ser.errors import ScoresError
from tests.analysis.conftest import CASES, grid, with_values


@pytest.mark.parametrize("typ", [2, 3])
@pytest.mark.parametrize("case", CASES)
def test_against_r(case, typ, cases, reference):
    scores, factors = cases(case)
    table = factorial.anova(scores, factors, typ).set_index("effect")
    expected = reference(f"anova type {typ}", case)
    assert set(table.index) - {"residual"} == set(expected.index.get_level_values("effect"))
    for (effect, quantity), value in expected.items():
        if quantity == "partial_omega_squared" and value == 0:  # effectsize cuts it off at 0
            assert table.loc[effect, quantity] <= 1e-12
        else:
            assert table.loc[effect, quantity] == pytest.approx(value, rel=1e-7, abs=1e-12), (effect, quantity)


def test_design_names_the_choice(cases):
    scores, factors = cases("2 factors unbalanced")
    assert set(factorial.anova(scores, factors, 3)["design"]) == {"between groups, type III"}


def test_an_empty_cell_is_named(cases):
    scores, factors = cases("2 factors balanced")
    lost = (scores["model"] == "hubert") & (scores["pretune"] == "it")
    with pytest.raises(ScoresError, match=r"no score in 1 combination.*\(model=hubert, pretune=it\)"):
        factorial.anova(scores[~lost], factors)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda scores: scores[scores["seed"] == 0], "a single seed"),
        (lambda scores: scores.assign(value=0.5), "every score is 0.5"),
        (lambda scores: scores.assign(value=np.where(scores["model"] == "hubert", 0.5, 0.6)), "no spread within cells"),
        (lambda scores: scores[(scores["model"] == "hubert") & (scores["pretune"] == "it")], "no factor varies"),
    ],
)
def test_what_cannot_be_tested_is_said(change, message, cases):
    scores, factors = cases("2 factors balanced")
    with pytest.raises(ScoresError, match=message):
        factorial.anova(change(scores), factors)


@pytest.mark.parametrize("third", [["none", "nan"], ["none", None], [1, "1"], [np.nan, "nan"], ["it's", "Q('x')"]])
def test_levels_of_any_name_keep_all_their_scores(third):
    """The F of levels "a" and "b": a name is a name."""
    tables = []
    for levels in (["a", "b"], third):
        table = grid({"model": ["hubert", "wav2vec2"], "pretune": levels, "dataset": ["emodb", "emovo"]}, 5)
        values = np.random.default_rng(1).normal(0.6, 0.02, len(table))
        scores = select(with_values(table, values), ["model", "pretune", "dataset"])
        tables.append(factorial.anova(scores, ["model", "pretune", "dataset"]).set_index("effect"))
        assert scores["pretune"].nunique() == 2
    assert set(tables[1]["df_error"].dropna()) == {40 - 8}
    pd.testing.assert_frame_equal(*tables)


def test_names_of_factors_are_no_formula():
    table = grid({"C(a)": ["x", "y"], "b + c": ["x", "y"]}, 5)
    scores = select(with_values(table, np.random.default_rng(1).normal(0.6, 0.02, 20)), ["C(a)", "b + c"])
    assert factorial.anova(scores, ["C(a)", "b + c"])["effect"].tolist() == [
        "C(a)",
        "b + c",
        "C(a) x b + c",
        "residual",
    ]
