"""How a metric is made of clips: a mean over them, or a function of sums over them, which is what can be resampled."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ser.errors import ScoresError
from ser.metrics.calibration import BINS, SMALLEST, probabilities
from ser.metrics.concordance import FLOOR
from ser.metrics.distributions import DISTANCES
from ser.schema import DIMENSIONS

Score = Callable[[np.ndarray], np.ndarray]
"""From sums (..., sums) to scores (...)."""


def weighted_clips(clips: pd.DataFrame, metric: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (clips,) values and weights whose weighted mean is the metric; None where it is no mean over clips.

    Accuracy, Brier score, log-likelihood and the distances from votes count every clip once, UAR with
    1 / (classes x clips of its class), a recall its own class alone. A table with a column `hit` or `value` has the
    values in it, for whatever metric. A clip that takes no part has weight 0.

    Args:
        clips: of one cell and test set: `hit` or `value`, or `emotion` and `predicted` (empty: not scored).
        metric: name of the metric.

    >>> clips = pd.DataFrame({"emotion": ["joy", "joy", "fear"], "predicted": ["joy", "fear", "fear"]})
    >>> values, weights = weighted_clips(clips, "uar")
    >>> values.tolist(), weights.tolist()
    ([1.0, 0.0, 1.0], [0.25, 0.25, 0.5])
    """
    for column in ("value", "hit"):
        if column in clips.columns:
            values = clips[column].to_numpy(dtype=float)
            return np.nan_to_num(values), np.isfinite(values).astype(float)
    if not {"emotion", "predicted"} <= set(clips.columns):
        return None
    truth, scored = clips["emotion"].astype(object), clips["predicted"].notna().to_numpy()
    hits = (truth == clips["predicted"].astype(object)).to_numpy(dtype=float)
    if metric == "accuracy":
        return hits, scored.astype(float)
    if metric == "uar":
        number = truth[scored].value_counts()
        return hits, np.where(scored, 1 / (len(number) * truth.map(number).fillna(1).to_numpy(dtype=float)), 0.0)
    if metric in ("brier", "nll") and (found := _probabilities(clips, scored)) is not None:
        probability, position = found
        of_truth = probability[np.arange(len(position)), position]
        values = np.zeros(len(clips))
        values[scored] = (
            -np.log(np.fmax(of_truth, SMALLEST)) if metric == "nll" else (probability**2).sum(axis=1) - 2 * of_truth + 1
        )
        return values, scored.astype(float)
    if metric in DISTANCES and (distances := _distances(clips, metric)) is not None:
        return np.nan_to_num(distances), np.isfinite(distances).astype(float)
    if metric.startswith("recall_"):
        return hits, (scored & (truth == metric.removeprefix("recall_")).to_numpy()).astype(float)
    return None


def clip_sums(clips: pd.DataFrame, metric: str) -> pd.DataFrame | None:
    """Return one row a clip whose sums over any clips give the metric by `score_of`; None for an unknown metric.

    F1 takes hits, truths and predictions of each emotion of the truth; CCC and RMSE the moments of each dimension; the
    calibration error the gaps in each bin of confidence.

    >>> clips = pd.DataFrame({"emotion": ["joy", "joy", "fear"], "predicted": ["joy", "fear", "fear"]})
    >>> sums = clip_sums(clips, "macro_f1")
    >>> sums.sum().to_dict()
    {'hit fear': 1, 'true fear': 1, 'said fear': 2, 'hit joy': 1, 'true joy': 2, 'said joy': 1}
    >>> round(float(score_of("macro_f1", list(sums))(sums.to_numpy().sum(axis=0))), 4)
    0.6667
    """
    if metric in ("macro_f1", "weighted_f1") and {"emotion", "predicted"} <= set(clips.columns):
        truth, predicted = clips["emotion"].astype(object), clips["predicted"].astype(object)
        scored = clips["predicted"].notna()
        sums: dict[str, pd.Series] = {}
        for emotion in sorted(set(truth[scored])):
            is_true, is_predicted = scored & (truth == emotion), scored & (predicted == emotion)
            sums |= {
                f"hit {emotion}": is_true & is_predicted,
                f"true {emotion}": is_true,
                f"said {emotion}": is_predicted,
            }
        return pd.DataFrame(sums, clips.index).astype(int)
    if metric == "ece" and {"emotion", "predicted"} <= set(clips.columns):
        scored = clips["predicted"].notna().to_numpy()
        if (found := _probabilities(clips, scored)) is None:
            return None
        probability, position = found
        confidence = probability.max(axis=1)
        which = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
        gaps = np.zeros((len(clips), BINS))
        gaps[np.flatnonzero(scored), which] = (probability.argmax(axis=1) == position) - confidence
        table = pd.DataFrame(gaps, columns=[f"gap {bin_:02}" for bin_ in range(BINS)])
        return table.assign(**{"clips all": scored.astype(float)})
    kind, _, dimension = metric.partition("_")
    if kind not in ("ccc", "rmse") or not set(DIMENSIONS) <= set(clips.columns):
        return None
    sums = {}
    for name in [dimension] if dimension else DIMENSIONS:
        x, y = clips[f"predicted_{name}"].astype(float), clips[name].astype(float)
        sums |= {f"n {name}": x * 0 + 1, f"x {name}": x, f"y {name}": y}
        sums |= {f"xx {name}": x * x, f"yy {name}": y * y, f"xy {name}": x * y}
    return pd.DataFrame(sums)


def _distances(clips: pd.DataFrame, metric: str) -> np.ndarray | None:
    """Return (clips,) the distances from the votes' shares, NaN where a clip is not scored or has no votes."""
    scored = clips["predicted"].notna().to_numpy()
    targets = [f"target_{label}" for label in sorted(set(clips.loc[scored, "emotion"].astype(object)))]
    if not targets or not set(targets) <= set(clips.columns) or (found := _probabilities(clips, scored)) is None:
        return None
    distances = np.full(len(clips), np.nan)
    distances[scored] = DISTANCES[metric](found[0], clips.loc[scored, targets].to_numpy(float))
    return distances


def _probabilities(clips: pd.DataFrame, scored: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the probabilities of the scored clips over the emotions of their truth, and where the true one is."""
    truth = clips.loc[scored, "emotion"].astype(object)
    labels = sorted(set(truth))
    columns = [f"logit_{label}" for label in labels]
    if not labels or not set(columns) <= set(clips.columns):
        return None
    return probabilities(clips.loc[scored, columns].to_numpy(float)), truth.map(labels.index).to_numpy(int)


def score_of(metric: str, names: list[str]) -> Score:
    """Return the function from sums, in the order of `names`, to the metric.

    Raises:
        ScoresError: no function of sums is known for the metric.
    """
    kinds = {name.partition(" ")[0]: [n for n in names if n.startswith(name.partition(" ")[0] + " ")] for name in names}
    at = {kind: [names.index(name) for name in of_kind] for kind, of_kind in kinds.items()}

    def f1(sums: np.ndarray) -> np.ndarray:
        hit, true, predicted = (sums[..., at[kind]] for kind in ("hit", "true", "said"))
        with np.errstate(all="ignore"):
            each = np.where(true + predicted > 0, 2 * hit / (true + predicted), 0.0)
            weights = true if metric == "weighted_f1" else (true > 0)
            return (each * weights).sum(axis=-1) / weights.sum(axis=-1)

    def moments(sums: np.ndarray) -> np.ndarray:
        n, x, y, xx, yy, xy = (sums[..., at[kind]] for kind in ("n", "x", "y", "xx", "yy", "xy"))
        with np.errstate(all="ignore"):
            x, y, xx, yy, xy = x / n, y / n, xx / n, yy / n, xy / n
            if metric.startswith("rmse"):
                return np.sqrt(np.maximum(xx - 2 * xy + yy, 0)).mean(axis=-1)
            spread = xx - x * x + yy - y * y + (x - y) ** 2 + FLOOR
            return (2 * (xy - x * y) / spread).mean(axis=-1)

    def calibration_error(sums: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.abs(sums[..., at["gap"]]).sum(axis=-1) / sums[..., at["clips"][0]]

    if {"gap", "clips"} <= set(kinds):
        return calibration_error
    if {"hit", "true", "said"} <= set(kinds):
        return f1
    if {"n", "x", "y", "xx", "yy", "xy"} <= set(kinds):
        return moments
    raise ScoresError(f"{metric} is neither a mean over clips nor a function of sums that is known here")
