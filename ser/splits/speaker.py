"""Seeded speaker-independent splits of a corpus into train, validation and test parts.

The paper's protocol is two stages of 80-20, so about 64 % train, 16 % validation and 20 % test, with genders
and emotions kept in proportion. All clips of a speaker are in one part.
"""

import itertools
import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.schema import SPLITS, UNKNOWN_SPEAKER

logger = logging.getLogger(__name__)

FOLDS = 5
DRAWS = 200
"""Of a split, until every part has every emotion and gender that it can have."""
BALANCED: Final = 4
"""Speakers of a gender from which on every part is to have one; of fewer, less than half would be left to train on."""
MANY: Final = 30
"""Speakers of an emotion or gender that practically no part lacks, so that the first draw is taken."""


def assign(corpus: Corpus, seed: int) -> np.ndarray:
    """Return the part of each clip, as `speaker_split`."""
    return speaker_split(corpus.clips, seed, corpus.name)


def speaker_split(clips: pd.DataFrame, seed: int, source: str) -> np.ndarray:
    """Return the part of each clip; all clips of a speaker are in one part.

    Each stage takes one fold of scikit-learn's `StratifiedGroupKFold`, stratified on emotion x gender. Which
    fold is drawn at random, because the first folds always get the speakers with the most uneven clips. A draw that
    leaves a part without an emotion of three speakers or a gender of four is drawn again, `DRAWS` times at most; then
    the one that lacks least is taken. Clips of unknown speakers are split by recording.

    Args:
        clips: a manifest.
        seed: the same seed gives the same split, on any machine.
        source: the corpus, for messages.

    Returns:
        (clips,) of "train", "validation" or "test".

    Raises:
        CorpusError: fewer than three speakers.
    """
    clips = by_recording(clips, source)
    speakers = clips["speaker"].to_numpy()
    if len(set(speakers)) < len(SPLITS):
        raise CorpusError(
            f"{source}: {len(set(speakers))} speaker(s), but train, validation and test need at least one each."
            " Possible are: only test on this corpus; split=sentence, which has every speaker in every part; or"
            " split=folds or split=table with parts of your own"
        )
    return _drawn(clips, seed, _shared(clips))


def by_recording(clips: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return a manifest in which every recording of unknown speakers is a speaker of its own, and say so.

    Args:
        clips: a manifest.
        source: the corpus, for messages.
    """
    unknown = clips["speaker"] == UNKNOWN_SPEAKER
    if not unknown.any():
        return clips
    logger.warning(
        "%s: the speakers of %d clips are unknown, so these are split one by one, or by recording where they are parts"
        " of one: a speaker may be in both training and test, and the scores may be too high",
        source,
        unknown.sum(),
    )
    return clips.assign(speaker=clips["speaker"].mask(unknown, "clip " + clips["path"]))


def differs_from_one_draw(clips: pd.DataFrame, seed: int) -> bool:
    """Return whether `speaker_split` differs from the split of versions before 0.2, the first draw in five folds.

    Where every emotion and gender has `MANY` speakers, the first draw is taken as it is.
    """
    shared = _shared(clips)
    if _fewest(shared) >= MANY or clips["speaker"].nunique() < len(SPLITS):
        return False
    return bool((next(_draws(clips, seed, [])) != _drawn(clips, seed, shared)).any())


def _drawn(clips: pd.DataFrame, seed: int, shared: Mapping[str, pd.Series]) -> np.ndarray:
    """Return the first split that lacks nothing of what is shared, or of `DRAWS` the one that lacks least."""
    draws = _draws(clips, seed, list(shared["gender"].index))
    best = next(draws)
    if _fewest(shared) >= MANY:
        return best
    least = _lacks(clips, best, shared)
    for split in itertools.islice(draws, DRAWS - 1):
        if not least:
            break
        if (lacks := _lacks(clips, split, shared)) < least:
            best, least = split, lacks
    return best


def _draws(clips: pd.DataFrame, seed: int, balanced: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield splits, each drawn at random.

    Args:
        clips: a manifest.
        seed: of all of them.
        balanced: the genders that every part is to have.
    """
    random, strata = np.random.default_rng(seed), strata_of(clips)
    speakers, rows = clips["speaker"].to_numpy(), np.arange(len(clips))
    while True:
        split = np.full(len(clips), "train", dtype="<U10")
        stages = random.integers(np.iinfo(np.int32).max, size=(2, 2))
        for name, (shuffle, pick) in zip(("test", "validation"), stages, strict=True):
            rest = rows[split == "train"]
            folds = _folds(clips.iloc[rest], balanced)
            split[rest[_one_fold(strata[rest], speakers[rest], folds, int(shuffle), int(pick))]] = name
        yield split


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


def _folds(clips: pd.DataFrame, balanced: Sequence[str]) -> int:
    """Return into how many folds speakers are put, so that each fold can have all of these genders."""
    return min(FOLDS, *(clips["speaker"][clips["gender"] == gender].nunique() for gender in balanced), FOLDS)


def _shared(clips: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the emotions and genders that every part can have, each with the number of its speakers."""
    shared = {}
    for column, least in (("emotion", len(SPLITS)), ("gender", BALANCED)):
        counts = clips[clips[column] != "unknown"].groupby(column)["speaker"].nunique()
        shared[column] = counts[counts >= least]
    return shared


def _fewest(shared: Mapping[str, pd.Series]) -> int:
    """Return the number of speakers of the emotion or gender that has the fewest."""
    return min((int(counts.min()) for counts in shared.values() if len(counts)), default=0)


def _lacks(clips: pd.DataFrame, split: np.ndarray, shared: Mapping[str, pd.Series]) -> int:
    """Return how many of the shared emotions and genders the parts lack."""
    lacking = 0
    for column, counts in shared.items():
        there = pd.crosstab(clips[column].to_numpy(), split)
        there = there.reindex(index=counts.index, columns=list(SPLITS), fill_value=0)
        lacking += int((there == 0).to_numpy().sum())
    return lacking


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
