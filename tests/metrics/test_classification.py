import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import classification_report

from ser.analysis.claims.metrics import weighted_clips
from ser.metrics.classification import confusion, draw_confusion, human_ceiling, left_out, predictions, scores
from ser.schema import CALIBRATION, CEILING, EMOTIONS

METRICS = ("accuracy", "uar", "macro_f1", "weighted_f1", *(f"recall_{emotion}" for emotion in EMOTIONS))


def clips(*emotions: str, gender: str | list[str] = "female") -> pd.DataFrame:
    """The rows of a manifest."""
    names = [f"{number}.wav" for number in range(len(emotions))]
    return pd.DataFrame({"path": names, "emotion": emotions, "speaker": "a", "gender": gender, "text": "Ciao."})


def said(truth: list[str], predicted: list[str | None], gender: str | list[str] = "female") -> pd.DataFrame:
    """A table as `predictions` returns it, without logits."""
    return clips(*truth, gender=gender).assign(predicted=pd.Series(predicted, dtype="str"))


def of(table: pd.DataFrame, group: str = "all") -> dict[str, float]:
    """The scores of one group."""
    rows = scores(table)
    return dict(rows[rows["group"] == group][["metric", "value"]].to_numpy())


def test_prediction_is_the_likeliest_emotion():
    logits = np.array([[0.0, 2.0, 1.0], [3.0, -1.0, 0.0], [0.0, 0.0, 5.0]])
    table = predictions(clips("joy", "anger", "fear"), logits, ("anger", "fear", "joy"))
    assert table["predicted"].tolist() == ["fear", "anger", "joy"]
    assert table.columns.tolist() == [
        *("path", "speaker", "gender", "emotion", "text", "predicted"),
        *("logit_anger", "logit_fear", "logit_joy"),
    ]
    np.testing.assert_array_equal(table[["logit_anger", "logit_fear", "logit_joy"]].to_numpy(), logits)


def test_positions_of_the_rows_do_not_matter():
    test_set = clips("joy", "anger").set_index(pd.Index([7, 3]))
    table = predictions(test_set, np.array([[0.0, 1.0], [1.0, 0.0]]), ("anger", "joy"))
    assert table["predicted"].tolist() == ["joy", "anger"]


def test_test_set_is_scored_on_the_emotions_that_both_know():
    """The model knows disgust, the test set does not; the test set knows surprise, the model does not."""
    logits = np.array([[1.0, 9.0, 0.0], [0.0, 9.0, 1.0], [1.0, 9.0, 0.0], [1.0, 0.0, 2.0]])
    emotions = ("anger", "disgust", "joy")
    table = predictions(clips("anger", "joy", "surprise", "anger"), logits, emotions)
    assert table["predicted"].fillna("").tolist() == ["anger", "joy", "", "joy"]
    assert left_out(table, emotions) == {"disgust": 0, "surprise": 1}
    assert of(table)["accuracy"] == pytest.approx(2 / 3)
    assert of(table)["recall_anger"] == 0.5
    assert of(table)["uar"] == 0.75
    recalls = {"recall_anger", "recall_joy"}
    assert set(of(table)) == {"accuracy", "uar", "macro_f1", "weighted_f1", "ece", "brier", "nll"} | recalls
    assert confusion(table, EMOTIONS).to_numpy().tolist() == [[1, 1], [0, 1]]


def test_nothing_is_left_out_of_a_test_set_with_the_same_emotions():
    table = predictions(clips(*EMOTIONS), np.eye(7), EMOTIONS)
    assert left_out(table, EMOTIONS) == {}
    assert {metric: value for metric, value in of(table).items() if metric in METRICS} == dict.fromkeys(METRICS, 1.0)


def test_scores_as_worked_out_by_hand():
    """Anger: 2 of 3 found, 1 of 3 wrong; joy: 1 of 2 found, 1 of 2 wrong; sadness: 1 of 1 found, none wrong."""
    table = said(
        ["anger", "anger", "anger", "joy", "joy", "sadness"], ["anger", "anger", "joy", "anger", "joy", "sadness"]
    )
    found = of(table)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["uar"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)  # precision equals recall here
    assert found["weighted_f1"] == pytest.approx((3 * 2 / 3 + 2 * 1 / 2 + 1) / 6)
    assert (found["recall_anger"], found["recall_joy"], found["recall_sadness"]) == pytest.approx((2 / 3, 1 / 2, 1))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(EMOTIONS), st.sampled_from(EMOTIONS)), min_size=1, max_size=60))
def test_scores_are_those_of_scikit_learn(pairs):
    truth = [emotion for emotion, _ in pairs]
    predicted = [guess if guess in truth else truth[0] for _, guess in pairs]
    report = classification_report(truth, predicted, output_dict=True, zero_division=0)
    labels = sorted(set(truth))
    found = of(said(truth, predicted))
    expected = {
        "accuracy": np.mean([a == b for a, b in zip(truth, predicted, strict=True)]),
        "uar": report["macro avg"]["recall"],
        "macro_f1": report["macro avg"]["f1-score"],
        "weighted_f1": report["weighted avg"]["f1-score"],
        **{f"recall_{emotion}": report[emotion]["recall"] for emotion in labels},
    }
    assert found == pytest.approx(expected)


def test_genders_are_scored_apart():
    table = said(
        ["anger", "joy", "anger", "joy", "joy"],
        ["anger", "joy", "joy", "joy", "anger"],
        gender=["female", "female", "male", "male", "other"],
    )
    assert scores(table)["group"].unique().tolist() == ["all", "female", "male", "other"]
    assert of(table, "female")["accuracy"] == 1
    assert of(table, "male")["accuracy"] == 0.5
    assert of(table, "all")["accuracy"] == pytest.approx(3 / 5)


def test_mean_over_classes_counts_those_that_a_group_has():
    """Men say joy alone, so the wrong anger costs recall; a class that they never say is not counted as 0."""
    table = said(["anger", "joy", "joy"], ["anger", "joy", "anger"], gender=["female", "male", "male"])
    found = of(table, "male")
    assert found["uar"] == 0.5
    assert found["macro_f1"] == pytest.approx(2 / 3)
    assert "recall_anger" not in found


def test_group_whose_clips_cannot_be_scored_is_not_there():
    table = said(["anger", "surprise"], ["anger", None], gender=["female", "male"])
    assert scores(table)["group"].unique().tolist() == ["all", "female"]


def test_metrics_are_those_of_the_vocabulary():
    assert set(scores(said(list(EMOTIONS), list(EMOTIONS)))["metric"]) == set(METRICS)
    table = predictions(clips(*EMOTIONS), np.eye(7), EMOTIONS)
    assert set(scores(table, temperature=2.0)["metric"]) == {*METRICS, *CALIBRATION}


def test_probabilities_are_those_of_the_emotions_that_are_scored():
    """The model is sure of disgust, which the test set does not have: it does not count."""
    logits = np.log([[0.06, 0.9, 0.04], [0.02, 0.9, 0.08]])
    found = of(predictions(clips("anger", "joy"), logits, ("anger", "disgust", "joy")))
    assert found["brier"] == pytest.approx((2 * 0.4**2 + 2 * 0.2**2) / 2)
    assert found["nll"] == pytest.approx(-(np.log(0.6) + np.log(0.8)) / 2)
    assert found["ece"] == pytest.approx((0.4 + 0.2) / 2)


def test_logits_that_are_no_numbers_have_no_calibration():
    table = predictions(clips("anger", "joy"), np.array([[np.nan, 0.0], [0.0, 1.0]]), ("anger", "joy"))
    assert "ece" not in of(table)


def test_groups_have_probabilities_of_their_own():
    test_set = clips("anger", "joy", gender=["female", "male"])
    table = predictions(test_set, np.log([[0.6, 0.4], [0.2, 0.8]]), ("anger", "joy"))
    assert of(table, "female")["nll"] == pytest.approx(-np.log(0.6))
    assert of(table, "male")["nll"] == pytest.approx(-np.log(0.8))


def test_confusion_counts_emotions_by_predictions_in_the_order_of_the_vocabulary():
    counts = confusion(
        said(["joy", "anger", "joy", "anger", "anger"], ["anger", "anger", "joy", "joy", "joy"]), EMOTIONS
    )
    assert counts.index.tolist() == counts.columns.tolist() == ["anger", "joy"]
    assert counts.to_numpy().tolist() == [[1, 2], [1, 1]]
    assert (counts.index.name, counts.columns.name) == ("emotion", "predicted")


def test_picture_shows_counts_and_shares(tmp_path):
    figure = draw_confusion(confusion(said(["joy", "anger", "joy"], ["anger", "anger", "joy"]), EMOTIONS), "emovo")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["1", "0", "1", "1"]
    np.testing.assert_array_equal(axes.images[0].get_array(), [[1, 0], [0.5, 0.5]])
    assert axes.get_title() == "emovo"
    figure.savefig(tmp_path / "confusion.png")


VOTES = ['{"anger": 3, "fear": 1}', '{"joy": 2, "surprise": 6}', '{"surprise": 3}', '{"fear": 1, "joy": 1, "other": 3}']


def test_shares_of_votes_are_kept_and_scored():
    """Truth: scipy's distance clip by clip, over the emotions that are scored, here anger and joy."""
    test_set = clips("anger", "joy", "surprise", "anger").assign(votes=VOTES)
    logits = np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6], [0.1, 0.8, 0.1], [0.4, 0.3, 0.3]])
    table = predictions(test_set, logits, ("anger", "fear", "joy"))
    assert table.columns[-2:].tolist() == ["target_anger", "target_joy"]
    np.testing.assert_array_equal(table[["target_anger", "target_joy"]], [[1, 0], [0, 1], [np.nan] * 2, [0, 1]])
    expected = [
        jensenshannon(p, q, base=2)
        for p, q in (([2 / 3, 1 / 3], [1, 0]), ([0.25, 0.75], [0, 1]), ([4 / 7, 3 / 7], [0, 1]))
    ]
    assert of(table)["js_distance"] == pytest.approx(np.mean(expected))
    assert of(table)["kl_divergence"] == pytest.approx(-np.mean(np.log([2 / 3, 0.75, 3 / 7])))
    values, weights = weighted_clips(table, "js_distance")
    assert (values * weights).sum() / weights.sum() == pytest.approx(np.mean(expected))


def test_without_votes_there_are_no_distances():
    table = predictions(clips("anger", "joy"), np.zeros((2, 2)), ("anger", "joy"))
    assert not {"js_distance", "kl_divergence"} & set(of(table))
    assert not [column for column in table if column.startswith("target_")]
    nothing = clips("anger", "joy").assign(votes=["", '{"fear": 2}'])
    assert "js_distance" not in of(predictions(nothing, np.zeros((2, 2)), ("anger", "joy")))


def test_the_ceiling_is_of_the_clips_and_emotions_that_are_scored():
    """The votes for surprise, which the model does not know, are left out, and so is its clip: anger 3, joy 2 to 1."""
    test_set = clips("anger", "joy", "surprise").assign(
        votes=['{"anger": 3, "surprise": 1}', '{"anger": 1, "joy": 2}', '{"surprise": 3}']
    )
    table = predictions(test_set, np.zeros((3, 2)), ("anger", "joy"))
    found = human_ceiling(test_set, table)
    assert tuple(found["metric"]) == CEILING
    assert set(found["group"]) == {"all"}
    found = found.set_index("metric")["value"]
    assert found["human_accuracy"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["human_clips"] == 2
    assert human_ceiling(test_set.drop(columns="votes"), table).empty
    assert human_ceiling(test_set.assign(votes='{"anger": 0.6, "joy": 0.4}'), table).empty
