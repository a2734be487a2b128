"""Seeds that were scored on other emotions than the rest of their cell."""

import pandas as pd
import pytest

from ser.analysis.alike import keep_alike


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
    kept, said = keep_alike(SCORES, confusions({2: "fear"}))
    assert kept["seed"].tolist() == [0, 1, 3]
    assert said == [
        "model=m0: the scores of 1 seed(s) (2) are left out, since they are of other emotions (anger, joy) than those"
        " of the others (anger, fear, joy)."
    ]


def test_of_equally_many_the_larger_set_is_kept():
    assert keep_alike(SCORES, confusions({0: "fear", 1: "fear"}))[0]["seed"].tolist() == [2, 3]


@pytest.mark.parametrize("matrices", [confusions({}), pd.DataFrame()])
def test_scores_that_are_alike_are_kept(matrices):
    kept, said = keep_alike(SCORES, matrices)
    assert kept.equals(SCORES)
    assert said == []
