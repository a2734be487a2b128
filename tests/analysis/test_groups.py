"""Gaps between genders against paired t-tests of scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser.analysis.groups import gaps, group_effects
from ser.errors import ScoresError
from tests.analysis.conftest import grid, with_values


@pytest.fixture
def scores():
    random = np.random.default_rng(3)
    table = grid({"model": ["hubert", "wav2vec2"], "group": ["female", "male"]}, 10)
    values = 0.7 + 0.03 * (table["group"] == "female") * (table["model"] == "hubert") + random.normal(0, 0.02, 40)
    everyone = grid({"model": ["hubert", "wav2vec2"]}, 10).assign(value=0.7)
    return pd.concat([with_values(table, values), everyone], ignore_index=True)


def test_against_scipy(scores):
    tables = gaps(scores, ["model", "pretune"], "accuracy", 0.01)
    of = {key: part["value"].to_numpy() for key, part in scores.groupby(["model", "group"])}
    row = tables["gaps"].set_index(["kind", "at"]).loc[("simple", "model=hubert")]
    assert row["contrast"] == "male - female"
    t, p = stats.ttest_rel(of["hubert", "male"], of["hubert", "female"])
    assert (row["t"], row["p"]) == pytest.approx((t, p))
    inter = tables["gaps"].query("kind == 'interaction'").iloc[0]
    gap = {model: of[model, "male"] - of[model, "female"] for model in ("hubert", "wav2vec2")}
    assert inter["t"] == pytest.approx(stats.ttest_rel(gap["wav2vec2"], gap["hubert"])[0])
    assert group_effects(scores, ["model", "pretune"], "accuracy")[0]["effect"].tolist() == ["group", "model x group"]
    assert set(tables["equivalence"]["kind"]) == {"main", "simple"}


def test_a_group_that_some_seeds_lack_lowers_n(scores):
    other = scores[(scores["group"] == "male") & (scores["seed"] < 3)].assign(group="other")
    scores = pd.concat([scores, other])
    table = gaps(scores, ["model"], "accuracy", 0.01)["gaps"].query("kind == 'main'").set_index("contrast")
    assert table["n"].to_dict() == {"male - female": 10, "other - female": 3, "other - male": 3}
    assert set(group_effects(scores, ["model"], "accuracy")[0]["n_seeds"]) == {3}


def test_no_groups(scores):
    with pytest.raises(ScoresError, match="not scored for two groups"):
        gaps(scores[scores["group"] == "all"], ["model"], "accuracy", 0.01)


def test_a_group_that_lacks_cells_does_not_keep_the_others_from_the_analysis(scores):
    other = scores[(scores["group"] == "male") & (scores["model"] == "hubert")].assign(group="other")
    table, left_out = group_effects(pd.concat([scores, other]), ["model"], "accuracy")
    assert left_out == ["other"]
    assert table.equals(group_effects(scores, ["model"], "accuracy")[0])
    with pytest.raises(ScoresError, match="complete seeds: female 1, male 1"):
        group_effects(scores[scores["seed"] < 1], ["model"], "accuracy")
