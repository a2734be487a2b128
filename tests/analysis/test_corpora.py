"""Seeds and corpora crossed, against scipy where the model becomes a t-test, and as a chapter of the report."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser.analysis.corpora import across_corpora
from ser.errors import ScoresError
from ser.schema import lower_is_better
from tests.analysis.test_report import notes, painter, quick, settings  # noqa: F401


def scores_of(differences: np.ndarray) -> pd.DataFrame:
    """Return scores of two models whose differences are given, (seeds, corpora)."""
    seeds, corpora = np.indices(differences.shape).reshape(2, -1)
    base = pd.DataFrame({"dataset": [f"c{c}" for c in corpora], "seed": seeds, "value": 0.5})
    better = base.assign(model="b", value=0.5 + differences.ravel())
    return pd.concat([base.assign(model="a"), better], ignore_index=True)


def test_without_an_effect_of_seeds_it_is_a_t_test_over_corpora():
    differences = np.random.default_rng(3).normal(0.03, 0.02, (4, 7))
    differences -= differences.mean(axis=1, keepdims=True) - differences.mean()
    row = across_corpora(scores_of(differences), "model").iloc[0]
    expected = stats.ttest_1samp(differences.mean(axis=0), 0)
    interval = expected.confidence_interval(0.95)
    assert (row["a"], row["b"], row["seeds"], row["corpora"]) == ("b", "a", 4, 7)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))


def test_more_seeds_do_not_make_up_for_few_corpora():
    random, by_corpus = np.random.default_rng(0), np.array([0.06, -0.02, 0.05, 0.03, -0.01])
    few, many = (
        across_corpora(scores_of(by_corpus + random.normal(0, 0.02, (seeds, 5))), "model").iloc[0] for seeds in (3, 300)
    )
    assert many["se"] > 0.8 * few["se"]
    assert many["p"] > 0.05  # where 300 seeds taken as units would say p < 1e-20


def test_verdicts_rest_on_holm():
    random = np.random.default_rng(1)
    table = scores_of(random.normal(0.05, 0.005, (3, 6)))
    third = table[table["model"] == "a"].assign(model="c")
    third["value"] += random.normal(0, 0.001, len(third))
    pairs = across_corpora(pd.concat([table, third]), "model", margin=0.01).set_index(["a", "b"])
    assert pairs["verdict"].to_dict() == {("b", "c"): "different", ("b", "a"): "different", ("c", "a"): "equivalent"}
    assert (pairs["p_holm"] >= pairs["p"]).all()


@pytest.mark.parametrize(("seeds", "corpora"), [(1, 6), (3, 1)])
def test_too_little_is_refused(seeds, corpora):
    with pytest.raises(ScoresError, match=rf"share {seeds} seed\(s\) and {corpora} corpora.*two of each"):
        across_corpora(scores_of(np.random.default_rng(0).normal(0, 1, (seeds, corpora))), "model")


def many(models: int, datasets: int, seeds: int = 4) -> pd.DataFrame:
    random = np.random.default_rng(2)
    rows = [
        (f"m{m}", f"d{d}", s, 0.4 + 0.05 * d + 0.04 * m + random.normal(0, 0.01))
        for m in range(models)
        for d in range(datasets)
        for s in range(seeds)
    ]
    table = pd.DataFrame(rows, columns=["model", "dataset", "seed", "value"])
    return table.assign(pretune="none", trained_on="emodb", group="all", metric="accuracy")


CHAPTER = "Ranks: which levels can be told apart"


def test_ranks_over_corpora_in_the_report(notes, tmp_path):  # noqa: F811
    assert not notes(many(4, 6), factors=("model", "dataset"))[CHAPTER]
    board = pd.read_csv(tmp_path / "leaderboard_model.csv")
    assert board[["model", "n", "rank"]].values.tolist() == [
        ["m3", 6, 1.0],
        ["m2", 6, 2.0],
        ["m1", 6, 3.0],
        ["m0", 6, 4.0],
    ]
    assert board["group"].tolist() == ["A", "AB", "BC", "C"]  # the critical difference is 4.69 / sqrt(6) = 1.91
    assert pd.read_csv(tmp_path / "corpora_model.csv")["verdict"].eq("different").all()
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Ranks are taken within the 6 test sets" in report
    assert "model, 4 levels over 6 test sets: Friedman's χ²(3) = 18.00" in report


def test_ranks_over_seeds_in_the_report(notes, tmp_path):  # noqa: F811
    found = notes(many(3, 2), factors=("model", "dataset"))[CHAPTER]
    assert "2 test set(s): what holds for other corpora is not estimated from fewer than 5" in found
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Ranks are taken within seeds, so they hold for these corpora and speakers alone" in report
    assert "model, 3 levels over 4 seeds: Friedman's χ²(2) = 8.00" in report


def test_two_levels_are_not_ranked(notes):  # noqa: F811
    assert (
        "no factor but dataset and trained_on has 3 levels"
        in notes(many(2, 2), factors=("model", "dataset"))[CHAPTER].lower()
    )


def test_of_errors_the_lowest_is_the_best(notes, tmp_path):  # noqa: F811
    notes(many(3, 5).assign(metric="ece"), factors=("model", "dataset"), metric="ece")
    assert pd.read_csv(tmp_path / "leaderboard_model.csv")["model"].tolist() == ["m0", "m1", "m2"]
    assert lower_is_better("rmse_valence")
    assert not lower_is_better("ccc")
