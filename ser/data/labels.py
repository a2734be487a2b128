"""Targets of a model: class indices of emotions, or values of dimensions."""

import numpy as np
import pandas as pd

from ser.errors import CorpusError
from ser.schema import DIMENSIONS, EMOTIONS


def emotion_classes(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return the emotions that occur, in the order of the vocabulary: the classes of a model trained on them."""
    present = set(clips["emotion"])
    return tuple(emotion for emotion in EMOTIONS if emotion in present)


def emotion_labels(clips: pd.DataFrame, emotions: tuple[str, ...]) -> np.ndarray:
    """Return (clips,) the index of each clip's emotion in `emotions`, -1 if it is not among them."""
    return pd.Index(emotions).get_indexer(pd.Index(clips["emotion"]))


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
