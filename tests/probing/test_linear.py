import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ser.probing.linear import best_layers, probe

EMOTIONS = ("anger", "joy", "sadness")


def clips(labels: np.ndarray, emotions: tuple[str, ...] = EMOTIONS) -> pd.DataFrame:
    words = np.array(emotions)[labels]
    return pd.DataFrame({"path": "x", "speaker": "a", "gender": "female", "emotion": words})


@pytest.fixture
def features():
    """Three clouds 3 apart in a space of 4 dimensions, 60 clips, in turn for training, validation and test."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1, 2], 60)
    return rng.normal(size=(180, 4)) + 3 * np.eye(4)[labels], labels, np.repeat(["train", "validation", "test"], 60)


def test_scores_are_those_of_scikit_learn_on_the_same_standardised_features(features):
    values, labels, split = features
    train, test = split == "train", split == "test"
    scale = values[train].mean(axis=0), values[train].std(axis=0)
    accuracies = {}
    for strength in (1e-3, 1e-2, 1e-1, 1.0):
        model = LogisticRegression(C=strength, max_iter=1000)
        model.fit((values[train] - scale[0]) / scale[1], labels[train])
        right = {part: model.predict((values[split == part] - scale[0]) / scale[1]) for part in ("validation", "test")}
        accuracies[strength] = [float((found == labels[split == part]).mean()) for part, found in right.items()]
    expected = max(accuracies.values(), key=lambda pair: pair[0])[1]
    found = probe(values, labels, split, {"here": (values[test], clips(labels[test]))}, EMOTIONS)
    accuracy = found.set_index("metric")["value"]
    assert accuracy["accuracy"] == pytest.approx(expected) == pytest.approx(accuracy["uar"])
    assert expected > 0.9


def test_noise_tells_nothing_and_a_rare_emotion_counts_as_much(features):
    _, labels, split = features
    noise = np.random.default_rng(1).normal(size=(180, 4))
    found = probe(noise, labels, split, {"here": (noise[120:], clips(labels[120:]))}, EMOTIONS)
    assert found.set_index("metric")["value"]["uar"] < 0.5


def test_test_sets_are_scored_on_the_emotions_that_both_have(features):
    values, labels, split = features
    other = clips(labels[120:]).replace({"emotion": {"sadness": "fear"}})
    found = probe(values, labels, split, {"there": (values[120:], other)}, EMOTIONS)
    assert found["value"].min() > 0.9  # of anger and joy; fear is left out


def test_classes_that_are_not_trained_on_are_never_said(features):
    values, labels, split = features
    none_of_joy = np.where((split == "train") & (labels == 1), "unused", split)
    found = probe(values, labels, none_of_joy, {"here": (values[120:], clips(labels[120:]))}, EMOTIONS)
    assert found.set_index("metric")["value"]["uar"] == pytest.approx(2 / 3, abs=0.05)


def test_best_layer_of_each():
    rows = [("start", "0", 0.2), ("start", "1", 0.4), ("fine-tuned", "0", 0.3), ("fine-tuned", "1", 0.1)]
    probes = pd.DataFrame(rows, columns=["representation", "layer", "value"]).assign(dataset="here", metric="uar")
    assert best_layers(probes)[["representation", "layer", "uar"]].to_numpy().tolist() == [
        ["start", "1", 0.4],
        ["fine-tuned", "0", 0.3],
    ]
