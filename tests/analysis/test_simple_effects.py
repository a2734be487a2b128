"""Simple main effects against R: emmeans' joint tests, Welch's one-way test, repeated measures in the slice."""

import pytest

from ser.analysis import repeated
from ser.analysis.simple_effects import simple_main_effects
from tests.analysis.conftest import CASES

TERMS = {
    "simple effect pooled": "within cells, pooled over all cells",
    "simple effect welch": "within cells, separate variances (Welch)",
}


@pytest.mark.parametrize("case", [case for case in CASES if case[0] != "1"])
def test_against_r(case, cases, reference):
    table = simple_main_effects(*cases(case)).set_index(["error_term", "factor", "at"]).sort_index()
    for procedure, term in TERMS.items():
        for (place, quantity), value in reference(procedure, case).items():
            # emmeans rounds its F ratios to three decimals
            precision = {"abs": 6e-4} if procedure == "simple effect pooled" else {"rel": 1e-7}
            assert table.loc[(term, *place.split(" | ")), quantity] == pytest.approx(value, **precision), place


def test_between_seeds_is_repeated_measures_in_the_slice(cases):
    scores, factors = cases("2 factors balanced")
    table = simple_main_effects(scores, factors).query("error_term == 'differences between seeds (paired)'")
    row = table.set_index(["factor", "at"]).loc[("pretune", "model=hubert")]
    expected = repeated.repeated_measures(scores[scores["model"] == "hubert"], ["pretune"]).iloc[0]
    assert (row["F"], row["df_error"], row["p"]) == pytest.approx(tuple(expected[["F", "df_error", "p_gg"]]))


def test_corrected_over_one_factor_and_error_term(cases):
    table = simple_main_effects(*cases("3 factors balanced"))
    assert table.groupby(["factor", "error_term"])["family"].first().unstack().iloc[:, 0].to_dict() == {
        "dataset": 6,
        "model": 6,
        "pretune": 4,
    }
