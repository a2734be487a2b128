"""Normalised transcripts of the corpora, and characters outside the alphabet."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ser.errors import CorpusError
from ser.pretuning.settings import PretuneSettings
from ser.text.normalisation import normalise, unknown, without


class Transcripts(NamedTuple):
    """Normalised transcripts."""

    texts: list[str]
    """(clips,), empty for transcripts without a letter."""
    outside: np.ndarray
    """(clips,) bool, True for transcripts with characters outside the alphabet."""


def normalise_transcripts(settings: PretuneSettings, clips: pd.DataFrame) -> Transcripts:
    """Return the normalised column `text`; numbers and other characters are treated as `settings.text` says.

    Raises:
        CorpusError: a clip is in another language, or a transcript has characters that are refused.
    """
    _require_language(settings, clips)
    letters, options = settings.letters, settings.text
    texts = [normalise(text, letters, settings.language, options.numbers) for text in clips["text"].tolist()]
    outside = [unknown(text, letters) for text in texts]
    if options.numbers == "refuse":
        digits = [any(map(str.isdigit, characters)) for characters in outside]
        _refuse("numbers", digits, clips, outside, "spell them out in the table, or set text.numbers=spell")
    if options.unknown == "refuse":
        _refuse("unknown", list(map(bool, outside)), clips, outside, "fix the table, or set text.unknown=leave_out")
    if options.unknown == "remove":
        return Transcripts([without(text, unknown(text, letters)) for text in texts], np.zeros(len(texts), dtype=bool))
    return Transcripts(texts, np.array(list(map(bool, outside))))


def _require_language(settings: PretuneSettings, clips: pd.DataFrame) -> None:
    """Raise CorpusError for clips in another language; `it-IT` counts as `it`."""
    if "language" not in clips:
        return
    language = clips["language"].fillna("").str.lower().str.extract(r"^([a-z]*)", expand=False)
    other = clips[(language != "") & (language != settings.language)]
    if len(other):
        raise CorpusError(
            f"corpus '{other['corpus'].iloc[0]}': {len(other)} clips are in '{other['language'].iloc[0]}', but"
            f" pretune={settings.pretune.name} is a level of '{settings.language}'; choose another level or corpus"
        )


def _refuse(key: str, wrong: list[bool], clips: pd.DataFrame, outside: list[str], remedy: str) -> None:
    if any(wrong):
        first = wrong.index(True)
        text, path, corpus = (clips[column].iloc[first] for column in ("text", "path", "corpus"))
        raise CorpusError(
            f"text.{key}=refuse: {sum(wrong)} of {len(wrong)} transcripts hold characters outside the alphabet, the"
            f" first '{text}' ({outside[first]}) of {path} in corpus '{corpus}'; {remedy}"
        )
