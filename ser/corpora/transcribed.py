"""The other way in: corpora as speech with its text, for language pre-fine-tuning; their emotions are not looked at.

A reader is a module as in `ser.corpora.corpus`, with a function `transcripts(root, **options)`, or with a `manifest`
whose table has a column `text`.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pandas as pd

from ser.corpora import commonvoice, savee
from ser.corpora.corpus import READERS, Corpus, find_root, reader_of, require_recordings, terms_of
from ser.schema import check_transcripts

TRANSCRIBED: Final[dict[str, ModuleType]] = {commonvoice.NAME: commonvoice} | {
    name: module for name, module in READERS.items() if module is not savee
}
"""Common Voice, and all corpora of emotions whose sentences are known."""


def read_transcribed(name: str, *, reader: str, root: Path | None, channel: int, **options: Any) -> Corpus:
    """Read who says what in a corpus, and see to it that it is whole; no recording is opened.

    Args:
        name: the key under `corpora`.
        reader: which of `TRANSCRIBED` knows the layout.
        root: the folder of the corpus; None is the folder of the option `table`.
        channel: kept for those who decode the recordings.
        options: further arguments of the reader.

    Raises:
        ConfigError: there is no such reader, or the reader has no such option.
        CorpusError: the folder is not there or is no root of such a corpus, a table is wrong, or a clip that it names
            is not there.
    """
    key = f"corpora.{name}"
    module = reader_of(key, reader, TRANSCRIBED, _table_of, options)
    root = find_root(key, module, root, options)
    source = f"corpus '{name}' in {root}"
    clips = check_transcripts(_table_of(module)(root, **options).sort_values("path"), source)
    require_recordings(clips, root, source)
    return Corpus(name, root, clips, channel, {}, reader, terms_of(module, root))


def _table_of(module: Any) -> Callable[..., pd.DataFrame]:
    return getattr(module, "transcripts", None) or module.manifest
