"""A corpus as the rest works on it: its labels, and its prepared clips in the same order."""

import functools
from dataclasses import dataclass
from pathlib import Path

from ser.audio.content import digest_of
from ser.audio.store import Store, open_store
from ser.corpora import Corpus, read
from ser.settings import AudioSettings, CorpusSettings


@dataclass(frozen=True, eq=False)
class Source:
    """A corpus and its decoded clips, in the same order."""

    corpus: Corpus
    store: Store

    @functools.cached_property
    def content(self) -> str:
        """What tells this corpus from any other: a hash of its labels and of its audio."""
        return digest_of([self.corpus.clips.to_csv(index=False) + self.store.digest])


def read_corpus(name: str, chosen: CorpusSettings) -> Corpus:
    """Read the labels of a corpus as the settings say; no recording is opened.

    Raises:
        ConfigError, CorpusError: as `ser.corpora.read` does.
    """
    return read(
        name,
        reader=chosen.reader,
        root=chosen.root,
        channel=chosen.channel,
        outside=chosen.outside,
        leave_out=chosen.leave_out,
        scale=chosen.scale,
        **chosen.options,
    )


def open_source(name: str, chosen: CorpusSettings, audio: AudioSettings, store_dir: Path) -> Source:
    """Read the labels of a corpus and open its prepared audio, which is made where there is none yet.

    Those of one process that ask for the same share it.

    Raises:
        ConfigError, CorpusError: as `ser.corpora.read` does, or recordings cannot be used.
        UserError: the prepared audio cannot be kept.
    """
    return _open(name, chosen.model_dump_json(), audio, store_dir)


@functools.cache
def _open(name: str, described: str, audio: AudioSettings, store_dir: Path) -> Source:
    corpus = read_corpus(name, CorpusSettings.model_validate_json(described))
    store = open_store(
        root=corpus.root,
        paths=corpus.clips["path"].tolist(),
        channel=corpus.channel,
        sample_rate=audio.sample_rate,
        loudness_lufs=audio.loudness_lufs,
        folder=store_dir,
        name=name,
    )
    return Source(corpus, store)
