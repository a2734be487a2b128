"""A predefined split: assign its parts to the clips of a corpus, and report what does not match."""

import logging
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

import numpy as np
import pandas as pd

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.logistics import logistics
from ser.schema import UNKNOWN_SPEAKER, UNUSED, clip_names
from ser.splits.speaker import by_recording, held_out_speakers, strata_of

UNMATCHED_AT_MOST: Final = 0.05
"""Fraction of a split's clips that may be missing in the corpus, in addition to those outside the vocabulary."""

Overlap = Annotated[Literal["refuse", "warn"], logistics()]
"""What to do about speakers in both training and test."""

logger = logging.getLogger(__name__)


def assign_parts(
    parts: Iterable[tuple[str, str]], corpus: Corpus, seed: int, source: str, overlap: Overlap
) -> np.ndarray:
    """Return the part of each clip: (clips,) of train, validation, test or unused.

    A path of the split matches the clip whose path it ends with: `downloads/emovo/f1/rab-f1-b1.wav` matches
    `f1/rab-f1-b1.wav`. A path alone matches all parts of a recording, the name of a part (`ser.schema.clip_name`) that
    part. Without a validation part, a fifth of the training speakers is held out for validation.

    Args:
        parts: pairs (path or name of a clip, part).
        corpus: the corpus to split.
        seed: seed of the validation speakers.
        source: name of the split, for messages.
        overlap: what to do about speakers in both training and test.

    Raises:
        CorpusError: too many clips are not in the corpus, a clip is in two parts, no clip is left for training or test,
            or a speaker is in both training and test.
    """
    positions = _positions(corpus.clips)
    split = np.full(len(corpus.clips), UNUSED, dtype="<U10")
    parts, unmatched = list(parts), []
    for path, part in parts:
        found = _find(path, positions)
        if not found:
            unmatched.append(path)
        for position in found:
            if split[position] not in (UNUSED, part):
                raise CorpusError(f"{source}: {path} is in two parts, {split[position]} and {part}; keep one")
            split[position] = part
    allowed = sum(corpus.dropped.values()) + UNMATCHED_AT_MOST * len(parts)
    if len(unmatched) > allowed:
        raise CorpusError(
            f"{source}: {len(unmatched)} of {len(parts)} clips are not in corpus '{corpus.name}' ({unmatched[0]}, where"
            f" the corpus has {next(iter(positions))}); is it a split of this corpus?"
        )
    _log_unmatched(unmatched, split, source)
    for part in ("train", "test"):
        if not (split == part).any():
            raise CorpusError(f"{source}: no clip of corpus '{corpus.name}' to {part} on; check the split")
    require_disjoint_speakers(split, corpus, source, overlap)
    return split if (split == "validation").any() else with_validation(split, corpus, seed, source)


def _positions(clips: pd.DataFrame) -> dict[str, list[int]]:
    """Return the positions of clips by their names and by the paths of their recordings."""
    positions: dict[str, list[int]] = {}
    for position, (name, path) in enumerate(zip(clip_names(clips), clips["path"], strict=True)):
        for key in {name, path}:
            positions.setdefault(key, []).append(position)
    return positions


def _find(path: str, positions: Mapping[str, list[int]]) -> list[int]:
    while path not in positions:
        _, slash, path = path.partition("/")
        if not slash:
            return []
    return positions[path]


def _log_unmatched(unmatched: list[str], split: np.ndarray, source: str) -> None:
    unused = int((split == UNUSED).sum())
    if unmatched or unused:
        logger.info(
            "%s: %d of its clips are not in the corpus, %d of the corpus are not in it", source, len(unmatched), unused
        )


def require_disjoint_speakers(split: np.ndarray, corpus: Corpus, source: str, overlap: Overlap) -> None:
    """Refuse a split whose speakers are in both training and test, or warn of it; of unknown ones, say so.

    Raises:
        CorpusError: with the first of them.
    """
    speakers = corpus.clips["speaker"]
    trained = np.isin(split, ("train", "validation"))
    if ((speakers == UNKNOWN_SPEAKER) & (trained | (split == "test"))).any():
        logger.warning("%s: not all speakers are known, so one may be in both training and test", source)
    both = sorted(set(speakers[split == "test"]) & set(speakers[trained]) - {UNKNOWN_SPEAKER})
    if not both:
        return
    problem = f"{source}: {len(both)} speaker(s) are in both training and test ({', '.join(both[:3])})"
    if overlap == "refuse":
        raise CorpusError(
            f"{problem}: the scores would be too high; use another split, or accept it with split.overlap=warn"
        )
    logger.warning("%s: the scores will be too high", problem)


def with_validation(split: np.ndarray, corpus: Corpus, seed: int, source: str) -> np.ndarray:
    """Return the split with about a fifth of the training speakers, unknown ones by recording, held out for validation.

    Args:
        split: (clips,) part of each clip, none of them validation.
        corpus: the corpus to split.
        seed: seed of the held-out speakers.
        source: name of the split, for messages.

    Raises:
        CorpusError: the training part has one speaker only.
    """
    train = np.flatnonzero(split == "train")
    clips = by_recording(corpus.clips.iloc[train], source)
    if clips["speaker"].nunique() < 2:
        raise CorpusError(f"{source}: one training speaker, and none left for validation; name validation clips")
    split = split.copy()
    split[train[held_out_speakers(strata_of(clips), clips["speaker"].to_numpy(), seed)]] = "validation"
    return split
