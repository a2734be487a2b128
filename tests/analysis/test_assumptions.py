"""Tests of assumptions against R's leveneTest and shapiro.test."""

import numpy as np
import pytest

from ser.analysis import assumptions
from tests.analysis.conftest import CASES


@pytest.mark.parametrize("case", CASES)
def test_equal_variances_against_r(case, cases, reference):
    table = assumptions.check(*cases(case)).set_index("assumption")
    row, expected = table.loc["equal variances"], reference("levene", case)["all cells"]
    assert (row["statistic"], row["p"]) == pytest.approx((expected["F"], expected["p"]))


@pytest.mark.parametrize("kept", ["balanced", "unbalanced"])
def test_normality_against_r(kept, cases, reference):
    table = assumptions.check(*cases(f"4 factors {kept}")).set_index("where")
    row = table.loc["model=wav2vec2, pretune=it, dataset=emovo, rate=low"]
    expected = reference("shapiro", kept)["wav2vec2"]
    assert (row["statistic"], row["p"]) == pytest.approx((expected["W"], expected["p"]), rel=1e-5)


def test_what_cannot_be_tested_is_said(cases):
    scores, factors = cases("2 factors balanced")
    few = assumptions.check(scores[scores["seed"] < 3], factors)
    assert set(few.query("assumption == 'normality'")["holds"]) == {"not tested: fewer than 4 seeds"}
    flat = assumptions.check(scores.assign(value=np.where(scores["model"] == "hubert", 0.5, 0.6)), factors)
    assert set(flat.query("design == 'between groups' and assumption == 'normality'")["holds"]) == {
        "not tested: no spread"
    }


def test_conclusion_counts_what_fails(cases):
    scores, factors = cases("2 factors balanced")
    checks = assumptions.check(scores, factors)
    assert assumptions.conclusion(checks.assign(holds="yes")).startswith("No test")
    few = assumptions.conclusion(assumptions.check(scores[scores["seed"] < 3], factors))
    assert "may be read" not in few
    assert "Not tested: normality between groups (6 of 6 tests; fewer than 4 seeds)" in few
    assert "may be read" not in assumptions.conclusion(checks.assign(holds="yes"))  # 12 seeds show little
    assert "may be read" in assumptions.conclusion(checks.assign(holds="yes", n=30))
    checks.loc[checks["assumption"] == "equal variances", "holds"] = "no"
    assert "equal variances between groups (1 of 1 tests)" in assumptions.conclusion(checks)
