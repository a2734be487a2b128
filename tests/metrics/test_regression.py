import numpy as np
import pandas as pd
import pytest

from ser.metrics.regression import predictions, scores
from ser.schema import DIMENSIONS


@pytest.fixture
def table() -> pd.DataFrame:
    truth = {name: [0.1, 0.2, 0.3] for name in DIMENSIONS}
    clips = pd.DataFrame({"path": ["a", "b", "c"], "speaker": "s", "gender": ["female", "female", "male"], **truth})
    return predictions(clips, np.array([[0.1, 0.2, 0.2], [0.2, 0.4, 0.2], [0.3, 0.6, 0.2]]))


def test_scores_are_worked_out_by_hand_for_each_dimension_and_their_mean(table):
    found = scores(table).query("group == 'all'").set_index("metric")["value"]
    assert found["ccc_arousal"] == pytest.approx(1)
    assert found["ccc_valence"] == pytest.approx(4 / 11)
    assert found["ccc_dominance"] == pytest.approx(0)
    assert found["ccc"] == pytest.approx(15 / 33)
    assert found["rmse_valence"] == pytest.approx((0.14 / 3) ** 0.5)
    assert found["rmse"] == pytest.approx(((0.14 / 3) ** 0.5 + (0.02 / 3) ** 0.5) / 3)


def test_groups_of_one_clip_have_no_concordance(table):
    assert set(scores(table)["group"]) == {"all", "female"}
