"""Which clips are learned from, which are validated on, which are left out and why.

A clip is left out, and counted, where
- nothing is said in it: its text has no letter;
- its text holds characters that the alphabet does not have, unless `text.unknown` says otherwise;
- it is longer than `longest_s`;
- it is shorter than its transcript: it has fewer frames than CTC needs, so no path spells it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.audio.ragged import Joined
from ser.audio.store import Store
from ser.data.transcripts import NO_CHARACTER
from ser.errors import CorpusError
from ser.models.ctc import frames_needed
from ser.pretuning.settings import PretuneSettings
from ser.sources import Source
from ser.splits import held_out_speakers
from ser.text.normalisation import normalise, unknown, without
from ser.text.vocabulary import Vocabulary

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Speech:
    """Transcribed clips of one or more corpora, and what is done with each.

    Attributes:
        clips: one row a clip: `corpus`, `path`, `speaker` (corpus and name), `gender`, `transcript`, `split`, which is
            `train`, `validation`, `unused` (beyond the hours of the level), or the reason why it is left out.
        store: their audio, in the same order.
        labels: (clips, characters) indices of the vocabulary, filled up with `NO_CHARACTER`.
    """

    clips: pd.DataFrame
    store: Joined[Store]
    labels: np.ndarray

    def positions(self, split: str) -> np.ndarray:
        """Return the positions of the clips of a split."""
        return np.flatnonzero(self.clips["split"] == split)

    def hours(self, split: str) -> float:
        """Return how much speech a split has."""
        return float(self.store.lengths[self.positions(split)].sum() / self.store.parts[0].sample_rate / 3600)

    @property
    def left_out(self) -> dict[str, int]:
        """How many clips are left out for each reason."""
        counts = self.clips["split"].value_counts().sort_index()
        return {str(split): int(count) for split, count in counts.items() if split not in _SPLITS}


_SPLITS = ("train", "validation", "unused")


def choose(
    settings: PretuneSettings, sources: Mapping[str, Source], vocabulary: Vocabulary, frames: Callable[[int], int]
) -> Speech:
    """Spell the transcripts, leave out what cannot be learned from, hold out speakers, draw the hours of the level.

    Args:
        settings: say what becomes of numbers, unknown characters and long clips, and how many hours are asked for.
        sources: the corpora.
        vocabulary: what can be written.
        frames: how many the encoder makes of so many samples.

    Raises:
        CorpusError: a clip is in another language, a text is refused, no clip or one speaker is left, or there are
            fewer hours than asked for.
    """
    store = Joined([source.store for source in sources.values()])
    clips = pd.concat([source.corpus.clips.assign(corpus=name) for name, source in sources.items()], ignore_index=True)
    clips["speaker"] = clips["corpus"] + "/" + clips["speaker"]
    _require_language(settings, clips)
    spelled = [
        normalise(text, settings.letters, settings.language, settings.text.numbers) for text in clips["text"].tolist()
    ]
    _refuse(settings, clips, spelled)
    if settings.text.unknown == "remove":
        spelled = [without(text, unknown(text, settings.letters)) for text in spelled]
    clips["transcript"] = spelled
    strange = np.array([bool(unknown(text, settings.letters)) for text in spelled])
    encoded = [[] if unreadable else vocabulary.encode(text) for text, unreadable in zip(spelled, strange, strict=True)]
    short = [frames(int(length)) < frames_needed(label) for length, label in zip(store.lengths, encoded, strict=True)]
    clips["split"] = np.select(
        [
            clips["transcript"] == "",
            strange,
            store.lengths > settings.longest_s * settings.audio.sample_rate,
            np.array(short),
        ],
        ["without text", "unknown characters", "longer than longest_s", "shorter than its transcript"],
        "train",
    )
    speech = Speech(clips, store, _filled(encoded))
    _split(settings, speech)
    if speech.left_out:
        log.warning("left out: %s", ", ".join(f"{count} {reason}" for reason, count in speech.left_out.items()))
    return speech


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


def _refuse(settings: PretuneSettings, clips: pd.DataFrame, spelled: list[str]) -> None:
    """Stop where a text holds what the configuration refuses."""
    found = [unknown(text, settings.letters) for text in spelled]
    digits = [any(character.isdigit() for character in characters) for characters in found]
    for key, wrong, remedy in (
        ("numbers", digits, "spell them out in the table, or set text.numbers=spell"),
        ("unknown", [bool(characters) for characters in found], "mend the table, or set text.unknown=leave_out"),
    ):
        if getattr(settings.text, key) == "refuse" and any(wrong):
            first = wrong.index(True)
            raise CorpusError(
                f"text.{key}=refuse: {sum(wrong)} of {len(wrong)} transcripts hold characters outside the alphabet, the"
                f" first '{clips['text'].iloc[first]}' ({found[first]}) of {clips['path'].iloc[first]} in corpus"
                f" '{clips['corpus'].iloc[first]}'; {remedy}"
            )


def _split(settings: PretuneSettings, speech: Speech) -> None:
    """Hold out speakers, and set aside the clips beyond the hours that are asked for."""
    clips, usable = speech.clips, speech.positions("train")
    source = ", ".join(f"'{name}'" for name in settings.corpora)
    if not len(usable):
        raise CorpusError(f"corpus {source}: no transcribed clip is left of {len(clips)}: {speech.left_out}")
    strata = (clips["corpus"] + "/" + clips["gender"]).to_numpy()[usable]
    held_out = held_out_speakers(strata, clips["speaker"].to_numpy()[usable], settings.seed.split)
    split = clips.columns.get_loc("split")
    clips.iloc[usable[held_out], split] = "validation"
    if settings.pretune.hours is not None:
        train = np.random.default_rng(settings.seed.split).permutation(usable[~held_out])
        hours = np.cumsum(speech.store.lengths[train]) / settings.audio.sample_rate / 3600
        if hours[-1] < settings.pretune.hours:
            raise CorpusError(
                f"corpus {source}: {hours[-1]:.2f} h to train on, but pretune={settings.pretune.name} is to be made"
                f" from {settings.pretune.hours:g} h; add a corpus, or set pretune.hours=null and give the level"
                " another name"
            )
        clips.iloc[train[np.searchsorted(hours, settings.pretune.hours) + 1 :], split] = "unused"


def _filled(encoded: list[list[int]]) -> np.ndarray:
    labels = np.full((len(encoded), max(map(len, encoded), default=0)), NO_CHARACTER)
    for row, label in zip(labels, encoded, strict=True):
        row[: len(label)] = label
    return labels
