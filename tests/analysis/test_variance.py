"""Variance components of split and training seed against R's lme4."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis import variance
from ser.errors import ScoresError
from tests.analysis.conftest import REFERENCE, grid, tidy, with_values

NAMES = {"seed": "split", "training": "training seed", "Residual": "rest"}


@pytest.fixture
def crossed():
    """Give the 12 x 4 grid of reference.R: its seeds as splits, its models and rates as training seeds."""
    scores = pd.read_csv(REFERENCE / "scores.csv", keep_default_na=False).query(
        "dataset == 'emodb' & pretune == 'none'"
    )
    training = scores["model"].eq("hubert") * 2 + scores["rate"].eq("low")
    table = pd.DataFrame({"seed.split": scores["seed"], "seed": training, "value": scores["value"]})
    return lambda kept: tidy(table if kept == "balanced" else table[scores["keep"] == 1])


@pytest.mark.parametrize("kept", ["balanced", "unbalanced"])
def test_against_r(kept, crossed, reference):
    table = variance.components(crossed(kept), ["model"])[0].set_index("component")
    expected = reference("crossed variances", kept)
    for (component, _), value in expected.items():
        found = table.loc[NAMES[component], "variance"]
        assert found == pytest.approx(value, rel=1e-4, abs=1e-5 * expected.sum()), component
    assert table["share"].sum() == pytest.approx(1)


def test_intervals_hold_the_estimate(crossed):
    table = variance.components(crossed("balanced"), ["model"])[0].query("variance > 0")
    assert ((table["sd_low"] < table["sd"]) & (table["sd"] < table["sd_high"])).all()


def test_averaged(crossed):
    scores = pd.concat([crossed("balanced"), crossed("balanced").assign(model="wav2vec2")])
    table, _ = variance.components(scores, ["model"])
    mean = variance.averaged(table).set_index("component")["variance"]
    assert mean.to_dict() == pytest.approx(table.groupby("component")["variance"].mean().to_dict())


def test_one_seed_for_both_is_said():
    with pytest.raises(ScoresError, match="share one seed"):
        variance.components(tidy(pd.DataFrame({"seed": range(4), "value": 0.5})), ["model"])


def test_a_cell_that_is_not_crossed_leaves_the_others(crossed):
    scores = crossed("balanced")
    table, lost = variance.components(pd.concat([scores, scores[scores["seed"] == 0].assign(model="wavlm")]), ["model"])
    assert table["model"].tolist() == ["hubert"] * 3
    assert lost == ["model=wavlm: no split was trained with two seeds, or no seed on two splits; cross them"]


def test_limits_that_the_data_do_not_bound_are_infinite():
    random = np.random.default_rng(0)
    found = []
    for _ in range(50):
        table = grid({"seed.split": ["0", "1", "2"]}, 3)
        scores = with_values(table, random.normal(0.6, 0.01, 9) + random.normal(0, 0.005, 3)[table["seed"]])
        limits = variance.components(scores, ["model"])[0].assign(range=np.ptp(scores["value"]))
        found.append(limits.dropna(subset="sd_low"))
    limits = pd.concat(found)
    assert np.isinf(limits["sd_high"]).any()
    assert ((limits["sd_high"] <= limits["range"]) | np.isinf(limits["sd_high"])).all()
    assert (limits["sd_low"] < limits["sd"]).all()
    assert (limits["sd"] < limits["sd_high"]).all()


def test_seeds_that_are_not_crossed_are_said(crossed):
    scores = crossed("balanced")
    with pytest.raises(ScoresError, match=r"model=hubert: no split was trained with two seeds"):
        variance.components(scores[scores["seed"] == 0], ["model"])
