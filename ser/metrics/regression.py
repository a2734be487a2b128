"""Predictions and scores of arousal, valence and dominance, on a scale from 0 to 1."""

import numpy as np
import pandas as pd

from ser.metrics.concordance import ccc
from ser.metrics.described import described
from ser.schema import ALL, DIMENSIONS


def predictions(clips: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Return one row per clip: columns path, speaker, gender, the dimensions, and `predicted_<dimension>`.

    Args:
        clips: the scored rows of the manifest.
        values: (clips, dimensions), predictions of the model.
    """
    table = described(clips, *DIMENSIONS)
    return table.assign(**{f"predicted_{name}": values[:, column] for column, name in enumerate(DIMENSIONS)})


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores over all clips, and for each gender with at least two clips.

    Args:
        table: as `predictions` returns it.

    Returns:
        Columns group, metric, value: `ccc` and `rmse`, means over the dimensions, and those of each,
        `ccc_<dimension>` and `rmse_<dimension>`.
    """
    groups = [(ALL, table), *table.groupby("gender", sort=True)]
    return pd.DataFrame(
        [(name, metric, value) for name, part in groups if len(part) > 1 for metric, value in _metrics(part).items()],
        columns=["group", "metric", "value"],
    )


def _metrics(table: pd.DataFrame) -> dict[str, float]:
    truth = table[[*DIMENSIONS]].to_numpy(float)
    predicted = table[[f"predicted_{name}" for name in DIMENSIONS]].to_numpy(float)
    concordance = ccc(predicted, truth)
    errors = np.sqrt(np.square(predicted - truth).mean(axis=0))
    return {
        "ccc": float(concordance.mean()),
        "rmse": float(errors.mean()),
        **{f"ccc_{name}": float(value) for name, value in zip(DIMENSIONS, concordance, strict=True)},
        **{f"rmse_{name}": float(value) for name, value in zip(DIMENSIONS, errors, strict=True)},
    }
