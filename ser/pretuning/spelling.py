"""How the transcripts of the corpora are spelled, and which of them cannot be."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ser.errors import CorpusError
from ser.pretuning.settings import PretuneSettings
from ser.text.normalisation import normalise, unknown, without


class Spelled(NamedTuple):
    """Transcripts in the letters of the alphabet."""

    texts: list[str]
    """(clips,), empty where nothing is said."""
    unreadable: np.ndarray
    """(clips,) bool, True where a text holds characters that the alphabet does not have."""


def spell(settings: PretuneSettings, clips: pd.DataFrame) -> Spelled:
    """Normalise the column `text`, and do what the configuration says with what is no letter.

    Raises:
        CorpusError: a clip is in another language, or a text holds what is refused; the first one is named.
    """
    _require_language(settings, clips)
    letters, wanted = settings.letters, settings.text
    texts = [normalise(text, letters, settings.language, wanted.numbers) for text in clips["text"].tolist()]
    found = [unknown(text, letters) for text in texts]
    if wanted.numbers == "refuse":
        digits = [any(map(str.isdigit, characters)) for characters in found]
        _refuse("numbers", digits, clips, found, "spell them out in the table, or set text.numbers=spell")
    if wanted.unknown == "refuse":
        _refuse("unknown", list(map(bool, found)), clips, found, "mend the table, or set text.unknown=leave_out")
    if wanted.unknown == "remove":
        return Spelled([without(text, unknown(text, letters)) for text in texts], np.zeros(len(texts), dtype=bool))
    return Spelled(texts, np.array(list(map(bool, found))))


def _require_language(settings: PretuneSettings, clips: pd.DataFrame) -> None:
    """Stop where a corpus says that it is in another language; `it-IT` is `it`."""
    if "language" not in clips:
        return
    said = clips["language"].fillna("").str.lower().str.extract(r"^([a-z]*)", expand=False)
    other = clips[(said != "") & (said != settings.language)]
    if len(other):
        raise CorpusError(
            f"corpus '{other['corpus'].iloc[0]}': {len(other)} clips are in '{other['language'].iloc[0]}', but"
            f" pretune={settings.pretune.name} is a level of '{settings.language}'; choose another level or corpus"
        )


def _refuse(key: str, wrong: list[bool], clips: pd.DataFrame, found: list[str], remedy: str) -> None:
    if any(wrong):
        first = wrong.index(True)
        text, path, corpus = (clips[column].iloc[first] for column in ("text", "path", "corpus"))
        raise CorpusError(
            f"text.{key}=refuse: {sum(wrong)} of {len(wrong)} transcripts hold characters outside the alphabet, the"
            f" first '{text}' ({found[first]}) of {path} in corpus '{corpus}'; {remedy}"
        )
