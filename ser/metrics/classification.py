"""From logits to scores: pure functions on labels, the metrics of scikit-learn."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from ser.metrics import calibration
from ser.schema import ALL, EMOTIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def predictions(clips: pd.DataFrame, logits: np.ndarray, emotions: tuple[str, ...]) -> pd.DataFrame:
    """Return one row a clip: what it is, what the model says, and the logits.

    Args:
        clips: the rows of the manifest that were scored.
        logits: (clips, emotions).
        emotions: the classes of the model.

    Returns:
        Columns path, speaker, gender, emotion, predicted and `logit_<emotion>`. `predicted` is the likeliest
        of the emotions that both the model and the test set have; it is empty for clips of other emotions.
    """
    common = common_emotions(clips, emotions)
    columns = [emotions.index(emotion) for emotion in common]
    table = clips[["path", "speaker", "gender", "emotion"]].reset_index(drop=True)
    predicted = pd.Series(np.array(common)[logits[:, columns].argmax(axis=1)], dtype="str")
    table["predicted"] = predicted.where(table["emotion"].isin(common))
    return table.assign(**{f"logit_{emotion}": logits[:, i] for i, emotion in enumerate(emotions)})


def common_emotions(clips: pd.DataFrame, emotions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the emotions that a test set can be scored on: those that it has and the model knows."""
    present = set(clips["emotion"])
    return tuple(emotion for emotion in emotions if emotion in present)


def left_out(table: pd.DataFrame, emotions: tuple[str, ...]) -> dict[str, int]:
    """Return what scoring on the common emotions leaves out: emotion -> clips of the test set, 0 if it has none."""
    common = common_emotions(table, emotions)
    present = set(table["emotion"])
    outside = [emotion for emotion in EMOTIONS if emotion not in common and (emotion in present or emotion in emotions)]
    return {emotion: int((table["emotion"] == emotion).sum()) for emotion in outside}


def scores(table: pd.DataFrame, temperature: float | None = None) -> pd.DataFrame:
    """Score predictions over all clips and for each gender.

    Classes are those that occur in the truth of a group: UAR and macro F1 are means over them. Probabilities are those
    of the emotions that are scored, so that they sum to 1.

    Args:
        table: as `predictions` returns it; clips without prediction do not count.
        temperature: fitted on the validation part (`ser.metrics.calibration.fit_temperature`).

    Returns:
        Columns group, metric, value: accuracy, UAR (unweighted average recall), macro and weighted F1,
        recall of each emotion; from the logits, where the table has them, ece, brier and nll, and with a temperature
        what they are at it (ece_calibrated and so on), and the temperature.
    """
    table = table[table["predicted"].notna()]
    labels = [emotion for emotion in EMOTIONS if emotion in set(table["emotion"])]
    groups = [(ALL, table), *table.groupby("gender", sort=True)]
    rows = []
    for name, part in groups:
        found = _metrics(part) | _calibration(part, labels, temperature)
        if name == ALL and temperature is not None:
            found["temperature"] = temperature
        rows += [(name, metric, value) for metric, value in found.items()]
    return pd.DataFrame(rows, columns=["group", "metric", "value"])


def _calibration(table: pd.DataFrame, labels: list[str], temperature: float | None) -> dict[str, float]:
    columns = [f"logit_{emotion}" for emotion in labels]
    if not set(columns) <= set(table.columns) or table[columns].isna().any(axis=None):
        return {}
    truth = table["emotion"].map(labels.index).to_numpy(int)
    return calibration.scores(table[columns].to_numpy(float), truth, temperature)


def _metrics(table: pd.DataFrame) -> dict[str, float]:
    truth, predicted = table["emotion"].to_numpy(str), table["predicted"].to_numpy(str)
    classes = [emotion for emotion in EMOTIONS if emotion in set(truth)]
    recalls = recall_score(truth, predicted, labels=classes, average=None, zero_division=0)
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "uar": float(recalls.mean()),
        "macro_f1": float(f1_score(truth, predicted, labels=classes, average="macro", zero_division=0)),
        "weighted_f1": float(f1_score(truth, predicted, labels=classes, average="weighted", zero_division=0)),
        **{f"recall_{emotion}": float(recall) for emotion, recall in zip(classes, recalls, strict=True)},
    }


def confusion(table: pd.DataFrame) -> pd.DataFrame:
    """Count clips by emotion (rows) and prediction (columns), over the emotions that are scored."""
    table = table[table["predicted"].notna()]
    labels = [emotion for emotion in EMOTIONS if emotion in set(table["emotion"])]
    counts = confusion_matrix(table["emotion"].to_numpy(str), table["predicted"].to_numpy(str), labels=labels)
    return pd.DataFrame(counts, index=pd.Index(labels, name="emotion"), columns=pd.Index(labels, name="predicted"))


def draw_confusion(counts: pd.DataFrame, title: str) -> "Figure":
    """Draw a confusion matrix: shares of each emotion in colour, counts in figures.

    Places are fixed, not found: a layout that is computed takes longer than the drawing.
    """
    from matplotlib.figure import Figure

    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    figure = Figure(figsize=(4.6, 4.2))
    axes = figure.add_axes((0.24, 0.22, 0.73, 0.7))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(counts)), counts.columns, rotation=40, ha="right")
    axes.set_yticks(range(len(counts)), counts.index)
    axes.set(xlabel="predicted", ylabel="emotion", title=title)
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        dark = shares.to_numpy()[row, column] > 0.6
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return figure
