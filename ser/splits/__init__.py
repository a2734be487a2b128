"""Which clips of a corpus are trained on, validated on and tested on.

A split is a function `assign(corpus, seed, **keys)` that gives every clip its part, in a module of its own or from
outside. Where files beside the corpus determine it, the module has a function `tables(corpus, **keys)` that lists them.
To add one, write its module, its line in `ser.settings.data.SPLITS`, and its YAML in `conf/split/`.
"""

import functools
import hashlib
import logging

import numpy as np

from ser.corpora import Corpus
from ser.errors import ConfigError
from ser.import_paths import import_path
from ser.schema import SPLITS, UNUSED
from ser.settings import SplitSettings
from ser.splits.cautions import lacking_emotions
from ser.splits.share import share_of
from ser.splits.speaker import held_out_speakers, speaker_split

__all__ = ["assign", "content", "held_out_speakers", "share_of", "speaker_split"]

logger = logging.getLogger(__name__)

OF_THE_CORPUS = ("table", "official")
"""Kinds that take the split from the corpus, its column `split` too."""


def assign(split: SplitSettings, corpus: Corpus, seed: int) -> np.ndarray:
    """Give every clip of a corpus its part.

    Args:
        split: the kind, and its options.
        corpus: that is trained on.
        seed: of what the kind leaves open; the same one gives the same split, on any machine.

    Returns:
        (clips,) of "train", "validation", "test", or "unused" for clips that the split does not name.

    Raises:
        ConfigError: the corpus has no such split, or the kind no such fold, or it does not give every clip a part.
        CorpusError: the split does not fit the corpus, leaves a part empty, or has a speaker in two parts.
    """
    parts = np.asarray(split.make(corpus, seed))
    allowed = (*SPLITS, UNUSED)
    if parts.shape != (len(corpus.clips),) or not np.isin(parts, allowed).all():
        raise ConfigError(
            f"split.name={split.name}: it returns {parts.shape} of {', '.join(map(str, np.unique(parts)[:5]))} for the"
            f" {len(corpus.clips)} clips of corpus '{corpus.name}'; a split is one of {', '.join(allowed)} for each"
        )
    for part, emotions in lacking_emotions(corpus, parts).items():
        logger.warning(
            "corpus '%s', seed.split=%s: no clip of %s in the %s part", corpus.name, seed, ", ".join(emotions), part
        )
    read = split.name in OF_THE_CORPUS or split.name not in split.kind.table or "split" in split.options.values()
    if "split" in corpus.clips and not read:
        _warn_of_an_unused_column(split.name, corpus)
    return parts


@functools.cache
def _warn_of_an_unused_column(split: str, corpus: Corpus) -> None:
    """Warn, once a process, of a split that the clips have and that another kind passes over."""
    kinds = " and ".join(f"split={name}" for name in OF_THE_CORPUS)
    logger.warning("corpus '%s': split=%s does not use its column split; %s do", corpus.name, split, kinds)


def content(split: SplitSettings, corpus: Corpus) -> str | None:
    """Return a hash of the files that determine a split; None where there are none."""
    tables = getattr(import_path(split.kind.table.get(split.name, split.name)), "tables", None)
    files = tables(corpus, **split.options) if tables else []
    if not files:
        return None
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(hashlib.blake2b(file.read_bytes()).digest())
    return digest.hexdigest()
