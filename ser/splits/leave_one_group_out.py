"""Leave one group of clips out for testing: a session, a speaker, whatever a column of the corpus tells apart.

A sweep over `split.group` has a cell for each. With several training corpora, each leaves out its own group of that
number.
"""

from collections.abc import Sequence

import numpy as np

from ser.corpora import Corpus
from ser.errors import ConfigError, CorpusError
from ser.numbers import PositiveWhole
from ser.splits.predefined import require_disjoint_speakers, with_validation


def assign(corpus: Corpus, seed: int, *, column: str, group: PositiveWhole) -> np.ndarray:
    """Return the group of this number (by sorted values of the column) as test; a fifth of the rest is for validation.

    Raises:
        ConfigError: the corpus has no such column, or fewer groups.
        CorpusError: a speaker is in the group and in the rest, or the rest has one speaker.
    """
    clips = corpus.clips
    if column not in clips:
        raise ConfigError(
            f"split.column={column}: corpus '{corpus.name}' has no such column; there are {', '.join(clips.columns)}"
        )
    return without_group(corpus, seed, column, group, "split.group", f"values of {column}")


def without_group(corpus: Corpus, seed: int, column: str, group: int, key: str, what: str) -> np.ndarray:
    """Return what `assign` does.

    Args:
        corpus: to split.
        seed: of the validation speakers.
        column: of the clips.
        group: number of the value that is left out.
        key: of the configuration, for messages.
        what: the values are called in messages.
    """
    clips = corpus.clips
    groups = sorted(set(clips[column]) - {""})
    if group > len(groups):
        raise ConfigError(
            f"{key}={group}: corpus '{corpus.name}' has {len(groups)} {what};"
            f" all of them are {key}='range(1,{len(groups) + 1})' with -m"
        )
    if len(groups) < 2:
        raise CorpusError(f"corpus '{corpus.name}': one value of {column}, and nothing is left to train on")
    parts = np.where((clips[column] == groups[group - 1]).to_numpy(), "test", "train").astype("<U10")
    source = f"{column} {groups[group - 1]} of corpus '{corpus.name}'"
    require_disjoint_speakers(parts, corpus, source, "refuse")
    return with_validation(parts, corpus, seed, source)


def without(corpus: Corpus, column: str, levels: Sequence[str], number: int, key: str, noun: str) -> np.ndarray:
    """Return the clips of one level of a column as test, all others as train.

    Args:
        corpus: to split.
        column: of its clips.
        levels: of the column that can be left out.
        number: of the one that is, counted from 1.
        key: of the split that holds the number, for messages.
        noun: what the levels are, for messages.

    Raises:
        ConfigError: there are fewer levels.
    """
    if number > len(levels):
        raise ConfigError(
            f"split.{key}={number}: corpus '{corpus.name}' has {len(levels)} {noun};"
            f" all of them are split.{key}='range(1,{len(levels) + 1})' with -m"
        )
    return np.where((corpus.clips[column] == levels[number - 1]).to_numpy(), "test", "train").astype("<U10")
