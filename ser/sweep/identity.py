"""What a cell is: a signature of all that changes its scores. No corpus is opened for it, and nothing is decoded."""

import functools
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ser.audio.content import content_digest, digest_of
from ser.audio.settings import recordings
from ser.audio.store import store_digest
from ser.corpora import Corpus
from ser.data.labels import require_dimensions, require_votes
from ser.models.checkpoint import checksums, fingerprint
from ser.records import CellRecord, CorpusRecord
from ser.settings import AudioSettings, TrainingRunSettings, TrainSettings
from ser.settings.network import LOSSES, FirstLayers, freezes_layers
from ser.sources import read_corpora, recordings_of
from ser.splits import content
from ser.splits.speaker import differs_from_one_draw
from ser.sweep.names import cell_factors


def describe(settings: TrainSettings) -> CellRecord:
    """Return what is written down of a cell before it starts.

    Its parameters are all that changes the scores, flat; its signature is their hash without the path of the
    checkpoint, whose content they have too. Of a corpus they have a hash of its labels and of its recordings: the same
    labels and recordings have the same one wherever they lie.

    Raises:
        ConfigError, CorpusError: the labels of a corpus cannot be read, a recording is missing, the split does not
            fit, or a corpus lacks what the task is trained on.
    """
    corpora = read_corpora(settings.dataset)
    _require_targets(settings, corpora)
    splits = {name: content(settings.split, corpora[name]) for name in settings.dataset.train}
    redrawn = [
        name
        for name in settings.dataset.train
        if settings.split.name == "speaker" and _redrawn(corpora[name], settings.seed.split)
    ]
    science = {
        "split_drawn": dict.fromkeys(redrawn, "until every part has every emotion and gender"),
        "model": settings.model.name,
        "pretune": settings.pretune.name,
        "augmentation_content": _recordings(settings),
        "frozen_layers": _frozen_layers(settings),
        "split_content": {name: digest for name, digest in splits.items() if digest},
    }
    return describe_run(
        settings,
        settings.checkpoint,
        corpora,
        science,
        factors=cell_factors(settings),
        tests=settings.tests,
        corpora={name: _used(corpus) for name, corpus in corpora.items()},
    )


def describe_run(
    settings: TrainingRunSettings,
    checkpoint: str,
    used: Mapping[str, Corpus],
    science: Mapping[str, Any],
    **record: Any,
) -> CellRecord:
    """Return what is written down of a run before it starts: all that changes what it makes, and its signature.

    Args:
        settings: of the run.
        checkpoint: the encoder that it starts from.
        used: the corpora, with their labels; no recording is decoded.
        science: what changes the results beside what the settings say, or in place of it.
        record: further fields of the record: `factors`, `tests`, `corpora`.

    Raises:
        CorpusError: a recording cannot be read.
    """
    contents = {name: corpus_content(corpus, settings.audio, settings.store_dir) for name, corpus in used.items()}
    parameters = flatten(
        settings.science()
        | {"checkpoint": checkpoint, "checkpoint_content": fingerprint(checkpoint), "corpus_content": contents}
        | dict(science)
    )
    return CellRecord(parameters=parameters, signature=signature(parameters), started=time.time(), **record)


@functools.cache
def _redrawn(corpus: Corpus, seed: int) -> bool:
    """Return whether a split is another than that of cells which were trained before splits were drawn again."""
    return differs_from_one_draw(corpus.clips, seed)


@functools.cache
def corpus_content(corpus: Corpus, audio: AudioSettings, store_dir: Path) -> str:
    """Return what tells a corpus from any other: a hash of its labels, of its recordings and of the audio settings.

    Args:
        corpus: with its labels.
        audio: what its clips are made into.
        store_dir: folder of the stores, where the hashes of recordings that have not changed are remembered.

    Raises:
        CorpusError: a recording cannot be read.
    """
    digest = store_digest(**recordings_of(corpus, audio, store_dir))
    return digest_of([corpus.clips.to_csv(index=False) + digest])


ADDED: Final = {
    "numerics.deterministic": False,
    "dataset.emotions": None,
    "dataset.keep": None,
    "task.labels": "majority",
    "training.accumulate": 1,
}
"""Parameters that came after the first cells were trained -> the value that those had, without a name for it."""


def identity(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return flat parameters as they are signed.

    They lack the path of the checkpoint, whose content they have too, and what was added later and leaves all as it
    was before: cells of before keep their signatures.
    """
    return {
        key: value
        for key, value in parameters.items()
        if key != "checkpoint" and not (key in ADDED and value == ADDED[key])
    }


def signature(parameters: dict[str, Any]) -> str:
    """Return a hash of all that changes the scores, or the checkpoint that is made."""
    return digest_of([json.dumps(identity(parameters), sort_keys=True)])


def read_by_training(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a training reads: no mere names, and no keys that another one makes meaningless."""
    unread = {"head.name", "augmentation.name"}
    if parameters.get("training.batch_seconds") is not None:
        unread.add("training.batch_size")
    if not parameters.get("augmentation.transforms"):
        unread.add("augmentation.mode")
    loss = str(parameters.get("loss.name"))
    known = {"loss.name": LOSSES.table[loss]} if loss in LOSSES.table else {}
    return {key: value for key, value in parameters.items() if key not in unread} | known


def _frozen_layers(settings: TrainSettings) -> dict[str, str]:
    """Return what has changed the scores of cells with frozen layers since the first cells were trained."""
    stored = freezes_layers(settings.freezing) and settings.numerics.cnn_features != "none"
    unmasked = isinstance(settings.freezing, FirstLayers)
    states = {"states": "stored"} if stored else {}
    return states | ({"training": "without SpecAugment and LayerDrop"} if unmasked else {})


def _require_targets(settings: TrainSettings, corpora: Mapping[str, Corpus]) -> None:
    if settings.task.name == "dimensions":
        for name, corpus in corpora.items():
            require_dimensions(corpus.clips, name)
    elif settings.task.labels == "soft":
        for name in settings.dataset.train:
            require_votes(corpora[name].clips, name)


def _recordings(settings: TrainSettings) -> dict[str, str]:
    """Return a hash of the recordings of every transform that draws from a folder: its position -> hash."""
    folders = {
        str(position): Path(transform.options["folder"])
        for position, transform in enumerate(settings.augmentation.transforms)
        if "folder" in transform.options
    }
    memory = settings.store_dir / "content"
    return {
        position: content_digest([file.resolve() for file in recordings(folder)], memory, f"Reading {folder}")
        for position, folder in folders.items()
    }


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Name the parameters in which two descriptions differ, with both values."""
    before, now = ADDED | before, ADDED | now
    keys = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    return [f"{key}: was {before.get(key)}, is {now.get(key)}" for key in keys]


def differences(before: CellRecord, now: CellRecord) -> str:
    """Return in a line each the parameters in which two descriptions differ, and the changed files of the encoder."""
    lines = changes(before.parameters, now.parameters)
    checkpoint = str(now.parameters["checkpoint"])
    if before.checkpoint_files and before.parameters.get("checkpoint_content") != now.parameters["checkpoint_content"]:
        after = checksums(checkpoint)
        names = sorted(before.checkpoint_files.keys() | after.keys())
        changed = [name for name in names if before.checkpoint_files.get(name) != after.get(name)]
        lines.append(f"changed files of checkpoint {checkpoint}: {', '.join(changed) or 'none'}")
    return "\n         ".join(lines)


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted keys."""
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        key: leaf
        for name, item in value.items()
        for key, leaf in flatten(item, f"{prefix}.{name}" if prefix else str(name)).items()
    }


def _used(corpus: Corpus) -> CorpusRecord:
    return CorpusRecord(
        clips=len(corpus.clips), left_out=corpus.dropped, notes=list(corpus.notes), **asdict(corpus.terms)
    )
