"""Targets of a model: class indices of emotions, shares of raters' votes, or values of dimensions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ser import votes
from ser.errors import CorpusError
from ser.labels import in_order, spelled
from ser.schema import DIMENSIONS


def emotion_classes(clips: pd.DataFrame, chosen: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the emotions that occur: the classes of a model trained on them.

    Args:
        clips: a manifest.
        chosen: their order, `dataset.emotions`; None is that of `ser.labels.in_order`.
    """
    present = set(clips["emotion"])
    order = in_order(present) if chosen is None else dict.fromkeys(map(spelled, chosen))
    return tuple(emotion for emotion in order if emotion in present)


def emotion_labels(clips: pd.DataFrame, emotions: tuple[str, ...]) -> np.ndarray:
    """Return (clips,) the index of each clip's emotion in `emotions`, -1 if it is not among them."""
    return pd.Index(emotions).get_indexer(pd.Index(clips["emotion"]))


def soft_labels(clips: pd.DataFrame, emotions: tuple[str, ...]) -> np.ndarray:
    """Return (clips, emotions) float32 shares of the votes for these emotions.

    Raises:
        CorpusError: a clip has no vote for any of them.
    """
    shares = votes.shares(clips["votes"], emotions)
    without = clips["path"][np.isnan(shares).any(axis=1)]
    if len(without):
        raise CorpusError(
            f"task.labels=soft: {len(without)} clips have no vote for {', '.join(emotions)} ({without.iloc[0]}); leave"
            " them out of the table, or train with task.labels=majority"
        )
    return shares.astype(np.float32)


def dimension_labels(clips: pd.DataFrame) -> np.ndarray:
    """Return (clips, dimensions) float32 arousal, valence and dominance, each from 0 to 1."""
    return clips[[*DIMENSIONS]].to_numpy(np.float32)


def strata(clips: pd.DataFrame, dimensions: bool) -> np.ndarray:
    """Return (clips,) the strata that every batch should mix: emotions, or low, middle and high arousal."""
    return np.digitize(clips["arousal"], [1 / 3, 2 / 3]) if dimensions else clips["emotion"].to_numpy()


def require_emotions(clips: pd.DataFrame, name: str, emotions: tuple[str, ...], train: str) -> None:
    """Raise CorpusError if a test set has none of the emotions of the training corpus."""
    if not set(clips["emotion"]) & set(emotions):
        raise CorpusError(
            f"test set '{name}' has none of the emotions of '{train}' ({', '.join(emotions)}):"
            " leave it out of dataset.tests"
        )


def require_votes(clips: pd.DataFrame, name: str) -> None:
    """Raise CorpusError if a training corpus has no votes of raters."""
    if "votes" not in clips:
        raise CorpusError(
            f"task.labels=soft: training corpus '{name}' has no votes of several raters, one label a clip alone; train"
            " with task.labels=majority, or name its votes: a table with a row a rating and a column rater, a table"
            " with columns of votes, or the option of its reader (see conf/corpus)"
        )


def require_dimensions(clips: pd.DataFrame, name: str) -> None:
    """Raise CorpusError if a corpus has no ratings of the dimensions, or no rating scale."""
    missing = [column for column in DIMENSIONS if column not in clips]
    if missing:
        raise CorpusError(f"task=dimensions: corpus '{name}' has no column {', '.join(missing)}")
    if any(not pd.api.types.is_float_dtype(clips[column]) for column in DIMENSIONS):
        raise CorpusError(
            f"task=dimensions: on which scale is corpus '{name}' rated?"
            f" Set dataset.corpora.{name}.scale=[<lowest>,<highest>]"
        )
