"""Ranks against the worked example of Demsar (2006) and R, and by hand."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from ser.analysis import leaderboard, ranks
from ser.analysis.figures import style
from ser.analysis.figures.ranks import critical_difference_diagram
from ser.errors import ScoresError
from tests.analysis.conftest import REFERENCE


@pytest.fixture
def demsar() -> pd.DataFrame:
    """Give the ranks of table 6: 14 data sets, 4 trees."""
    return pd.read_csv(REFERENCE / "ranks.csv", index_col="set")


@pytest.fixture
def expected() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "ranks_expected.csv").set_index("quantity")


def test_mean_ranks_are_those_that_are_printed(demsar):
    table = ranks.mean_ranks(demsar, lower_is_better=True).set_index("treatment")["rank"]
    printed = {"C4.5+m+cf": 1.964, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5": 3.143}
    assert table.round(3).to_dict() == printed
    assert table.index.tolist() == list(printed)


def test_friedman_against_r(demsar, expected):
    test = ranks.friedman(demsar)
    assert test["chi_squared"] == pytest.approx(expected.loc["chi_squared", "value"])
    assert test["p"] == pytest.approx(expected.loc["p", "value"])
    # Demsar's own χ² of 9.28 leaves ties out; from it F = 13 · 9.28 / (14 · 3 - 9.28) = 3.69
    assert (test["df"], test["df_error"]) == (3, 39)
    assert test["F"] == pytest.approx(13 * test["chi_squared"] / (14 * 3 - test["chi_squared"]))


def test_critical_difference_and_nemenyi_against_r(demsar, expected):
    found = ranks.critical_difference(4, 14)
    assert found == pytest.approx(expected.loc["critical_difference", "value"], rel=1e-6)
    assert found == pytest.approx(1.25, abs=5e-3)  # as printed
    table = ranks.compare_ranks(demsar, lower_is_better=True)
    pairs = {frozenset((row.a, row.b)): row.p_nemenyi for row in table.itertuples()}
    for row in expected.loc["p_nemenyi"].itertuples():
        assert pairs[frozenset((row.a, row.b))] == pytest.approx(row.value, abs=1e-6)
    assert (table["rank_difference"] >= 0).all()


def test_wilcoxon_against_r_and_holm_by_hand(expected):
    gains = np.array([0.12, -0.03, 0.25, 0.31, 0.07, -0.02, 0.18, 0.22, 0.05, 0.28])
    table = pd.DataFrame({"a": np.linspace(0.5, 0.6, 10), "c": np.linspace(0.9, 1.0, 10) ** 2})
    table["b"] = table["a"] + gains
    rows = ranks.compare_ranks(table)
    row = next(row for row in rows.itertuples() if {row.a, row.b} == {"a", "b"})
    assert row.p_wilcoxon == pytest.approx(expected.loc["wilcoxon", "value"])
    p = np.sort(rows["p_wilcoxon"])
    holm = np.maximum.accumulate(p * [3, 2, 1]).clip(max=1)
    assert np.sort(rows["p_wilcoxon_holm"]) == pytest.approx(holm)


def test_improvement_by_hand():
    a, b = np.array([3, 4, 5]), np.array([1, 2, 4])
    assert ranks.improvement(a, b) == pytest.approx((7 + 1 / 2) / 9)
    assert ranks.improvement(a, b, lower_is_better=True) == pytest.approx(1 - (7 + 1 / 2) / 9)
    assert ranks.improvement(a, a) == 0.5


def test_alike_treatments_are_not_tested():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [1.0, 2.0]})
    assert np.isnan(ranks.compare_ranks(table)["p_wilcoxon"]).all()
    with pytest.raises(ScoresError, match="the same score in every block"):
        ranks.friedman(table)
    with pytest.raises(ScoresError, match="read Wilcoxon's"):
        ranks.friedman(table[["a", "b"]])


def test_friedman_rejects_at_its_level():
    random = np.random.default_rng(0)
    found = sum(ranks.friedman(pd.DataFrame(random.normal(size=(10, 4))))["p_F"] < 0.05 for _ in range(1000))
    assert 28 <= found <= 74  # 99.9 % binomial interval of .05


@pytest.fixture
def scores() -> pd.DataFrame:
    """Give four models on six corpora with two seeds; c and d are alike and best, a is far behind."""
    rows = product("abcd", ["emodb", "emovo", "nemo", "cafe", "tess", "ravdess"], range(2))
    table = pd.DataFrame(rows, columns=["model", "dataset", "seed"])
    gains = table["model"].map({"a": 0.0, "b": 0.1, "c": 0.2, "d": 0.2})
    hard = table.groupby("dataset").ngroup() / 10
    return table.assign(value=gains + hard + np.random.default_rng(0).normal(0, 0.01, len(table)))


def test_corpora_are_blocks_and_their_difficulty_does_not_matter(scores):
    table = ranks.blocks_by_treatments(scores, "model", "dataset")
    assert table.shape == (6, 4)
    expected = scores.groupby(["dataset", "model"])["value"].mean().unstack()
    np.testing.assert_allclose(table.sort_index().to_numpy(), expected.sort_index().to_numpy())
    harder = scores.assign(value=scores["value"] - 5 * (scores["dataset"] == "cafe"))
    first, second = (leaderboard(part, "model", "dataset") for part in (scores, harder))
    assert first["rank"].tolist() == second["rank"].tolist()


def test_leaderboard_groups_what_cannot_be_told_apart(scores):
    table = leaderboard(scores, "model", "dataset").set_index("model")
    assert table.index.tolist()[2:] == ["b", "a"]
    shared = {
        frozenset(pair): bool(set(table.loc[pair[0], "group"]) & set(table.loc[pair[1], "group"]))
        for pair in (("c", "d"), ("c", "a"), ("d", "a"))
    }
    assert shared == {frozenset("cd"): True, frozenset("ca"): False, frozenset("da"): False}
    errors = scores.assign(value=-scores["value"])
    assert leaderboard(errors, "model", "dataset", lower_is_better=True)["model"].tolist() == table.index.tolist()


def test_blocks_that_lack_a_treatment_are_left_out(scores):
    lost = scores[(scores["model"] != "a") | (scores["dataset"] != "tess")]
    assert set(leaderboard(lost, "model", "dataset")["n"]) == {5}
    with pytest.raises(ScoresError, match=r"two of dataset that have them all; there are 4 and 1 \(of 1\)"):
        leaderboard(scores[scores["dataset"] == "emodb"], "model", "dataset")


@pytest.mark.parametrize("treatments", [2, 5, 30])
def test_diagram_fits_a_page_and_names_every_treatment(treatments):
    values = np.random.default_rng(0).normal(size=(8, treatments))
    table = pd.DataFrame(values, columns=[f"encoder_{i:02d}" for i in range(treatments)])
    order = ranks.mean_ranks(table)
    critical = ranks.critical_difference(treatments, 8)
    figure = critical_difference_diagram(order, ranks.compare_ranks(table), critical, 0.05)
    assert (figure.get_size_inches() <= style.PAGE).all()
    FigureCanvasAgg(figure).draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    assert {name for name in table for text in texts if name in text.get_text()} == set(table)
    assert all(text.get_window_extent().x0 >= 0 for text in texts)
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in texts)
