"""Splits that keep sentences apart: what a model knows of a sentence does not help it on another.

Sentences are told apart by the column `sentence`, else by `text`. `split=sentence` has every speaker in every part;
`split=speaker_and_sentence` keeps speakers apart too: it tests on the test sentences of the test speakers, and clips of
one part by speaker and of another by sentence are in none.
"""

from typing import Literal

import numpy as np

from ser.corpora import Corpus
from ser.errors import CorpusError
from ser.schema import SPLITS, UNKNOWN_SPEAKER, UNUSED
from ser.splits.speaker import speaker_split

Speakers = Literal["shared", "disjoint"]


def assign(corpus: Corpus, seed: int, *, speakers: Speakers) -> np.ndarray:
    """Return the part of each clip: about 64 % train, 16 % validation and 20 % test of the sentences.

    Raises:
        CorpusError: the sentences are not known, or fewer than three; with disjoint speakers, fewer than three
            speakers, or a part is empty.
    """
    clips = corpus.clips
    column = next((name for name in ("sentence", "text") if name in clips and (clips[name] != "").all()), None)
    if column is None:
        raise CorpusError(
            f"split=sentence: corpus '{corpus.name}' does not say which sentence every clip is; a table names it in a"
            " column sentence or text"
        )
    if (count := clips[column].nunique()) < len(SPLITS):
        raise CorpusError(
            f"corpus '{corpus.name}': {count} sentence(s), but train, validation and test need one each; use"
            " split=speaker"
        )
    by_sentence = speaker_split(clips.assign(speaker=clips[column], gender="unknown"), seed, corpus.name)
    if speakers == "shared":
        return by_sentence
    if (clips["speaker"] == UNKNOWN_SPEAKER).any():
        raise CorpusError(
            f"split=speaker_and_sentence: corpus '{corpus.name}' does not say who speaks in every clip; add a column"
            " speaker, or use split=sentence"
        )
    by_speaker = speaker_split(clips, seed, corpus.name)
    parts = np.where(by_sentence == by_speaker, by_speaker, UNUSED)
    if empty := [part for part in SPLITS if not (parts == part).any()]:
        raise CorpusError(
            f"corpus '{corpus.name}', seed {seed}: no clip of the {empty[0]} speakers says one of the {empty[0]}"
            " sentences; use another seed.split, split=speaker or split=sentence"
        )
    return parts
