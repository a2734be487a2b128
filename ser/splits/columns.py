"""The split that a column `split` of the clips holds: of a table of one's own, or of the owners of a corpus."""

import numpy as np
import pandas as pd

from ser.corpora import Corpus
from ser.errors import ConfigError, CorpusError
from ser.schema import PARTS, UNUSED, clip_names
from ser.splits.predefined import Overlap, assign_parts


def assign(corpus: Corpus, seed: int, *, overlap: Overlap) -> np.ndarray:
    """Return the part of each clip; clips with an empty cell are in none.

    Raises:
        ConfigError: the corpus has no column `split`.
        CorpusError: a cell is no part, or the parts do not fit the corpus.
    """
    if "split" not in corpus.clips:
        raise ConfigError(
            f"split=table: corpus '{corpus.name}' has no column split; add one with {', '.join(PARTS)}, or use"
            " split=speaker"
        )
    names = pd.Series(clip_names(corpus.clips))
    written = corpus.clips["split"].str.strip().str.lower()
    parts = written.map(PARTS)
    strange = written[parts.isna() & (written != "") & (written != UNUSED)]
    if len(strange):
        raise CorpusError(
            f"split of corpus '{corpus.name}': '{strange.iloc[0]}' ({names[strange.index[0]]}); allowed"
            f" are {', '.join(PARTS)}, and an empty cell for clips of no part"
        )
    named = parts.notna()
    pairs = zip(names[named], parts[named], strict=True)
    return assign_parts(pairs, corpus, seed, f"column split of corpus '{corpus.name}'", overlap)
