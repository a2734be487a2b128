"""Linear probes: how well a layer's features tell the emotions, with nothing learned but a linear classifier."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from ser.metrics.classification import predictions, scores
from ser.probing.cell import Probed
from ser.probing.representations import Representation
from ser.schema import ALL

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisation, of which the best on the validation part is taken."""
METRICS = ("accuracy", "uar")
METRIC = "uar"
"""That is told and drawn."""


def probe_all(representations: Sequence[Representation], probed: Probed) -> pd.DataFrame:
    """Probe every layer of every representation, trained and tested on what the cell was.

    Returns:
        Columns representation, layer, dataset, metric, value.
    """
    trained = list(probed.splits)
    labels = np.concatenate([probed.labels(name) for name in trained])
    split = np.concatenate([probed.splits[name] for name in trained])
    tables = []
    for one in representations:
        for place, layer in enumerate(one.layers):
            features = np.concatenate([one.features[name][place] for name in trained])
            tests = {
                name: (one.features[name][place][clips], probed.corpus(name).clips.iloc[clips])
                for name, clips in probed.tests().items()
            }
            found = probe(features, labels, split, tests, probed.emotions)
            tables.append(found.assign(representation=one.name, layer=layer))
    return pd.concat(tables, ignore_index=True)[["representation", "layer", "dataset", "metric", "value"]]


def best_layers(probes: pd.DataFrame) -> pd.DataFrame:
    """Return the layer of each representation that tells most of each test set, seen after the fact."""
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
    """Fit multinomial logistic regression on the training part, and score it on every test set.

    Classes are weighed by inverse frequency, and features standardised, by the training part alone.

    Args:
        features: (clips, width) of the training corpus.
        labels: (clips,) places of their emotions among `emotions`.
        split: (clips,) part of each.
        tests: test set -> features (clips, width) and their manifest.
        emotions: the classes of the model.

    Returns:
        Columns dataset, metric, value: accuracy and UAR over all clips, as cells are scored.
    """
    train, validation = split == "train", split == "validation"
    fitted = [_fit(features[train], labels[train], strength) for strength in STRENGTHS]
    heard = [float((one.predict(features[validation]) == labels[validation]).mean()) for one in fitted]
    best = fitted[int(np.argmax(heard))]
    rows = []
    for test, (given, clips) in tests.items():
        logits = np.full((len(clips), len(emotions)), -np.inf)
        logits[:, best.classes_] = best.predict_log_proba(given)
        found = scores(predictions(clips, logits, tuple(emotions)))
        found = found[(found["group"] == ALL) & found["metric"].isin(METRICS)]
        rows.append(found.assign(dataset=test)[["dataset", "metric", "value"]])
    return pd.concat(rows, ignore_index=True)


def _fit(features: np.ndarray, labels: np.ndarray, strength: float) -> Pipeline:
    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000)
    return make_pipeline(StandardScaler(), classifier).fit(features, labels)
