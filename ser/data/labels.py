"""What a model is to say of clips: which of the emotions, or how much of each dimension."""

import numpy as np
import pandas as pd

from ser.errors import CorpusError
from ser.schema import DIMENSIONS, EMOTIONS


def known_emotions(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return the emotions that occur, in the order of the vocabulary: the classes of a model trained on them."""
    present = set(clips["emotion"])
    return tuple(emotion for emotion in EMOTIONS if emotion in present)


def emotion_labels(clips: pd.DataFrame, emotions: tuple[str, ...]) -> np.ndarray:
    """Return (clips,) the place of each clip's emotion among `emotions`, -1 where it is none of them."""
    return pd.Index(emotions).get_indexer(pd.Index(clips["emotion"]))


def dimension_labels(clips: pd.DataFrame) -> np.ndarray:
    """Return (clips, dimensions) float32 arousal, valence and dominance, each from 0 to 1."""
    return clips[[*DIMENSIONS]].to_numpy(np.float32)


def levels(clips: pd.DataFrame, dimensions: bool) -> np.ndarray:
    """Return (clips,) what no batch should have too much of: emotions, or low, middle and high arousal."""
    return np.digitize(clips["arousal"], [1 / 3, 2 / 3]) if dimensions else clips["emotion"].to_numpy()


def require_emotions(clips: pd.DataFrame, name: str, emotions: tuple[str, ...], train: str) -> None:
    """Refuse a test set that has nothing to score.

    Raises:
        CorpusError: it has none of the emotions that are trained on.
    """
    if not set(clips["emotion"]) & set(emotions):
        raise CorpusError(
            f"test set '{name}' has none of the emotions of '{train}' ({', '.join(emotions)}):"
            " leave it out of dataset.tests"
        )


def require_dimensions(clips: pd.DataFrame, name: str) -> None:
    """Refuse a corpus without ratings.

    Raises:
        CorpusError: it has no dimensions, or their scale is not known.
    """
    missing = [column for column in DIMENSIONS if column not in clips]
    if missing:
        raise CorpusError(f"task=dimensions: corpus '{name}' has no column {', '.join(missing)}")
    if any(not pd.api.types.is_float_dtype(clips[column]) for column in DIMENSIONS):
        raise CorpusError(
            f"task=dimensions: on which scale is corpus '{name}' rated?"
            f" Set dataset.corpora.{name}.scale=[<lowest>,<highest>]"
        )
