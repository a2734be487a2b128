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
from ser.corpora import Corpus, read_transcribed
from ser.data.transcripts import NO_CHARACTER
from ser.errors import CorpusError
from ser.models.ctc import frames_needed
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.spelling import spell
from ser.sources import Source, open_source
from ser.splits import held_out_speakers
from ser.text.vocabulary import Vocabulary

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Speech:
    """Transcribed clips of one or more corpora, and what is done with each.

    Attributes:
        clips: one row a clip: `corpus`, `path`, `speaker` (corpus and name), `gender`, `transcript`, `split`, which is
            `train`, `validation`, `unused` (beyond the hours asked for), or the reason why it is left out.
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


def read_speech(settings: PretuneSettings) -> dict[str, Corpus]:
    """Return all corpora with their transcripts, by their names in the configuration; no recording is opened.

    Raises:
        ConfigError, CorpusError: as `ser.corpora.read_transcribed` does.
    """
    return {
        name: read_transcribed(name, reader=corpus.reader, root=corpus.root, channel=corpus.channel, **corpus.options)
        for name, corpus in settings.corpora.items()
    }


def open_speech(settings: PretuneSettings, corpora: Mapping[str, Corpus] | None = None) -> dict[str, Source]:
    """Return all corpora with their prepared clips, by their names in the configuration.

    Args:
        settings: say which corpora, and how they are prepared.
        corpora: those, if they are read already.

    Raises:
        ConfigError, CorpusError, UserError: as `read_speech` and `ser.sources.open_source` do.
    """
    read = read_speech(settings) if corpora is None else corpora
    return {name: open_source(corpus, settings.audio, settings.store_dir) for name, corpus in read.items()}


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
    clips["transcript"], unreadable = spell(settings, clips)
    encoded = [
        [] if strange else vocabulary.encode(text)
        for text, strange in zip(clips["transcript"], unreadable, strict=True)
    ]
    short = [frames(int(length)) < frames_needed(label) for length, label in zip(store.lengths, encoded, strict=True)]
    clips["split"] = np.select(
        [
            clips["transcript"] == "",
            unreadable,
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


def _split(settings: PretuneSettings, speech: Speech) -> None:
    """Hold out speakers, and set aside the clips beyond the hours that are asked for."""
    clips, usable = speech.clips, speech.positions("train")
    source = ", ".join(f"'{name}'" for name in settings.corpora)
    if not len(usable):
        raise CorpusError(f"corpus {source}: no transcribed clip is left of {len(clips)}: {speech.left_out}")
    strata = (clips["corpus"] + "/" + clips["gender"]).to_numpy()[usable]
    held_out = held_out_speakers(strata, clips["speaker"].to_numpy()[usable], settings.seed.split)
    split = clips.columns.get_loc("split")
    draw = np.random.default_rng(settings.seed.split)
    train, validation = draw.permutation(usable[~held_out]), draw.permutation(usable[held_out])
    clips.iloc[validation, split] = "validation"
    clips.iloc[validation[_within(settings.validation_hours, speech, validation) :], split] = "unused"
    if settings.pretune.hours is not None:
        there = float(speech.store.lengths[train].sum() / settings.audio.sample_rate / 3600)
        if there < settings.pretune.hours:
            raise CorpusError(
                f"corpus {source}: {there:.2f} h to train on, but pretune={settings.pretune.name} is to be made from"
                f" {settings.pretune.hours:g} h; add a corpus, or set pretune.hours=null and give the level another"
                " name"
            )
        clips.iloc[train[_within(settings.pretune.hours, speech, train) :], split] = "unused"


def _within(hours: float, speech: Speech, clips: np.ndarray) -> int:
    """Return how many of the clips, in their order, it takes to have so many hours."""
    ends = np.cumsum(speech.store.lengths[clips]) / speech.store.parts[0].sample_rate / 3600
    return int(np.searchsorted(ends, hours)) + 1


def _filled(encoded: list[list[int]]) -> np.ndarray:
    labels = np.full((len(encoded), max(map(len, encoded), default=0)), NO_CHARACTER)
    for row, label in zip(labels, encoded, strict=True):
        row[: len(label)] = label
    return labels
