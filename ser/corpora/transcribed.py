"""Corpora of transcribed speech for language pre-fine-tuning; emotion labels are ignored.

A reader is a module as in `ser.corpora.readers`, with a function `transcripts(root, **options)`, or with a `manifest`
whose table has a column `text`.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pandas as pd

from ser.corpora import commonvoice
from ser.corpora.completeness import with_one_spelling
from ser.corpora.corpus import Corpus, find_root, terms_of
from ser.corpora.readers import READERS, reader_of
from ser.corpora.segments import segmented, sort_clips
from ser.corpora.selection import require_recordings
from ser.schema import check_transcripts

logger = logging.getLogger(__name__)

UNWRITTEN: Final = ("savee", "subesco", "oreau", "aesdd", "urdu", "ased", "casia")
"""Corpora whose sentences their owners number at most."""
TRANSCRIBED: Final[dict[str, ModuleType]] = {commonvoice.NAME: commonvoice} | {
    name: module for name, module in READERS.items() if name not in UNWRITTEN
}
"""Common Voice, and all emotion corpora with known sentences."""


def read_transcribed(name: str, *, reader: str, root: Path | None, channel: int, **options: Any) -> Corpus:
    """Return a corpus with speakers and transcripts, checked for completeness; no recording is opened.

    Args:
        name: the key under `corpora`.
        reader: name of a reader in `TRANSCRIBED`.
        root: the folder of the corpus; None is the folder of the option `table`.
        channel: channel to decode.
        options: further arguments of the reader.

    Raises:
        ConfigError: the reader or its option is unknown.
        CorpusError: the folder is missing or is not the root of such a corpus, a table is wrong, or a recording is
            missing.
    """
    key = f"corpora.{name}"
    module = reader_of(key, reader, TRANSCRIBED, _table_of, options)
    root = find_root(key, module, root, options)
    source = f"corpus '{name}' in {root}"
    clips = _table_of(module)(root, **options)
    table = options.get("table") if reader == "manifest" else None
    clips = sort_clips(segmented(clips, table))
    origins = tuple(f"{table}, line {line}" for line in clips.index) if table else ()
    clips, spellings = with_one_spelling(check_transcripts(clips, source))
    require_recordings(clips, root, source)
    for note in spellings:
        logger.warning("%s: %s", source, note)
    return Corpus(name, root, clips, channel, {}, reader, terms_of(module, root), origins=origins, notes=spellings)


def _table_of(module: Any) -> Callable[..., pd.DataFrame]:
    return getattr(module, "transcripts", None) or module.manifest
