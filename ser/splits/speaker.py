"""Seeded speaker-independent splits of a corpus into train, validation and test parts.

The paper's protocol is two stages of 80-20, so about 64 % train, 16 % validation and 20 % test, with genders
and emotions kept in proportion. All clips of a speaker are in one part.
"""

import logging
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.schema import SPLITS, UNKNOWN_SPEAKER

logger = logging.getLogger(__name__)

FOLDS = 5
DRAWS = 200
"""Of a split, until every part has every emotion and gender that it can have."""


def assign(corpus: Corpus, seed: int) -> np.ndarray:
    """Return the part of each clip, as `speaker_split`."""
    return speaker_split(corpus.clips, seed, corpus.name)


def speaker_split(clips: pd.DataFrame, seed: int, source: str) -> np.ndarray:
    """Return the part of each clip; all clips of a speaker are in one part.

    Each stage takes one fold of scikit-learn's `StratifiedGroupKFold`, stratified on emotion x gender. Which
    fold is drawn at random, because the first folds always get the speakers with the most uneven clips. A draw that
    leaves a part without an emotion or a gender that three speakers have is drawn again, `DRAWS` times at most; then
    the one that lacks least is taken. Clips of unknown speakers are split one by one.

    Args:
        clips: a manifest.
        seed: the same seed gives the same split, on any machine.
        source: the corpus, for messages.

    Returns:
        (clips,) of "train", "validation" or "test".

    Raises:
        CorpusError: fewer than three speakers.
    """
    if unknown := int((clips["speaker"] == UNKNOWN_SPEAKER).sum()):
        logger.warning(
            "%s: the speakers of %d clips are unknown, so these are split one by one: a speaker may be in both training"
            " and test, and the scores may be too high",
            source,
            unknown,
        )
        clips = clips.assign(
            speaker=clips["speaker"].where(clips["speaker"] != UNKNOWN_SPEAKER, "clip " + clips["path"])
        )
    speakers = clips["speaker"].to_numpy()
    if len(set(speakers)) < len(SPLITS):
        raise CorpusError(
            f"{source}: {len(set(speakers))} speaker(s), but train, validation and test need at least one each."
            " Possible are: only test on this corpus; split=sentence, which has every speaker in every part; or"
            " split=folds or split=table with parts of your own"
        )
    random, strata, rows = np.random.default_rng(seed), strata_of(clips), np.arange(len(clips))

    def draw() -> np.ndarray:
        split = np.full(len(clips), "train", dtype="<U10")
        stages = random.integers(np.iinfo(np.int32).max, size=(2, 2))
        for name, (shuffle, pick), parts in zip(("test", "validation"), stages, (3, 2), strict=True):
            rest = rows[split == "train"]
            folds = _folds(clips.iloc[rest], parts)
            split[rest[_one_fold(strata[rest], speakers[rest], folds, int(shuffle), int(pick))]] = name
        return split

    return _least_lacking(draw, clips, SPLITS)


def held_out_speakers(strata: np.ndarray, speakers: np.ndarray, seed: int) -> np.ndarray:
    """Return a mask of held-out speakers with about a fifth of the clips, stratified.

    Args:
        strata: (clips,) labels to stratify by.
        speakers: (clips,); two or more.
        seed: the same seed gives the same speakers, on any machine.

    Returns:
        (clips,) True where the speaker is held out.

    Raises:
        CorpusError: there is only one speaker.
    """
    if len(set(speakers)) < 2:
        raise CorpusError("one speaker only, but training and validation need at least one each; add speech of another")
    shuffle, draw = np.random.default_rng(seed).integers(np.iinfo(np.int32).max, size=2)
    held_out = np.zeros(len(speakers), dtype=bool)
    held_out[_one_fold(strata, speakers, FOLDS, int(shuffle), int(draw))] = True
    return held_out


def validation_speakers(clips: pd.DataFrame, seed: int) -> np.ndarray:
    """Return a mask of the clips whose speakers are held out for validation, drawn as `speaker_split` draws.

    Args:
        clips: a manifest of two speakers or more.
        seed: the same seed gives the same speakers, on any machine.
    """
    random, strata, speakers = np.random.default_rng(seed), strata_of(clips), clips["speaker"].to_numpy()

    def draw() -> np.ndarray:
        split = np.full(len(clips), "train", dtype="<U10")
        shuffle, pick = random.integers(np.iinfo(np.int32).max, size=2)
        split[_one_fold(strata, speakers, FOLDS, int(shuffle), int(pick))] = "validation"
        return split

    return _least_lacking(draw, clips, ("train", "validation")) == "validation"


def _folds(clips: pd.DataFrame, parts: int) -> int:
    """Return into how many folds speakers are put, so that a fold can have every gender that each part can have."""
    genders = clips[clips["gender"] != "unknown"].groupby("gender")["speaker"].nunique()
    return min(FOLDS, *genders[genders >= parts], FOLDS)


def _least_lacking(draw: Callable[[], np.ndarray], clips: pd.DataFrame, parts: Sequence[str]) -> np.ndarray:
    """Return the first split that lacks nothing that it could have, or of `DRAWS` the one that lacks least."""
    best, least = draw(), len(clips)
    for attempt in range(DRAWS):
        split = best if attempt == 0 else draw()
        lacks = sum(
            _lacks(clips[column], clips["speaker"], split, parts) for column in ("emotion", "gender") if column in clips
        )
        if lacks < least:
            best, least = split, lacks
        if not least:
            break
    return best


def _lacks(labels: pd.Series, speakers: pd.Series, split: np.ndarray, parts: Sequence[str]) -> int:
    """Return how many labels the parts lack of those that as many speakers have as there are parts."""
    shared = speakers[labels != "unknown"].groupby(labels).nunique()
    shared = shared[shared >= len(parts)]
    there = pd.crosstab(labels, split).reindex(index=shared.index, columns=list(parts), fill_value=0)
    return int((there == 0).to_numpy().sum())


def strata_of(clips: pd.DataFrame) -> np.ndarray:
    """Return the labels to stratify by: emotion x gender, (clips,)."""
    return (clips["emotion"] + "/" + clips["gender"]).to_numpy()


def _one_fold(strata: np.ndarray, speakers: np.ndarray, folds: int, shuffle: int, draw: int) -> np.ndarray:
    """Return the rows of about a fifth of the clips: one random fold, or one speaker if there are few."""
    from sklearn.model_selection import StratifiedGroupKFold  # imported late, because ser.status needs no split

    folds = min(folds, len(set(speakers)))
    # Strata that are all smaller than the number of folds are refused; copies of every clip keep the proportions.
    copies = math.ceil(folds / np.unique(strata, return_counts=True)[1].max())
    strata, speakers = np.tile(strata, copies), np.tile(speakers, copies)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")  # a gender of one speaker, say
        parts = list(StratifiedGroupKFold(folds, shuffle=True, random_state=shuffle).split(strata, strata, speakers))
    occupied = [rows[: len(rows) // copies] for _, rows in parts if len(rows)]
    return occupied[draw % len(occupied)]
