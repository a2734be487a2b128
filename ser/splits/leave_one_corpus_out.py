"""One of several training corpora is left out: the others are trained on, whole, and it is tested on, whole."""

from pathlib import Path

import numpy as np

from ser.corpora import Corpus
from ser.settings import LeaveOneCorpusOut
from ser.splits.given import with_validation


def tables(split: LeaveOneCorpusOut, corpus: Corpus) -> list[Path]:
    """Return no file: the labels and the seed determine the split."""
    return []


def assign(split: LeaveOneCorpusOut, corpus: Corpus, seed: int) -> np.ndarray:
    """Test on every clip of the corpus that is left out; of another, hold out a fifth of the speakers for validation.

    Raises:
        CorpusError: a corpus that is trained on has one speaker.
    """
    if corpus.name == split.corpus:
        return np.full(len(corpus.clips), "test", dtype="<U10")
    everything = np.full(len(corpus.clips), "train", dtype="<U10")
    return with_validation(everything, corpus, seed, f"corpus '{corpus.name}'")
