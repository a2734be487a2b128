"""Opening corpora: labels first, which are cheap, then prepared clips, which are made where there are none yet."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.audio.segment import Segment, segments
from ser.audio.store import Recordings, Store, open_store
from ser.corpora import Corpus, read
from ser.corpora.choosing import require_known
from ser.schema import SEGMENT
from ser.settings import AudioSettings, CellSettings, CorpusSettings, DatasetSettings


@dataclass(frozen=True, eq=False)
class Source:
    """A corpus and its decoded clips, in the same order."""

    corpus: Corpus
    store: Store


def read_corpora(dataset: DatasetSettings, names: Sequence[str] | None = None) -> dict[str, Corpus]:
    """Return the corpora of a dataset with their labels, by name: without names, all that are trained or tested on.

    No recording is opened, and a process reads a corpus once.

    Raises:
        ConfigError, CorpusError: as `ser.corpora.read` does, and for a label or emotion that no corpus has.
    """
    chosen = dataset.model_dump_json(include={"labels", "emotions", "keep"})
    corpora = {
        name: _read(name, dataset.corpora[name].model_dump_json(), chosen)
        for name in (dataset.used if names is None else names)
    }
    if names is None:
        there = [emotion for corpus in corpora.values() for emotion in corpus.emotions]
        require_known(dataset.labels, dataset.emotions, there)
    return corpora


@functools.cache
def _read(name: str, described: str, of_dataset: str) -> Corpus:
    chosen, dataset = CorpusSettings.model_validate_json(described), json.loads(of_dataset)
    return read(
        name,
        reader=chosen.reader,
        root=chosen.root,
        channel=chosen.channel,
        outside=chosen.outside,
        labels=chosen.labels,
        merged=dataset["labels"],
        emotions=dataset["emotions"],
        keep=dataset["keep"],
        leave_out=chosen.leave_out,
        scale=chosen.scale,
        **chosen.options,
    )


def recordings_of(corpus: Corpus, audio: AudioSettings, store_dir: Path) -> Recordings:
    """Return what the store of a corpus is made of."""
    return Recordings(
        root=corpus.root,
        paths=corpus.clips["path"].tolist(),
        times=_times(corpus),
        origins=corpus.origins,
        channel=corpus.channel,
        sample_rate=audio.sample_rate,
        loudness_lufs=audio.loudness_lufs,
        folder=store_dir,
        name=corpus.name,
    )


def segments_of(corpus: Corpus) -> list[Segment]:
    """Return the clips of a corpus by their files and times."""
    return segments(corpus.root, corpus.clips["path"].tolist(), _times(corpus), corpus.origins)


def _times(corpus: Corpus) -> list[tuple[float, float]]:
    if not {*SEGMENT} <= set(corpus.clips):
        return []
    return list(corpus.clips[[*SEGMENT]].itertuples(index=False, name=None))


@functools.cache
def open_source(corpus: Corpus, audio: AudioSettings, store_dir: Path) -> Source:
    """Return a corpus with its prepared clips, which are made where there are none yet. A process opens them once.

    Raises:
        CorpusError: recordings cannot be used.
        UserError: the prepared audio cannot be kept.
    """
    return Source(corpus, open_store(**recordings_of(corpus, audio, store_dir)))


def open_sources(settings: CellSettings, names: Sequence[str] | None = None) -> dict[str, Source]:
    """Return corpora with their prepared clips, by name: without names, all that a cell trains or tests on.

    Raises:
        ConfigError, CorpusError, UserError: as `read_corpora` and `open_source` do.
    """
    corpora = read_corpora(settings.dataset, names)
    return {name: open_source(corpus, settings.audio, settings.store_dir) for name, corpus in corpora.items()}
