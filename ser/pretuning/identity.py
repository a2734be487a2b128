"""What a checkpoint is made from: the speech, and a signature of all that changes it."""

import time
from typing import Any

from ser.audio.store import open_store
from ser.corpora import read_transcribed
from ser.models.checkpoint import fingerprint
from ser.pretuning.settings import PretuneSettings
from ser.settings import CorpusSettings
from ser.sources import Source
from ser.sweep.identity import flatten, signature


def open_speech(settings: PretuneSettings) -> dict[str, Source]:
    """Read the transcripts and open the decoded audio of all corpora, by their names in the configuration."""
    return {name: _open(name, corpus, settings) for name, corpus in settings.corpora.items()}


def _open(name: str, chosen: CorpusSettings, settings: PretuneSettings) -> Source:
    corpus = read_transcribed(name, reader=chosen.reader, root=chosen.root, channel=chosen.channel, **chosen.options)
    store = open_store(
        root=corpus.root,
        paths=corpus.clips["path"].tolist(),
        channel=corpus.channel,
        sample_rate=settings.audio.sample_rate,
        loudness_lufs=settings.audio.loudness_lufs,
        folder=settings.store_dir,
        name=name,
    )
    return Source(corpus, store)


def describe(settings: PretuneSettings, sources: dict[str, Source]) -> dict[str, Any]:
    """Return what is written down before training starts, with the keys of `ser.sweep.identity.describe`."""
    science = settings.science() | {
        "checkpoint": settings.start,
        "checkpoint_content": fingerprint(settings.start),
        "corpus_content": {name: source.content for name, source in sources.items()},
    }
    parameters = flatten(science)
    return {
        "factors": {
            "model": settings.model.name,
            "pretune": settings.pretune.name,
            "dataset": "+".join(settings.corpora),
            "seed": settings.seed.value,
        },
        "tests": list(settings.corpora),
        "parameters": parameters,
        "signature": signature(parameters),
        "started": time.time(),
    }
