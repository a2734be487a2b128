"""What a cell is: a signature of all that changes its scores, and the corpora that it works on."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ser.audio.content import content_digest, digest_of
from ser.audio.settings import recordings
from ser.corpora import Corpus
from ser.models.checkpoint import fingerprint
from ser.settings import CellSettings, TrainSettings
from ser.sources import Source, open_source
from ser.splits import content
from ser.sweep.names import cell_factors


def open_sources(settings: CellSettings, names: Sequence[str] | None = None) -> dict[str, Source]:
    """Read the labels and open the decoded audio of corpora: without names, of all that a cell trains or tests on."""
    corpora = settings.dataset.corpora
    wanted = settings.dataset.used if names is None else names
    return {name: open_source(name, corpora[name], settings.audio, settings.store_dir) for name in wanted}


def describe(settings: TrainSettings, sources: dict[str, Source]) -> dict[str, Any]:
    """Return what is written down of a cell before it starts.

    Keys: `factors`; `tests`; `corpora`, name -> clips and terms of use; `parameters`, all that changes the scores,
    flat; `signature`, their hash without the place of the checkpoint, whose content they tell too; `started`.
    """
    science = settings.science() | {
        "model": settings.model.name,
        "pretune": settings.pretune.name,
        "checkpoint": settings.checkpoint,
        "checkpoint_content": fingerprint(settings.checkpoint),
        "corpus_content": {name: source.content for name, source in sources.items()},
        "augmentation_content": _recordings(settings),
    }
    contents = {name: content(settings.split, sources[name].corpus) for name in settings.dataset.train}
    science["split_content"] = {name: there for name, there in contents.items() if there}
    parameters = flatten(science)
    return {
        "factors": cell_factors(settings),
        "tests": settings.tests,
        "corpora": {name: _terms(source.corpus) for name, source in sources.items()},
        "parameters": parameters,
        "signature": signature(parameters),
        "started": time.time(),
    }


def identity(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return flat parameters without the place of the checkpoint, whose content they tell too."""
    return {key: value for key, value in parameters.items() if key != "checkpoint"}


def signature(parameters: dict[str, Any]) -> str:
    """Return a hash of all that changes the scores, or the checkpoint that is made."""
    return digest_of([json.dumps(identity(parameters), sort_keys=True)])


def _recordings(settings: TrainSettings) -> dict[str, str]:
    """Return a hash of the recordings of every transform that draws from a folder: its place in the list -> hash."""
    folders = {
        str(place): Path(transform.options["folder"])
        for place, transform in enumerate(settings.augmentation.transforms)
        if "folder" in transform.options
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


def _terms(corpus: Corpus) -> dict[str, Any]:
    return {"clips": len(corpus.clips), "left_out": corpus.dropped} | asdict(corpus.terms)
