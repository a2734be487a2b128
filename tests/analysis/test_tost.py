"""Two one-sided tests against R's t.test at the margins, and pingouin's tost."""

import numpy as np
import pingouin as pg
import pytest

from ser.analysis.comparisons import by_seed, per_cell
from ser.analysis.contrasts import simple_contrasts
from ser.analysis.design import wide
from ser.analysis.tost import tost


@pytest.mark.parametrize("kept", ["balanced", "unbalanced"])
@pytest.mark.parametrize(("test", "procedure"), [(per_cell, "welch"), (by_seed, "paired")])
def test_against_r(test, procedure, kept, cases, reference):
    table = wide(*cases(f"4 factors {kept}"))
    wanted = [
        c
        for c in simple_contrasts(table.columns)
        if c.factor == "model" and c.at == "pretune=it, dataset=emovo, rate=low"
    ]
    row, expected = tost(test(table, wanted), 0.01).iloc[0], reference(procedure, kept)["model"]
    for quantity in ("p_lower", "p_upper"):
        assert row[quantity] == pytest.approx(expected[quantity], rel=1e-7)


def test_against_pingouin(cases):
    table = wide(*cases("2 factors balanced"))
    rows = tost(by_seed(table, simple_contrasts(table.columns)), 0.02)
    a, b = table[("wav2vec2", "it")], table[("hubert", "it")]
    expected = pg.tost(a, b, bound=0.02, paired=True)["pval"].iloc[0]
    row = rows.query("factor == 'model' and at == 'pretune=it'").iloc[0]
    assert row["p_tost"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("shift", "noise", "verdict"),
    [
        (0.0, 0.005, "equivalent"),
        (0.05, 0.005, "different"),
        (0.005, 0.005, "different, but within the margin"),
        (0.005, 0.10, "undecided"),
        (0.005, 0.0, "no spread"),
    ],
)
def test_verdicts(shift, noise, verdict, cases):
    table = wide(*cases("2 factors balanced"))[[("hubert", "none"), ("hubert", "it")]].droplevel("model", axis=1)
    table.columns = table.columns.remove_unused_levels() if hasattr(table.columns, "levels") else table.columns
    deviations = np.linspace(-1, 1, len(table)) * np.resize([1, -1], len(table))
    table["it"] = table["none"] + shift + noise * (deviations - deviations.mean())
    from ser.analysis.contrasts import main_contrasts

    rows = tost(by_seed(table, main_contrasts(table.columns)), 0.01)
    assert rows["verdict"].tolist() == [verdict]


@pytest.mark.parametrize("seeds", [0, 1])
def test_fewer_than_two_seeds_are_not_tested(seeds, cases):
    table = wide(*cases("2 factors balanced"))
    table.iloc[seeds:, 0] = np.nan
    rows = tost(by_seed(table, simple_contrasts(table.columns)), 0.01).set_index("n")
    assert set(rows.loc[seeds, "verdict"]) == {"not tested: fewer than two seeds"}


def test_verdict_is_the_interval_within_the_margin(cases):
    table = wide(*cases("3 factors unbalanced"))
    rows = tost(by_seed(table, simple_contrasts(table.columns)), 0.03, alpha=0.05)
    inside = (rows["tost_low"] > -0.03) & (rows["tost_high"] < 0.03)
    assert ((rows["p_tost"] < 0.05) == inside).all()
