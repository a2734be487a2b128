"""Predictions, scores and confusion matrices of emotions, with the metrics of scikit-learn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from ser import votes
from ser.labels import in_order
from ser.metrics import agreement, calibration
from ser.metrics.described import described
from ser.metrics.distributions import DISTANCES
from ser.schema import ALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def predictions(clips: pd.DataFrame, logits: np.ndarray, emotions: tuple[str, ...]) -> pd.DataFrame:
    """Return one row per clip with its labels, its prediction and its logits.

    Args:
        clips: the scored rows of the manifest.
        logits: (clips, emotions).
        emotions: the classes of the model.

    Returns:
        Columns path, speaker, gender, emotion, predicted and `logit_<emotion>`. `predicted` has the highest
        logit among the emotions that both model and test set have; it is empty for clips of other emotions. Where the
        manifest has `votes`, also `target_<emotion>`, its share of the votes for these emotions, NaN without any.
    """
    common = common_emotions(clips, emotions)
    columns = [emotions.index(emotion) for emotion in common]
    table = described(clips, "emotion")
    predicted = pd.Series(np.array(common)[logits[:, columns].argmax(axis=1)], dtype="str")
    table["predicted"] = predicted.where(table["emotion"].isin(common))
    table = table.assign(**{f"logit_{emotion}": logits[:, i] for i, emotion in enumerate(emotions)})
    if "votes" not in clips:
        return table
    shares = votes.shares(clips["votes"], common)
    return table.assign(**{f"target_{emotion}": shares[:, i] for i, emotion in enumerate(common)})


def common_emotions(clips: pd.DataFrame, emotions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the emotions that both the test set and the model have: those that are scored."""
    present = set(clips["emotion"])
    return tuple(emotion for emotion in emotions if emotion in present)


def left_out(table: pd.DataFrame, emotions: tuple[str, ...]) -> dict[str, int]:
    """Return the emotions that are not scored -> number of clips of the test set."""
    common = common_emotions(table, emotions)
    present = set(table["emotion"])
    outside = in_order({*present, *emotions} - {*common})
    return {emotion: int((table["emotion"] == emotion).sum()) for emotion in outside}


def scores(table: pd.DataFrame, temperature: float | None = None) -> pd.DataFrame:
    """Return the scores over all clips and for each gender.

    UAR and macro F1 are means over the emotions in the truth of a group. Probabilities are normalised over the scored
    emotions.

    Args:
        table: the result of `predictions`; clips without prediction do not count.
        temperature: fitted on the validation part (`ser.metrics.calibration.fit_temperature`).

    Returns:
        Columns group, metric, value: accuracy, UAR (unweighted average recall), macro and weighted F1,
        recall of each emotion; from the logits, if the table has them, ece, brier and nll; with a temperature also
        those after scaling (ece_calibrated and so on) and the temperature; with shares of votes js_distance and
        kl_divergence, means over the clips that have them.
    """
    table = table[table["predicted"].notna()]
    labels = in_order(table["emotion"])
    groups = [(ALL, table), *table.groupby("gender", sort=True)]
    rows = []
    for name, part in groups:
        metrics = _metrics(part) | _calibration(part, labels, temperature) | _distances(part, labels)
        if name == ALL and temperature is not None:
            metrics["temperature"] = temperature
        rows += [(name, metric, value) for metric, value in metrics.items()]
    return pd.DataFrame(rows, columns=["group", "metric", "value"])


def human_ceiling(clips: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return how well one rater agrees with the majority of the others, on the clips and emotions that are scored.

    Args:
        clips: the scored rows of the manifest, with `votes` where there were several raters.
        table: the result of `predictions` for them.

    Returns:
        Columns group, metric, value, as `scores`: metrics of `ser.schema.CEILING`. Empty without counted votes of two
        raters or more (`ser.metrics.agreement.pairable`).
    """
    ceiling = None
    if "votes" in clips:
        scored = table["predicted"].notna().to_numpy()
        emotions = sorted(set(table["emotion"][scored]))
        ceiling = agreement.human_ceiling(votes.counts(clips["votes"][scored], emotions))
    rows = [] if ceiling is None else [(ALL, metric, value) for metric, value in ceiling.scores().items()]
    return pd.DataFrame(rows, columns=["group", "metric", "value"])


def _calibration(table: pd.DataFrame, labels: Sequence[str], temperature: float | None) -> dict[str, float]:
    columns = [f"logit_{emotion}" for emotion in labels]
    if not set(columns) <= set(table.columns) or table[columns].isna().any(axis=None):
        return {}
    truth = table["emotion"].map(labels.index).to_numpy(int)
    return calibration.scores(table[columns].to_numpy(float), truth, temperature)


def _distances(table: pd.DataFrame, labels: Sequence[str]) -> dict[str, float]:
    logits, targets = ([f"{kind}_{emotion}" for emotion in labels] for kind in ("logit", "target"))
    if not {*logits, *targets} <= set(table.columns):
        return {}
    table = table[table[targets].notna().all(axis=1)]
    if table.empty or table[logits].isna().any(axis=None):
        return {}
    probability = calibration.probabilities(table[logits].to_numpy(float))
    target = table[targets].to_numpy(float)
    return {metric: float(distances(probability, target).mean()) for metric, distances in DISTANCES.items()}


def _metrics(table: pd.DataFrame) -> dict[str, float]:
    truth, predicted = table["emotion"].to_numpy(str), table["predicted"].to_numpy(str)
    classes = in_order(truth)
    recalls = recall_score(truth, predicted, labels=classes, average=None, zero_division=0)
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "uar": float(recalls.mean()),
        "macro_f1": float(f1_score(truth, predicted, labels=classes, average="macro", zero_division=0)),
        "weighted_f1": float(f1_score(truth, predicted, labels=classes, average="weighted", zero_division=0)),
        **{f"recall_{emotion}": float(recall) for emotion, recall in zip(classes, recalls, strict=True)},
    }


def confusion(table: pd.DataFrame, emotions: Sequence[str]) -> pd.DataFrame:
    """Count clips by emotion (rows) and prediction (columns), over the emotions that are scored, in this order."""
    table = table[table["predicted"].notna()]
    labels = [emotion for emotion in emotions if emotion in set(table["emotion"])]
    counts = confusion_matrix(table["emotion"].to_numpy(str), table["predicted"].to_numpy(str), labels=labels)
    return pd.DataFrame(counts, index=pd.Index(labels, name="emotion"), columns=pd.Index(labels, name="predicted"))


def draw_confusion(counts: pd.DataFrame, title: str) -> "Figure":
    """Draw a confusion matrix: shares of each emotion in colour, counts in figures.

    Axes positions are fixed, because an automatic layout takes longer than the drawing.
    """
    from matplotlib.figure import Figure

    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    side = max(3.1, 0.33 * len(counts))
    longest = 0.08 * max(map(len, counts.index), default=0)  # inches of a label
    left, below = max(1.1, 0.5 + longest), max(0.8, 0.5 + 0.65 * longest)
    width, height = left + side + 0.4, below + side + 0.3
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((left / width, below / height, side / width, side / height))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(counts)), counts.columns, rotation=40, ha="right")
    axes.set_yticks(range(len(counts)), counts.index)
    axes.set(xlabel="predicted", ylabel="emotion", title=title)
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        dark = shares.to_numpy()[row, column] > 0.6
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure
