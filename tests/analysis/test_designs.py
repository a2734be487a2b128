"""Where the designs disagree, in a table and in words."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis import designs

EFFECTS = ["model", "pretune", "model x pretune"]


def table_of(p: list[float], column: str = "p") -> pd.DataFrame:
    return pd.DataFrame({"effect": EFFECTS, "F": 1.0, column: p})


def test_the_effects_on_which_they_disagree_are_named():
    between, within = table_of([0.001, 0.2, 0.3]), table_of([0.0004, 0.01, np.nan], "p_gg")
    table = designs.compare_designs(between, within, table_of([0.001, 0.012, 0.3])).set_index("effect")
    assert table["agree"].to_dict() == {"model": "yes", "pretune": "no", "model x pretune": "not compared"}
    text = designs.paragraph(table.reset_index())
    assert (
        "disagree on 1 of 3 effects: pretune (between groups p = .200, within seeds p = .010, mixed model p = .012)"
        in text
    )
    assert "say what other seeds would show on these very speakers" in text
    assert "Not tested by every design: model x pretune." in text


def test_they_agree():
    table = designs.compare_designs(table_of([0.01, 0.2, 0.3]), table_of([0.02, 0.3, 0.4], "p_gg"), None)
    assert "(between groups and within seeds) agree on every effect" in designs.paragraph(table)


def test_an_effect_that_one_design_could_not_test_is_no_agreement():
    untested = table_of([np.nan, np.nan, np.nan], "p_gg")
    table = designs.compare_designs(table_of([0.5, 0.2, 0.3]), untested, None)
    assert set(table["agree"]) == {"not compared"}
    assert "agree on" not in designs.paragraph(table)
    table = designs.compare_designs(table_of([0.5, 0.2, 0.3]), table_of([0.5, 0.2, np.nan], "p_gg"), None)
    assert "agree on 2 of 3 effects. Not tested by every design: model x pretune." in designs.paragraph(table)


def test_one_design_alone():
    table = table_of([0.01, 0.2, 0.3], "p_gg")
    assert "Only one design" in designs.paragraph(designs.compare_designs(None, table, None))
    alone = designs.compare_designs(table_of([0.01, 0.2, 0.3]), None, None)
    assert set(alone["agree"]) == {"not compared"}
    text = designs.paragraph(alone, shared="each trained model is scored on every test set")
    assert "takes all scores as independent; where each trained model is scored on every test set, they are not" in text


@pytest.mark.parametrize(
    ("p", "words"), [(0.0004, "p < .001"), (0.012, "p = .012"), (np.nan, "not tested"), (1, "p = 1.000")]
)
def test_p_in_words(p, words):
    assert designs.p_words(p) == words


def test_what_the_designs_rest_on():
    between = table_of([0.01, 0.2, 0.3]).assign(design="between groups, type II", n=187)
    within = table_of([0.02, 0.3, 0.4], "p_gg").assign(n_seeds=4, n_seeds_all=30)
    basis = designs.basis(between, within, None)
    assert basis == {"between": "type II, 187 scores", "within": "4 of 30 seeds"}
    text = designs.paragraph(designs.compare_designs(between, within, None), 0.05, basis, "all cells share a desk")
    assert "(between groups: type II, 187 scores; within seeds: 4 of 30 seeds)" in text
    assert "All cells share a desk, so" in text
    assert "every test set" not in text
