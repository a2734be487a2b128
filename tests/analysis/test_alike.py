"""Scores that were taken on other emotions than most of their test set."""

import pandas as pd
import pytest

from ser.analysis import alike
from ser.analysis.alike import in_words, unlike, without


def confusions(lacking: dict[int, str]) -> pd.DataFrame:
    """Return matrices of one model with seeds 0 to 3; each of `lacking` lacks an emotion."""
    rows = [
        ("m0", seed, emotion, predicted, 3)
        for seed in range(4)
        for emotion in ("anger", "fear", "joy")
        for predicted in ("anger", "fear", "joy")
        if lacking.get(seed) not in (emotion, predicted)
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "emotion", "predicted", "count"])


SCORES = pd.DataFrame({"model": "m0", "seed": range(4), "value": [0.5, 0.6, 0.9, 0.5]})


def test_a_seed_without_an_emotion_is_left_out_and_named():
    odd = unlike(confusions({2: "fear"}))
    kept, said = without(SCORES, odd), in_words(odd)
    assert kept["seed"].tolist() == [0, 1, 3]
    assert said == [
        "1 score(s) are left out, since they are of other emotions (anger, joy) than most (anger, fear, joy) and do not"
        " compare with them: model=m0 (seeds 2). To compare all of them, train and test on what they share:"
        " dataset.emotions=[anger,joy]."
    ]


def test_of_equally_many_the_larger_set_is_kept():
    assert without(SCORES, unlike(confusions({0: "fear", 1: "fear"})))["seed"].tolist() == [2, 3]


@pytest.mark.parametrize("matrices", [confusions({}), pd.DataFrame()])
def test_scores_that_are_alike_are_kept(matrices):
    odd = unlike(matrices)
    kept, said = without(SCORES, odd), in_words(odd)
    assert kept.equals(SCORES)
    assert said == []


def two_corpora() -> pd.DataFrame:
    """Return matrices of models of two corpora on both: each is scored on what it shares with the test set."""
    known = {"emodb": ("anger", "boredom", "joy"), "emovo": ("anger", "joy", "surprise")}
    rows = [
        ("hubert", trained_on, dataset, seed, emotion, predicted, 3)
        for trained_on in known
        for dataset in known
        for seed in range(7)
        for emotion in known[dataset]
        for predicted in known[dataset]
        if {emotion, predicted} <= {*known[trained_on]}
    ]
    keys = ["model", "trained_on", "dataset", "seed"]
    return pd.DataFrame(rows, columns=[*keys, "emotion", "predicted", "count"])


def test_cells_of_one_test_set_that_were_scored_on_other_emotions():
    """On EMO-DB a model of EMOVO has two emotions to choose from, one of EMO-DB three: they do not compare."""
    confusions = two_corpora()
    scores = confusions[["model", "trained_on", "dataset", "seed"]].drop_duplicates().assign(value=0.5)
    kept = without(scores, unlike(confusions))
    assert {*zip(kept["trained_on"], kept["dataset"], strict=True)} == {("emodb", "emodb"), ("emovo", "emovo")}
    assert in_words(unlike(confusions)) == [
        f"{dataset}: 7 score(s) are left out, since they are of other emotions (anger, joy) than most ({usual}) and do"
        f" not compare with them: model=hubert, trained_on={other} (seeds 0, 1, 2, 3, 4 and 2 more). To compare all of"
        " them, train and test on what they share: dataset.emotions=[anger,joy]."
        for dataset, other, usual in (
            ("emodb", "emovo", "anger, joy, boredom"),
            ("emovo", "emodb", "anger, joy, surprise"),
        )
    ]


def test_test_sets_may_have_other_emotions_than_each_other():
    confusions = two_corpora().query("trained_on == dataset")
    assert unlike(confusions).empty
    assert alike.test_sets_in_words(confusions) == [
        "The test sets are scored on different emotions: emodb on 3 (anger, joy, boredom); emovo on 3 (anger, joy,"
        " surprise). A difference between them is one of the task too: fewer emotions are easier to tell apart."
    ]
    assert alike.test_sets_in_words(confusions[confusions["dataset"] == "emovo"]) == []
    assert alike.test_sets_in_words(pd.DataFrame()) == []
