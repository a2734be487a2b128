"""The split that the authors of a corpus publish with it, for comparison with published results."""

from pathlib import Path
from typing import Final

import numpy as np

from ser.corpora import READERS, Corpus, reader_module
from ser.errors import ConfigError
from ser.splits import columns
from ser.splits.predefined import Overlap, assign_parts

PUBLISHED: Final = ("emozionalmente", "esd", "meld", "msppodcast")
"""Corpora whose owners publish a split."""


def tables(corpus: Corpus, *, overlap: Overlap) -> list[Path]:
    """Return the files of the split in the corpus that are not among its labels."""
    module = reader_module(corpus.reader)
    if not hasattr(module, "official_split"):
        return []  # its parts are a column of the clips, or there are none
    return [path for table in module.OFFICIAL_SPLIT.values() if (path := corpus.root / table).is_file()]


def assign(corpus: Corpus, seed: int, *, overlap: Overlap) -> np.ndarray:
    """Return the authors' part of each clip; the seed matters only if they publish no validation part.

    Raises:
        ConfigError: the authors of the corpus publish no split.
        CorpusError: its tables are missing or wrong, or do not match the corpus.
    """
    module, source = reader_module(corpus.reader), f"official split of '{corpus.name}'"
    if hasattr(module, "official_split"):
        return assign_parts(module.official_split(corpus.root).items(), corpus, seed, source, overlap)
    if "split" in corpus.clips and corpus.reader in READERS and module.CITATION:
        return columns.assign(corpus, seed, overlap=overlap)
    raise ConfigError(
        f"split=official: the authors of '{corpus.name}' publish none; those of {', '.join(PUBLISHED)} do. Use"
        " split=speaker, or split=folds or split=table with a table of your own"
    )
