"""Selection of transcribed clips: training, validation, and clips that are left out.

A clip is left out, and counted, if
- its transcript has no letter;
- its transcript has characters outside the alphabet, unless `text.unknown` is `remove`;
- it is longer than `longest_s`;
- it has fewer frames than CTC needs for its transcript.
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
from ser.pretuning.spelling import normalise_transcripts
from ser.sources import Source, open_source
from ser.splits import held_out_speakers
from ser.text.vocabulary import Vocabulary

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Speech:
    """Transcribed clips of one or more corpora with their split.

    Attributes:
        clips: one row per clip: `corpus`, `path`, `speaker` (corpus and name), `gender`, `transcript`, and `split`:
            `train`, `validation`, `unused` (beyond the requested hours), or the reason why the clip is left out.
        store: their audio, in the same order.
        labels: (clips, characters) token indices, padded with `NO_CHARACTER`.
    """

    clips: pd.DataFrame
    store: Joined[Store]
    labels: np.ndarray

    def positions(self, split: str) -> np.ndarray:
        """Return the positions of the clips of a split."""
        return np.flatnonzero(self.clips["split"] == split)

    def hours(self, split: str) -> float:
        """Return the hours of speech in a split."""
        return float(self.store.lengths[self.positions(split)].sum() / self.store.parts[0].sample_rate / 3600)

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> number of clips left out."""
        counts = self.clips["split"].value_counts().sort_index()
        return {str(split): int(count) for split, count in counts.items() if split not in _SPLITS}


def read_speech(settings: PretuneSettings) -> dict[str, Corpus]:
    """Return name -> corpus with transcripts; no recording is opened.

    Raises:
        ConfigError, CorpusError: as `ser.corpora.read_transcribed`.
    """
    return {
        name: read_transcribed(name, reader=corpus.reader, root=corpus.root, channel=corpus.channel, **corpus.options)
        for name, corpus in settings.corpora.items()
    }


def open_speech(settings: PretuneSettings, corpora: Mapping[str, Corpus] | None = None) -> dict[str, Source]:
    """Return name -> corpus with its decoded clips.

    Args:
        settings: corpora and their preparation.
        corpora: the result of `read_speech`, if available.

    Raises:
        ConfigError, CorpusError, UserError: as `read_speech` and `ser.sources.open_source`.
    """
    corpora = read_speech(settings) if corpora is None else corpora
    return {name: open_source(corpus, settings.audio, settings.store_dir) for name, corpus in corpora.items()}


_SPLITS = ("train", "validation", "unused")


def select_clips(
    settings: PretuneSettings, sources: Mapping[str, Source], vocabulary: Vocabulary, frames: Callable[[int], int]
) -> Speech:
    """Return the clips with normalised transcripts and splits: unusable clips are left out, speakers held out.

    If `pretune.hours` is set, as many hours of training clips are drawn at random.

    Args:
        settings: treatment of numbers, unknown characters and long clips, and the hours of training.
        sources: the corpora.
        vocabulary: tokens of the language.
        frames: number of samples -> number of frames of the encoder.

    Raises:
        CorpusError: a clip is in another language, a transcript is refused, no clip or one speaker is left, or there
            are fewer hours than requested.
    """
    store = Joined([source.store for source in sources.values()])
    clips = pd.concat([source.corpus.clips.assign(corpus=name) for name, source in sources.items()], ignore_index=True)
    clips["speaker"] = clips["corpus"] + "/" + clips["speaker"]
    clips["transcript"], outside = normalise_transcripts(settings, clips)
    encoded = [
        [] if unknown else vocabulary.encode(text) for text, unknown in zip(clips["transcript"], outside, strict=True)
    ]
    short = [frames(int(length)) < frames_needed(label) for length, label in zip(store.lengths, encoded, strict=True)]
    clips["split"] = np.select(
        [
            clips["transcript"] == "",
            outside,
            store.lengths > settings.longest_s * settings.audio.sample_rate,
            np.array(short),
        ],
        ["without text", "unknown characters", "longer than longest_s", "shorter than its transcript"],
        "train",
    )
    speech = Speech(clips, store, _pad(encoded))
    _split(settings, speech)
    if speech.left_out:
        log.warning("left out: %s", ", ".join(f"{count} {reason}" for reason, count in speech.left_out.items()))
    return speech


def _split(settings: PretuneSettings, speech: Speech) -> None:
    """Hold out speakers, and mark the clips beyond the requested hours as unused."""
    clips, usable = speech.clips, speech.positions("train")
    source = ", ".join(f"'{name}'" for name in settings.corpora)
    if not len(usable):
        raise CorpusError(f"corpus {source}: no transcribed clip is left of {len(clips)}: {speech.left_out}")
    strata = (clips["corpus"] + "/" + clips["gender"]).to_numpy()[usable]
    held_out = held_out_speakers(strata, clips["speaker"].to_numpy()[usable], settings.seed.split)
    split = clips.columns.get_loc("split")
    rng = np.random.default_rng(settings.seed.split)
    train, validation = rng.permutation(usable[~held_out]), rng.permutation(usable[held_out])
    clips.iloc[validation, split] = "validation"
    clips.iloc[validation[_count_within(settings.validation_hours, speech, validation) :], split] = "unused"
    if settings.pretune.hours is not None:
        available = float(speech.store.lengths[train].sum() / settings.audio.sample_rate / 3600)
        if available < settings.pretune.hours:
            raise CorpusError(
                f"corpus {source}: {available:.2f} h to train on, but pretune={settings.pretune.name} needs"
                f" {settings.pretune.hours:g} h; add a corpus, or set pretune.hours=null and give the level another"
                " name"
            )
        clips.iloc[train[_count_within(settings.pretune.hours, speech, train) :], split] = "unused"


def _count_within(hours: float, speech: Speech, clips: np.ndarray) -> int:
    """Return the number of clips, in their order, that reach so many hours."""
    ends = np.cumsum(speech.store.lengths[clips]) / speech.store.parts[0].sample_rate / 3600
    return int(np.searchsorted(ends, hours)) + 1


def _pad(encoded: list[list[int]]) -> np.ndarray:
    labels = np.full((len(encoded), max(map(len, encoded), default=0)), NO_CHARACTER)
    for row, label in zip(labels, encoded, strict=True):
        row[: len(label)] = label
    return labels
