"""The verdict after k seeds against the analyses of the first k seeds."""

import pandas as pd
import pytest

from ser.analysis import factorial, repeated, stability


@pytest.mark.parametrize("k", [3, 7, 12])
def test_is_the_analysis_of_the_first_seeds(k, cases):
    scores, factors = cases("3 factors balanced")  # pretune has three levels, so sphericity matters
    curve = stability.after_seeds(scores, factors)
    first = scores[scores["seed"] < k]
    for design, anova, p in (
        ("between groups", factorial.anova, "p"),
        ("within seeds", repeated.repeated_measures, "p_gg"),
    ):
        expected = anova(first, factors).dropna(subset="F").set_index("effect")
        found = curve[(curve["design"] == design) & (curve["seeds"] == k)].set_index("effect")
        assert found["F"].to_dict() == pytest.approx(expected["F"].to_dict())
        assert found["p"].to_dict() == pytest.approx(expected[p].to_dict())


def test_all_orders_agree_at_the_end(cases):
    curve = stability.after_seeds(*cases("2 factors balanced"))
    last = curve[curve["seeds"] == 12]
    assert (last["share_significant"] == last["significant"]).all()


def test_settled_by_hand():
    significant = [True, False, True, True]
    curve = pd.DataFrame(
        {
            "seeds": [2, 3, 4, 5],
            "effect": "model",
            "design": "within seeds",
            "p": 0.01,
            "significant": pd.array(significant, "boolean"),
            "share_significant": [0.5, 0.9, 0.94, 1.0],
        }
    )
    row = stability.settled(curve).iloc[0]
    assert (row["settled_in_order"], row["settled_in_any_order"]) == (4, 5)
    assert stability.settled(curve.assign(significant=True, share_significant=1.0)).iloc[0]["settled_in_order"] == 2


def test_what_is_not_significant_or_not_tested_is_not_settled(cases):
    scores, factors = cases("2 factors balanced")
    flat = scores.groupby("seed")["value"].transform("mean") + 0.1 * (scores["model"] == "hubert")
    table = stability.settled(stability.after_seeds(scores.assign(value=flat), factors)).set_index(["design", "effect"])
    lost = table[table["verdict"] != "significant"]
    assert table.loc[("within seeds", "model"), "verdict"] == "not tested: no spread"
    assert table.loc[("between groups", "pretune"), "verdict"] == "not significant"
    assert lost[["settled_in_order", "settled_in_any_order"]].isna().all(axis=None)
