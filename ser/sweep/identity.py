"""What a cell is: a signature of all that changes its scores, and the corpora that it works on."""

import functools
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser.audio.content import content_digest
from ser.audio.settings import BackgroundNoise, ImpulseResponse, recordings
from ser.audio.store import Store, open_store
from ser.corpora import Corpus, read
from ser.models.checkpoint import fingerprint
from ser.settings import AudioSettings, CorpusSettings, TrainSettings
from ser.sweep.names import cell_factors


@dataclass(frozen=True, eq=False)
class Source:
    """A corpus and its decoded clips, in the same order."""

    corpus: Corpus
    store: Store

    @functools.cached_property
    def content(self) -> str:
        """What tells this corpus from any other: a hash of its labels and of its audio."""
        return _hash(self.corpus.clips.to_csv(index=False) + self.store.digest)


def open_sources(settings: TrainSettings) -> dict[str, Source]:
    """Read the labels and open the decoded audio of the corpora that a cell trains on or tests on.

    Cells of one process that ask for the same corpus share it.
    """
    dataset = settings.dataset
    return {
        name: _open(name, dataset.corpora[name].model_dump_json(), settings.audio, settings.store_dir)
        for name in dict.fromkeys((dataset.train, *dataset.tests))
    }


@functools.cache
def _open(name: str, described: str, audio: AudioSettings, folder: Path) -> Source:
    chosen = CorpusSettings.model_validate_json(described)
    corpus = read(
        name,
        reader=chosen.reader,
        root=chosen.root,
        channel=chosen.channel,
        outside=chosen.outside,
        **chosen.options,
    )
    store = open_store(
        root=corpus.root,
        paths=corpus.clips["path"].tolist(),
        channel=corpus.channel,
        sample_rate=audio.sample_rate,
        loudness_lufs=audio.loudness_lufs,
        folder=folder,
        name=name,
    )
    return Source(corpus, store)


def describe(settings: TrainSettings, sources: dict[str, Source]) -> dict[str, Any]:
    """Return what is written down of a cell before it starts.

    Keys: `factors`; `tests`; `parameters`, all that changes the scores, flat; `signature`, their hash without the place
    of the checkpoint, whose content they tell too; `started`.
    """
    science = settings.science() | {
        "model": settings.model.name,
        "pretune": settings.pretune.name,
        "checkpoint": settings.checkpoint,
        "checkpoint_content": fingerprint(settings.checkpoint),
        "corpus_content": {name: source.content for name, source in sources.items()},
        "augmentation_content": _recordings(settings),
    }
    parameters = flatten(science)
    identity = {key: value for key, value in parameters.items() if key != "checkpoint"}
    return {
        "factors": cell_factors(settings),
        "tests": settings.dataset.tests,
        "parameters": parameters,
        "signature": _hash(json.dumps(identity, sort_keys=True)),
        "started": time.time(),
    }


def _recordings(settings: TrainSettings) -> dict[str, str]:
    """Return a hash of the recordings of every transform that draws from a folder: its place in the list -> hash."""
    folders = {
        str(place): transform.folder
        for place, transform in enumerate(settings.augmentation.transforms)
        if isinstance(transform, BackgroundNoise | ImpulseResponse)
    }
    memory = settings.store_dir / "content"
    return {
        place: content_digest([file.resolve() for file in recordings(folder)], memory, f"Reading {folder}")
        for place, folder in folders.items()
    }


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Name the parameters in which two descriptions of a cell differ, with both values."""
    old, new = before["parameters"], now["parameters"]
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return [f"{key}: was {old.get(key)}, is {new.get(key)}" for key in keys]


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted keys."""
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf
        for name, item in value.items()
        for key, leaf in flatten(item, f"{prefix}.{name}" if prefix else str(name)).items()
    }


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
