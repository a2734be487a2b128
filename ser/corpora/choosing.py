"""The emotions of a corpus: its own labels in one spelling, merged and chosen as a dataset says."""

import functools
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import pandas as pd

from ser.corpora.completeness import few
from ser.corpora.ratings import rename_votes, with_majority
from ser.errors import ConfigError, CorpusError
from ser.labels import NAME_RULE, is_known, is_name, plain, renaming, spelled
from ser.schema import NO_EMOTION, OTHER, UNDECIDED
from ser.votes import labels_of

MOST_SHOWN: Final = 10
MEANING: Final = {OTHER: "none of those that raters were offered", UNDECIDED: "raters do not agree"}

logger = logging.getLogger(__name__)
_warn_once = functools.cache(logger.warning)


class Chosen(NamedTuple):
    """What a dataset takes of a corpus."""

    clips: pd.DataFrame
    dropped: dict[str, int]
    """Label -> how many clips were left out for it."""
    emotions: tuple[str, ...]
    """Those that the corpus has, before and after merging, chosen or not."""
    votes: pd.Series | None
    """Of the raters, merged, for every clip, those that are left out too."""
    notes: tuple[str, ...]
    """On labels that differ in case or blanks alone, and are one."""


def choose(
    clips: pd.DataFrame,
    own: Mapping[Any, Any],
    merged: Mapping[Any, Any],
    emotions: Sequence[str] | None,
    outside: Literal["drop", "refuse"],
    name: str,
    source: str,
) -> Chosen:
    """Return the clips whose emotion is among those chosen, each in the one spelling.

    The labels of a corpus are renamed by `own`, spelled as `ser.labels.SYNONYMS` does, and merged by `merged`; votes of
    raters likewise, whose majority is the emotion where a clip has none of its own. What is no emotion (`NO_EMOTION`)
    is left out unless it is chosen.

    Args:
        clips: of a reader, with `emotion` or `votes`.
        own: a label of this corpus -> emotion.
        merged: an emotion -> another, for all corpora of the dataset.
        emotions: those that are kept; None keeps all.
        outside: what to do with clips of other emotions: leave them out, or stop.
        name: the key under `dataset.corpora`.
        source: the corpus, for messages.

    Raises:
        ConfigError: labels are no mapping, or name a label that the corpus does not have.
        CorpusError: a label cannot be a name, or is refused.
    """
    key = f"dataset.corpora.{name}.labels"
    first, second = renaming(own, key), renaming(merged, "dataset.labels")
    second = {spelled(label): emotion for label, emotion in second.items()}

    before: set[str] = set()

    def rename(label: Any) -> str:
        emotion = first.get(plain(label)) or spelled(label)
        before.add(emotion)
        return second.get(emotion, emotion)

    _require_labels(clips, first, key)
    notes = _variants(clips)
    if "votes" in clips:
        clips = clips.assign(votes=rename_votes(clips["votes"], rename))
    if "emotion" in clips:
        clips = clips.assign(emotion=clips["emotion"].map(rename, na_action="ignore"))
    votes = clips.get("votes")
    clips, ties = with_majority(clips, source)
    there = {str(emotion): int(count) for emotion, count in clips["emotion"].value_counts().sort_index().items()}
    for emotion in there:
        if emotion and not is_name(emotion):
            raise CorpusError(
                f"{source}: label '{emotion}'; {NAME_RULE}: rename it with {key}={{'{emotion}': <emotion>}}"
            )
    chosen = {spelled(emotion) for emotion in emotions} if emotions is not None else set(there) - set(NO_EMOTION)
    dropped = {emotion: count for emotion, count in there.items() if emotion and emotion not in chosen}
    refused = {emotion: count for emotion, count in dropped.items() if emotion not in NO_EMOTION}
    if refused and outside == "refuse":
        raise CorpusError(
            f"{source}: labels that are not among dataset.emotions: {counts_of(refused)}; rename them with {key}, or"
            f" leave them out with dataset.corpora.{name}.outside=drop"
        )
    if dropped:
        logger.info("%s: left out: %s", source, counts_of(dropped))
    for label in (label for label in NO_EMOTION if label in dropped):
        logger.info("%s: %s is no emotion (%s) unless dataset.emotions has it", source, label, MEANING[label])
    own_words = {emotion: count for emotion, count in there.items() if emotion in chosen and not is_known(emotion)}
    if own_words and emotions is None:
        logger.info("%s: emotions kept as they are written: %s", source, counts_of(own_words))
    kept = clips[~clips["emotion"].isin(dropped)]
    return Chosen(kept, dropped | ties, tuple(sorted({*before, *there})), votes, notes)


def counts_of(labels: Mapping[str, int]) -> str:
    """Return labels with their clips, the first ten of them.

    >>> counts_of({"calm": 2})
    'calm (2 clips)'
    """
    shown = ", ".join(f"{label} ({count} clips)" for label, count in list(labels.items())[:MOST_SHOWN])
    return shown + (f" and {len(labels) - MOST_SHOWN} more labels" if len(labels) > MOST_SHOWN else "")


def require_known(labels: Mapping[Any, Any], emotions: Sequence[str] | None, there: Sequence[str]) -> None:
    """Refuse a choice of an emotion that no corpus of the dataset has, and a merge of a word that nobody knows.

    A merge of an emotion that other corpora have is logged: one list serves many datasets.

    Args:
        labels: `dataset.labels`.
        emotions: `dataset.emotions`.
        there: emotions of all corpora of the dataset, before and after merging.

    Raises:
        ConfigError: with what there is.
    """
    existing = ", ".join(sorted(set(there)))
    absent = [word for word in renaming(labels, "dataset.labels") if spelled(word) not in there]
    if strange := [word for word in absent if not is_known(word)]:
        raise ConfigError(f"dataset.labels: no corpus of the dataset has '{strange[0]}'; there are {existing}")
    if absent:
        _warn_once(f"dataset.labels: no corpus of the dataset has {', '.join(absent)}; there are {existing}")
    if strange := [str(word) for word in emotions or () if spelled(word) not in there]:
        raise ConfigError(f"dataset.emotions: no corpus of the dataset has '{strange[0]}'; there are {existing}")


def _require_labels(clips: pd.DataFrame, renamed: Mapping[str, str], key: str) -> None:
    """Refuse to rename what the corpus does not have."""
    there = {plain(label) for label in clips["emotion"].dropna().unique()} if "emotion" in clips else set()
    if "votes" in clips:
        there |= {plain(label) for label in labels_of(clips["votes"])}
    strange = [label for label in renamed if label not in there]
    if strange:
        shown = ", ".join(f"'{label}'" for label in sorted(there)[:MOST_SHOWN])
        raise ConfigError(
            f"{key}: the corpus has no label '{strange[0]}'; it has {shown}. In a file, YAML reads 01 as a"
            " number: put such labels into quotes"
        )


def _variants(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return a note on labels that are taken as one: those that differ in case or blanks alone, and synonyms."""
    if "emotion" not in clips:
        return ()
    written = pd.Series(clips["emotion"].dropna().unique(), dtype=object)
    groups = [sorted(same, key=str) for _, same in written.groupby(written.map(spelled)) if len(same) > 1]
    if not groups:
        return ()
    listed = few([" = ".join(f"'{label}'" for label in group) for group in groups])
    return (f"{len(groups)} label(s) are written in several ways, and are one each: {listed}",)
