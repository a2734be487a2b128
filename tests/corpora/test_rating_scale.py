import pandas as pd
import pytest

from ser.command import check
from ser.corpora.rating_scale import unit_scale
from ser.errors import ConfigError, CorpusError
from ser.settings import TrainSettings


def rated(*arousal: str) -> pd.DataFrame:
    return pd.DataFrame({"path": "a.wav", "arousal": arousal, "valence": "1", "dominance": "5"})


def test_ratings_are_brought_to_a_scale_from_0_to_1():
    clips = unit_scale(rated("1", "2.5", "5"), (1, 5), "mine")
    assert clips["arousal"].tolist() == [0, 0.375, 1]
    assert (set(clips["valence"]), set(clips["dominance"])) == ({0}, {1})


@pytest.mark.parametrize("wrong", ["0", "5.1", "high", ""])
def test_rating_that_is_not_on_the_scale(wrong):
    with pytest.raises(CorpusError, match=rf"^mine: arousal '{wrong}' of a.wav \(1 such clips\) is no number"):
        unit_scale(rated("3", wrong), (1, 5), "mine")


def test_scale_without_all_three():
    with pytest.raises(CorpusError, match="no column dominance; name all three"):
        unit_scale(rated("3").drop(columns="dominance"), (1, 5), "mine")


def test_scale_upside_down(compose):
    with pytest.raises(ConfigError, match="the lowest rating comes first"):
        check(compose("+dataset.corpora.emovo.scale=[5,1]"), TrainSettings)
