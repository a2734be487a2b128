"""The split that the authors of a corpus publish with it, so that results can be compared."""

from pathlib import Path

import numpy as np

from ser.corpora import READERS, Corpus, reader_module
from ser.errors import ConfigError
from ser.splits.given import Overlap, fit


def tables(corpus: Corpus, *, overlap: Overlap) -> list[Path]:
    """Return the files of the split in the corpus.

    Raises:
        ConfigError: the authors of the corpus publish none.
    """
    module = reader_module(corpus.reader)
    if not hasattr(module, "official_split"):
        those = ", ".join(name for name, reader in READERS.items() if hasattr(reader, "official_split"))
        raise ConfigError(
            f"split=official: the authors of '{corpus.name}' publish none; those of {those} do. Use split=speaker, or"
            " split=folds with a table of your own"
        )
    return [path for table in module.OFFICIAL_SPLIT.values() if (path := corpus.root / table).is_file()]


def assign(corpus: Corpus, seed: int, *, overlap: Overlap) -> np.ndarray:
    """Give every clip the part that the authors put it into; the seed changes nothing.

    Raises:
        ConfigError: the authors of the corpus publish no split.
        CorpusError: its tables are not there, are wrong, or do not fit.
    """
    tables(corpus, overlap=overlap)
    parts = reader_module(corpus.reader).official_split(corpus.root)
    return fit(parts.items(), corpus, seed, f"official split of '{corpus.name}'", overlap)
