"""Which clips of a corpus are used."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from ser.corpora.conditions import fulfilled
from ser.corpora.files import why_absent
from ser.errors import ConfigError, CorpusError
from ser.schema import clip_names

LEFT_OUT_AT_MOST: Final = 0.05
"""The share of its clips that a corpus may leave out: with more it would be another corpus."""

logger = logging.getLogger(__name__)


def without(clips: pd.DataFrame, names: Sequence[str], key: str) -> pd.DataFrame:
    """Return the clips less those of these names; the path of a recording names all clips in it.

    Raises:
        CorpusError: a name is not in the corpus, or more than `LEFT_OUT_AT_MOST` would be left out.
    """
    chosen = clips["path"].isin(names) | np.isin(clip_names(clips), names)
    unknown = sorted(set(names) - {*clips["path"], *clip_names(clips)})
    if unknown:
        raise CorpusError(f"{key}: not in the corpus: {', '.join(unknown[:3])}; write paths as its manifest has them")
    if chosen.sum() > LEFT_OUT_AT_MOST * len(clips):
        raise CorpusError(
            f"{key}: {chosen.sum()} of {len(clips)} clips, but at most {LEFT_OUT_AT_MOST:.0%} may be left out; fix"
            " the corpus, or describe what is left of it in a table: dataset=manifest"
        )
    if names:
        logger.info("%s: %d clips", key, chosen.sum())
    return clips[~chosen]


def kept(clips: pd.DataFrame, condition: str | None, source: str) -> np.ndarray:
    """Return (clips,) bool, True for the clips for which `dataset.keep` holds; without it, for all.

    Raises:
        ConfigError: it is no condition, or names a column that there is not.
        CorpusError: it holds for no clip.
    """
    if condition is None:
        return np.ones(len(clips), dtype=bool)
    try:
        held = fulfilled(condition, clips)
    except ConfigError as error:
        raise ConfigError(f"dataset.keep: {source}: {error}") from error
    if not held.any():
        raise CorpusError(f"{source}: dataset.keep={condition} holds for no clip; change it, or leave the corpus out")
    if not held.all():
        logger.info("%s: dataset.keep leaves out %d of %d clips", source, (~held).sum(), len(held))
    return held


def require_recordings(clips: pd.DataFrame, root: Path, source: str) -> None:
    """Refuse a table that names recordings which are not there.

    Raises:
        CorpusError: with the first of them.
    """
    absent = [path for path in clips["path"].unique() if not os.path.isfile(os.path.join(root, path))]
    if absent:
        raise CorpusError(
            f"{source}: {len(absent)} of {clips['path'].nunique()} recordings are not there ({', '.join(absent[:3])})"
            f"{why_absent(root, absent[0])}; was the corpus copied or unpacked whole?"
        )
