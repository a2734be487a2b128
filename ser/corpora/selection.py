"""Which clips of a corpus are used."""

import logging
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from ser.errors import CorpusError
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
