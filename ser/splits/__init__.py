"""Which clips of a corpus are trained on, validated on and tested on.

A kind of split is a module with two functions: `tables(split, corpus)` names the files beside the corpus that determine
it, and `assign(split, corpus, seed)` gives every clip its part. To add one, write its module, name it in `SPLITS`, its
options in `ser.settings`, and its defaults in `conf/split/`.
"""

import hashlib
from types import ModuleType
from typing import Final

import numpy as np

from ser.corpora import Corpus
from ser.settings import SplitSettings
from ser.splits import folds, leave_one_corpus_out, leave_one_speaker_out, official, speaker
from ser.splits.share import share_of
from ser.splits.speaker import held_out_speakers, speaker_split

SPLITS: Final[dict[str, ModuleType]] = {
    "speaker": speaker,
    "official": official,
    "folds": folds,
    "leave_one_corpus_out": leave_one_corpus_out,
    "leave_one_speaker_out": leave_one_speaker_out,
}

__all__ = ["SPLITS", "assign", "content", "held_out_speakers", "share_of", "speaker_split"]


def assign(split: SplitSettings, corpus: Corpus, seed: int) -> np.ndarray:
    """Give every clip of a corpus its part.

    Args:
        split: the kind, and its options.
        corpus: that is trained on.
        seed: of what the kind leaves open; the same one gives the same split, on any machine.

    Returns:
        (clips,) of "train", "validation", "test", or "unused" for clips that the split does not name.

    Raises:
        ConfigError: the corpus has no such split, or the kind no such fold.
        CorpusError: the split does not fit the corpus, leaves a part empty, or has a speaker in two parts.
    """
    return SPLITS[split.name].assign(split, corpus, seed)


def content(split: SplitSettings, corpus: Corpus) -> str | None:
    """Return a hash of the files that determine a split; None where there are none."""
    tables = SPLITS[split.name].tables(split, corpus)
    if not tables:
        return None
    digest = hashlib.blake2b(digest_size=16)
    for table in tables:
        digest.update(hashlib.blake2b(table.read_bytes()).digest())
    return digest.hexdigest()
