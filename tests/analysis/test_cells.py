"""Which scores are analysed, and that none is lost without a word."""

import numpy as np
import pandas as pd
import pytest

from ser.analysis.cells import inventory, require_levels, restrict, select, varying
from ser.analysis.levels import level_order
from ser.errors import ScoresError
from tests.analysis.conftest import grid, with_values

FACTORS = ["model", "pretune", "dataset"]


@pytest.fixture
def scores():
    table = grid({"model": ["wav2vec2", "hubert"], "pretune": ["it", "none"]}, 3)
    return with_values(table, np.linspace(0.5, 0.7, len(table)))


def test_select_orders_levels_and_keeps_every_score(scores):
    selected = select(scores, FACTORS)
    assert list(selected.columns) == [*FACTORS, "seed", "value"]
    assert selected["pretune"].cat.categories.tolist() == ["none", "it"]
    assert selected["model"].cat.categories.tolist() == ["hubert", "wav2vec2"]
    assert sorted(selected["value"]) == sorted(scores["value"])
    assert varying(selected, FACTORS) == ["model", "pretune"]


def test_level_order():
    assert level_order(pd.Series([1e-4, 5e-5, 10.0])) == ["5e-05", "0.0001", "10.0"]
    assert level_order(pd.Series(["it", "none", "cafe"])) == ["none", "cafe", "it"]
    assert level_order(pd.Series(["it_10h", "3", "it_2h", "none", "nan"])) == ["none", "3", "it_2h", "it_10h", "nan"]


def test_metric_that_is_not_there_lists_those_that_are(scores):
    both = pd.concat([scores, scores.assign(metric="uar")])
    with pytest.raises(ScoresError, match="no score of metric 'f1'; there are accuracy, uar"):
        select(both, FACTORS, "f1")


def test_factor_that_is_not_there_lists_the_columns(scores):
    with pytest.raises(ScoresError, match=r"'rate' is no column.*model, pretune, trained_on, dataset"):
        select(scores, [*FACTORS, "rate"])


@pytest.mark.parametrize(
    ("factors", "message"), [(["model", "seed"], "'seed' is no column"), (["model", "model"], "twice")]
)
def test_factors_that_make_no_design(factors, message, scores):
    with pytest.raises(ScoresError, match=message):
        select(scores, factors)


def test_another_swept_key_is_not_averaged_away(scores):
    swept = pd.concat([scores.assign(**{"training.learning_rate": rate}) for rate in (1e-5, 5e-5)])
    with pytest.raises(ScoresError, match=r"also varies 'training.learning_rate' \(1e-05, 5e-05\).*factors=\["):
        select(swept, FACTORS)
    factors = [*FACTORS, "training.learning_rate"]
    assert varying(select(swept, factors), factors) == ["model", "pretune", "training.learning_rate"]


def test_split_seeds_tell_replicates_apart(scores):
    swept = pd.concat([scores.assign(**{"seed.split": split}) for split in (0, 1)])
    assert select(swept, FACTORS)["seed"].nunique() == 6


def test_no_score_at_all(scores):
    with pytest.raises(ScoresError, match="no score yet"):
        select(scores.iloc[:0], FACTORS)


def test_inventory_names_what_is_missing(scores):
    scores.loc[0, "value"] = np.nan
    scores.loc[1, "value"] = np.nan
    absent = scores.drop(index=[5, 8])
    failures = pd.DataFrame({"model": ["wav2vec2"], "pretune": ["none"], "seed": [2], "error": ["out of memory"]})
    table = inventory(absent, FACTORS, failures=failures).set_index(["model", "pretune"])
    first = table.loc[("wav2vec2", "it")]
    assert (first["n"], first["nan"], first["absent"], first["seeds"]) == (1, 2, 0, "0, 1")
    second = table.loc[("wav2vec2", "none")]
    assert (second["n"], second["absent"], second["failed"], second["seeds"]) == (2, 1, 1, "2")
    third = table.loc[("hubert", "it")]
    assert (third["n"], third["absent"], third["failed"]) == (2, 1, 0)


def test_levels_and_seeds_that_a_metric_lacks_are_absent(scores):
    uar = scores[(scores["model"] == "hubert") & (scores["seed"] < 2)].assign(metric="uar")
    both = pd.concat([scores, uar])
    assert select(both, FACTORS, "uar")["model"].cat.categories.tolist() == ["hubert", "wav2vec2"]
    table = inventory(both, FACTORS, "uar").set_index(["model", "pretune"])
    assert table["n"].to_dict() == {
        ("hubert", "none"): 2,
        ("hubert", "it"): 2,
        ("wav2vec2", "none"): 0,
        ("wav2vec2", "it"): 0,
    }
    assert set(table["n"] + table["absent"]) == {3}


def test_what_failed_everywhere_is_absent(scores):
    failures = pd.DataFrame(
        {"model": ["wavlm", "hubert"], "pretune": "it", "trained_on": "emodb", "seed": [0, 3], "error": "out of memory"}
    )
    table = inventory(scores, FACTORS, failures=failures).set_index(["model", "pretune"])
    assert set(table["n"] + table["absent"]) == {4}
    assert table.loc[("wavlm", "it"), ["n", "absent", "failed"]].tolist() == [0, 4, 1]
    assert table.loc[("hubert", "it"), ["n", "absent", "failed"]].tolist() == [3, 1, 1]
    assert table.loc[("hubert", "none"), ["n", "absent", "failed"]].tolist() == [3, 1, 0]


def test_failures_of_a_split_sweep_are_found_by_both_seeds(scores):
    swept = pd.concat([scores.assign(**{"seed.split": split}) for split in (0, 1)])
    lost = (swept["model"] == "hubert") & (swept["seed"] == 2) & (swept["seed.split"] == 1)
    failures = pd.DataFrame({"model": "hubert", "pretune": ["it", "none"], "seed": 2, "seed.split": 1, "error": "x"})
    table = inventory(swept[~lost], FACTORS, failures=failures).set_index("model")
    assert table["failed"].groupby("model").sum().to_dict() == {"hubert": 2, "wav2vec2": 0}
    assert set(table.loc["hubert", "seeds"]) == {"2/1"}


def test_group_is_no_factor_of_the_scores_of_all_speakers(scores):
    with pytest.raises(ScoresError, match='section "Groups of speakers"'):
        select(scores, [*FACTORS, "group"])


@pytest.mark.parametrize("name", ["n", "mean", "std", "count", "component"])
def test_names_that_the_tables_need_are_no_factors(name, scores):
    with pytest.raises(ScoresError, match=f"'{name}' is a column of the tables"):
        select(scores.assign(**{name: 1}), [*FACTORS, name])


def test_one_level_alone(scores):
    swept = pd.concat([scores.assign(**{"seed.split": split}) for split in (0, 1)])
    assert set(restrict(swept, {"seed.split": 1})["seed.split"]) == {1}
    assert restrict(scores, {"seed.split": 1}).equals(scores)
    with pytest.raises(ScoresError, match="only: 'split' is no column"):
        require_levels(swept, {"split": 1})
    with pytest.raises(ScoresError, match="'2'; there are 0, 1"):
        require_levels(swept, {"seed.split": 2})


def test_folds_are_replicates_and_a_corpus_that_is_left_out_is_the_test_set(scores):
    folds = pd.concat([scores.assign(**{"split.speaker": speaker}) for speaker in (1, 2)])
    assert select(folds, ["model", "pretune", "dataset"])["seed"].str.fullmatch(r".+/[12]").all()
    left_out = scores.assign(**{"split.corpus": scores["dataset"]})
    same = select(left_out, ["model", "pretune", "dataset"])
    pd.testing.assert_frame_equal(same, select(scores, ["model", "pretune", "dataset"]))


def test_a_level_of_another_type_is_another_level(scores):
    mixed = scores.assign(pretune=pd.Series([1, "1"] * 6, dtype=object))
    assert select(mixed, FACTORS)["pretune"].cat.categories.tolist() == ["1", '"1"']
    failures = pd.DataFrame({"model": ["hubert"], "pretune": pd.Series(["1"], dtype=object), "seed": [5], "error": "x"})
    table = inventory(mixed, FACTORS, failures=failures).set_index(["model", "pretune"])
    assert table["failed"].to_dict()["hubert", '"1"'] == 1
    assert table["failed"].to_dict()["hubert", "1"] == 0


def test_a_missing_level_is_null(scores):
    assert select(scores.replace({"pretune": {"it": None}}), FACTORS)["pretune"].cat.categories.tolist() == [
        "none",
        "null",
    ]


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        (["a", 1] * 6, r"column 'seed' holds numbers \(1\) and text \('a'\)"),
        ([None] * 12, r"column 'seed' is empty in line\(s\) 2, 3"),
        ([0.0, np.nan] * 6, "column 'seed' is empty in"),
    ],
)
def test_seeds_that_cannot_be_compared_are_a_message(seeds, message, scores):
    with pytest.raises(ScoresError, match=message):
        inventory(scores.assign(seed=pd.Series(seeds, dtype=object)), FACTORS)


def test_a_score_twice_is_named_by_its_cell(scores):
    twice = pd.concat([scores, scores.iloc[[4, 4]].assign(value=0.9)])
    message = r"3 scores of model=wav2vec2, pretune=none, seed=1, trained_on=emodb, dataset=emodb.*line\(s\) 6, 14, 15"
    with pytest.raises(ScoresError, match=message):
        select(twice, FACTORS)
