"""A split that somebody wrote down: fit it to the clips that there are, and say what does not fit."""

import logging
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

import numpy as np

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.logistics import logistics
from ser.schema import UNUSED
from ser.splits.speaker import held_out_speakers, strata_of

STRANGERS_AT_MOST: Final = 0.05
"""The share of its clips that a split may name and the corpus not have, beside those outside the vocabulary."""

Overlap = Annotated[Literal["refuse", "warn"], logistics()]
"""What to do about speakers who are both trained on and tested on."""

logger = logging.getLogger(__name__)


def fit(parts: Iterable[tuple[str, str]], corpus: Corpus, seed: int, source: str, overlap: Overlap) -> np.ndarray:
    """Return the part of each clip: (clips,) of train, validation, test or unused.

    A path of the split is that of the clip which it ends with: `downloads/emovo/f1/rab-f1-b1.wav` is
    `f1/rab-f1-b1.wav`. Where no part is for validation, a fifth of the training speakers is held out for it.

    Args:
        parts: pairs of the path of a clip and train, validation or test.
        corpus: that is split.
        seed: determines who is held out for validation.
        source: of the split, for messages.
        overlap: what to do about speakers who are both trained on and tested on.

    Raises:
        CorpusError: too many clips are strangers to the corpus, a clip stands in two parts, nothing is left to train
            on or to test on, or a speaker is on both sides.
    """
    positions = {path: position for position, path in enumerate(corpus.clips["path"])}
    split = np.full(len(positions), UNUSED, dtype="<U10")
    parts, strangers = list(parts), []
    for path, part in parts:
        position = _position(path, positions)
        if position is None:
            strangers.append(path)
        elif split[position] not in (UNUSED, part):
            raise CorpusError(f"{source}: {path} stands in two parts, {split[position]} and {part}; keep one")
        else:
            split[position] = part
    allowed = sum(corpus.dropped.values()) + STRANGERS_AT_MOST * len(parts)
    if len(strangers) > allowed:
        raise CorpusError(
            f"{source}: {len(strangers)} of {len(parts)} clips are not in corpus '{corpus.name}' ({strangers[0]}, where"
            f" the corpus has {next(iter(positions))}); is it a split of this corpus?"
        )
    _log_unfit(strangers, split, source)
    for part in ("train", "test"):
        if not (split == part).any():
            raise CorpusError(f"{source}: no clip of corpus '{corpus.name}' to {part} on; check the split")
    _require_apart(split, corpus, source, overlap)
    return split if (split == "validation").any() else with_validation(split, corpus, seed, source)


def _position(path: str, positions: Mapping[str, int]) -> int | None:
    while path not in positions:
        _, slash, path = path.partition("/")
        if not slash:
            return None
    return positions[path]


def _log_unfit(strangers: list[str], split: np.ndarray, source: str) -> None:
    unused = int((split == UNUSED).sum())
    if strangers or unused:
        logger.info(
            "%s: %d clips of it are not in the corpus, %d of the corpus not in it", source, len(strangers), unused
        )


def _require_apart(split: np.ndarray, corpus: Corpus, source: str, overlap: Overlap) -> None:
    speakers = corpus.clips["speaker"]
    both = sorted(set(speakers[split == "test"]) & set(speakers[np.isin(split, ("train", "validation"))]))
    if not both:
        return
    told = f"{source}: {len(both)} speaker(s) are both trained on and tested on ({', '.join(both[:3])})"
    if overlap == "refuse":
        raise CorpusError(
            f"{told}: the scores would be too good; use another split, or accept it with split.overlap=warn"
        )
    logger.warning("%s: the scores will be too good", told)


def with_validation(split: np.ndarray, corpus: Corpus, seed: int, source: str) -> np.ndarray:
    """Hold out about a fifth of the training speakers.

    Args:
        split: (clips,) part of each clip, none of them validation.
        corpus: that is split.
        seed: determines who is held out.
        source: of the split, for messages.

    Raises:
        CorpusError: there is one speaker to train on.
    """
    train = np.flatnonzero(split == "train")
    clips = corpus.clips.iloc[train]
    if clips["speaker"].nunique() < 2:
        raise CorpusError(f"{source}: one speaker to train on, and none left for validation; name clips to validate on")
    split = split.copy()
    split[train[held_out_speakers(strata_of(clips), clips["speaker"].to_numpy(), seed)]] = "validation"
    return split
