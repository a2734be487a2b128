"""Predictions and scores of a trained model on every test set."""

import functools
import logging
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl

from ser.data.module import EmotionData
from ser.metrics import classification, regression
from ser.metrics.calibration import fit_temperature
from ser.models.fitting import predict
from ser.records import PREDICTIONS, whole

log = logging.getLogger(__name__)

PACKAGES = ("ser-grid", "torch", "torchaudio", "transformers", "pytorch-lightning", "scikit-learn")


def evaluate(trainer: pl.Trainer, module: pl.LightningModule, data: EmotionData, folder: Path) -> dict[str, Any]:
    """Score a model on every test set; write predictions and confusion matrices to the cell's folder.

    Returns:
        `scores`, rows of dataset, group, metric and value; `confusion`, test set -> emotions and counts;
        `left_out`, test set -> emotion -> clips that could not be scored; `split`, clips of each split;
        `versions`.
    """
    record: dict[str, Any] = {"scores": [], "confusion": {}, "left_out": {}}
    predicted = predict(trainer, module, data)
    temperature = _temperature(data, *predicted[len(data.tests) :])
    for test, (positions, outputs) in zip(data.tests, predicted, strict=False):
        manifest, store = data.corpora[test]
        clips = manifest.iloc[positions].assign(duration_s=store.durations_s[positions])
        if data.dimensions:
            table = regression.predictions(clips, outputs)
            scores = regression.scores(table)
        else:
            table = classification.predictions(clips, outputs, data.emotions)
            scores = classification.scores(table, temperature)
            scores = pd.concat([scores, classification.human_ceiling(clips, table)], ignore_index=True)
            _add_confusions(record, table, test, data.emotions, folder)
        with whole(folder / f"{PREDICTIONS}{test}.parquet") as file:
            table.to_parquet(file, index=False)
        record["scores"] += scores.assign(dataset=test).to_dict("records")
    split = np.concatenate([*data.splits.values()])
    record["split"] = {str(name): int((split == name).sum()) for name in dict.fromkeys(split)}
    record["versions"] = versions()
    return record


def _temperature(data: EmotionData, *validation: tuple[np.ndarray, np.ndarray]) -> float | None:
    """Return the temperature fitted on the validation split, None without one."""
    for positions, logits in validation:
        emotions = data.training.clips["emotion"].iloc[positions]
        return fit_temperature(logits, emotions.map(data.emotions.index).to_numpy(int))
    return None


def _add_confusions(
    record: dict[str, Any], table: pd.DataFrame, test: str, emotions: tuple[str, ...], folder: Path
) -> None:
    """Add a test set's confusion matrix to the record, draw it, and log the emotions that cannot be scored."""
    counts = classification.confusion(table, emotions)
    classification.draw_confusion(counts, test).savefig(folder / f"confusion_{test}.png", dpi=120)
    record["confusion"][test] = {"emotions": list(counts.index), "counts": counts.to_numpy().tolist()}
    record["left_out"][test] = left_out = classification.left_out(table, emotions)
    if left_out:
        log.info("%s is scored on %s; left out: %s", test, ", ".join(counts.index), left_out)


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of the packages that compute the results."""
    return {package: version(package) for package in PACKAGES}
