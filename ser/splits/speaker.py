"""Seeded splits of a corpus into train, validation and test parts that share no speaker.

The paper's protocol is two stages of 80-20, so about 64 % train, 16 % validation and 20 % test, with genders
and emotions kept in proportion. Speakers are dealt out whole, over all emotions at once.
"""

import math
import warnings

import numpy as np
import pandas as pd

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.schema import SPLITS

FOLDS = 5


def assign(corpus: Corpus, seed: int) -> np.ndarray:
    """Deal out the speakers of a corpus, as `speaker_split` does."""
    return speaker_split(corpus.clips, seed, corpus.name)


def speaker_split(clips: pd.DataFrame, seed: int, source: str) -> np.ndarray:
    """Assign every clip to a split by its speaker.

    Each stage takes one fold of scikit-learn's `StratifiedGroupKFold`, stratified on emotion x gender. Which
    fold is drawn from the seed: the first folds always get the speakers with the most uneven clips.

    Args:
        clips: a manifest.
        seed: the same seed gives the same split, on any machine.
        source: the corpus, for messages.

    Returns:
        (clips,) of "train", "validation" or "test".

    Raises:
        CorpusError: fewer than three speakers.
    """
    speakers = clips["speaker"].to_numpy()
    if len(set(speakers)) < len(SPLITS):
        raise CorpusError(
            f"{source}: {len(set(speakers))} speaker(s), but train, validation and test need at least one each:"
            " use a corpus of three or more speakers, or only test on this one"
        )
    strata = strata_of(clips)
    stages = np.random.default_rng(seed).integers(np.iinfo(np.int32).max, size=(2, 2))
    split = np.full(len(clips), "train", dtype="<U10")
    for name, (shuffle, draw) in zip(("test", "validation"), stages, strict=True):
        rest = np.flatnonzero(split == "train")
        split[rest[_one_fold(strata[rest], speakers[rest], int(shuffle), int(draw))]] = name
    return split


def held_out_speakers(strata: np.ndarray, speakers: np.ndarray, seed: int) -> np.ndarray:
    """Hold out the speakers of about a fifth of the clips, strata kept in proportion.

    Args:
        strata: (clips,) what each part shall have its share of.
        speakers: (clips,); two or more.
        seed: the same seed gives the same speakers, on any machine.

    Returns:
        (clips,) True where the speaker is held out.

    Raises:
        CorpusError: there is one speaker only.
    """
    if len(set(speakers)) < 2:
        raise CorpusError("one speaker only, but training and validation need at least one each; add speech of another")
    shuffle, draw = np.random.default_rng(seed).integers(np.iinfo(np.int32).max, size=2)
    held_out = np.zeros(len(speakers), dtype=bool)
    held_out[_one_fold(strata, speakers, int(shuffle), int(draw))] = True
    return held_out


def strata_of(clips: pd.DataFrame) -> np.ndarray:
    """Return what each part shall have its share of: emotion x gender, (clips,)."""
    return (clips["emotion"] + "/" + clips["gender"]).to_numpy()


def _one_fold(strata: np.ndarray, speakers: np.ndarray, shuffle: int, draw: int) -> np.ndarray:
    """Return the rows of about a fifth of the clips: one drawn fold, or one speaker where there are few."""
    from sklearn.model_selection import StratifiedGroupKFold  # late: who asks how a sweep stands splits nothing

    folds = min(FOLDS, len(set(speakers)))
    # Strata that are all smaller than the number of folds are refused; copies of every clip keep the proportions.
    copies = math.ceil(folds / np.unique(strata, return_counts=True)[1].max())
    strata, speakers = np.tile(strata, copies), np.tile(speakers, copies)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")  # a gender of one speaker, say
        parts = list(StratifiedGroupKFold(folds, shuffle=True, random_state=shuffle).split(strata, strata, speakers))
    occupied = [rows[: len(rows) // copies] for _, rows in parts if len(rows)]
    return occupied[draw % len(occupied)]
