"""Leave one corpus out: all clips of one training corpus are the test set, the others train and validate."""

import numpy as np

from ser.corpora import Corpus
from ser.splits.predefined import with_validation


def assign(source: Corpus, seed: int, *, corpus: str) -> np.ndarray:
    """Return all clips of the left-out corpus as test; of another, hold out a fifth of the speakers for validation.

    Raises:
        CorpusError: a training corpus has one speaker only.
    """
    if source.name == corpus:
        return np.full(len(source.clips), "test", dtype="<U10")
    everything = np.full(len(source.clips), "train", dtype="<U10")
    return with_validation(everything, source, seed, f"corpus '{source.name}'")
