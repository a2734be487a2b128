"""Linear probes: how well a linear classifier predicts emotions from the frozen features of a layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ser.metrics.classification import predictions, scores
from ser.probing.finished_cell import FinishedCell
from ser.probing.representations import Representation
from ser.schema import ALL

INVERSE_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisation strengths; the one with the best validation accuracy is used."""
METRICS = ("accuracy", "uar")
METRIC = "uar"
"""The metric that is printed and drawn."""


def probe_all(representations: Sequence[Representation], cell: FinishedCell) -> pd.DataFrame:
    """Return the probe scores of every layer, trained and tested on the clips that the cell was.

    Returns:
        Columns representation, layer, dataset, metric, value.
    """
    trained = list(cell.splits)
    labels = np.concatenate([cell.labels(name) for name in trained])
    split = np.concatenate([cell.splits[name] for name in trained])
    tables = []
    for one in representations:
        for index, layer in enumerate(one.layers):
            features = np.concatenate([one.features[name][index] for name in trained])
            tests = {
                name: (one.features[name][index][clips], cell.corpus(name).clips.iloc[clips])
                for name, clips in cell.tests().items()
            }
            table = probe(features, labels, split, tests, cell.emotions)
            tables.append(table.assign(representation=one.name, layer=layer))
    return pd.concat(tables, ignore_index=True)[["representation", "layer", "dataset", "metric", "value"]]


def best_layers(probes: pd.DataFrame) -> pd.DataFrame:
    """Return the layer of each representation with the highest UAR on each test set (selected on the test set)."""
    probes = probes[probes["metric"] == METRIC]
    best = probes.loc[probes.groupby(["representation", "dataset"], sort=False)["value"].idxmax()]
    return best.rename(columns={"value": METRIC}).drop(columns="metric")


def probe(
    features: np.ndarray,
    labels: np.ndarray,
    split: np.ndarray,
    tests: Mapping[str, tuple[np.ndarray, pd.DataFrame]],
    emotions: Sequence[str],
) -> pd.DataFrame:
    """Return the test scores of multinomial logistic regression on the training part.

    Class weights (inverse frequency) and standardisation of features are computed on the training part.

    Args:
        features: (clips, width) of the training corpora.
        labels: (clips,) indices into `emotions`.
        split: (clips,) part of each clip.
        tests: test set -> features (clips, width) and manifest.
        emotions: the classes of the model.

    Returns:
        Columns dataset, metric, value: accuracy and UAR over all clips, as in `ser.metrics.classification`.
    """
    train, validation = split == "train", split == "validation"
    fitted = [_fit(features[train], labels[train], strength) for strength in INVERSE_STRENGTHS]
    accuracies = [float((one.predict(features[validation]) == labels[validation]).mean()) for one in fitted]
    best = fitted[int(np.argmax(accuracies))]
    rows = []
    for test, (test_features, clips) in tests.items():
        logits = np.full((len(clips), len(emotions)), -np.inf)
        logits[:, best.classes_] = best.predict_log_proba(test_features)
        table = scores(predictions(clips, logits, tuple(emotions)))
        table = table[(table["group"] == ALL) & table["metric"].isin(METRICS)]
        rows.append(table.assign(dataset=test)[["dataset", "metric", "value"]])
    return pd.concat(rows, ignore_index=True)


def _fit(features: np.ndarray, labels: np.ndarray, strength: float) -> Pipeline:
    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)
    return make_pipeline(StandardScaler(), classifier).fit(features, labels)
