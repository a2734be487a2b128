"""`python -m ser.prepare corpus=<name>` or `dataset=<name>`: fetch corpora, check their labels, decode them once.

A corpus with a public archive is downloaded, verified and unpacked; for the others the message says where to request
it. An existing folder of a corpus is never changed.
"""

from pathlib import Path

from pydantic import NonNegativeFloat

from ser.arguments import corpus_alone
from ser.command import run
from ser.errors import CorpusError
from ser.settings import AudioSettings, CorpusSettings, DatasetSettings, Part


class PrepareSettings(Part):
    """Dataset, folders of corpora and decoded audio, and limits of downloads."""

    dataset: DatasetSettings
    audio: AudioSettings
    corpora_dir: Path
    store_dir: Path
    fetch: bool
    keep_archive: bool
    most_gb: NonNegativeFloat


def main(settings: PrepareSettings) -> None:
    """Fetch and decode every corpus of the dataset; then report those that are missing.

    Raises:
        ConfigError: a reader or an option is wrong.
        CorpusError: a corpus is missing and cannot be fetched, or is not complete.
        UserError: the disk is full.
    """
    from ser.sources import open_source, read_corpora

    dataset = settings.dataset
    missing = []
    for name in dataset.used:
        corpus = dataset.corpora[name]
        if instructions := obtain(name, corpus, settings):
            missing.append(instructions)
            continue
        source = open_source(read_corpora(dataset, [name])[name], settings.audio, settings.store_dir)
        hours = source.store.durations_s.sum() / 3600
        print(f"{name}: {source.corpus.terms}")
        print(f"{name}: {len(source.store)} clips, {hours:.2f} h, decoded in {source.store.folder}")
    if missing:
        raise CorpusError("\n       ".join(missing))


def obtain(name: str, corpus: CorpusSettings, settings: PrepareSettings) -> str | None:
    """Fetch a corpus that is missing; return instructions for one that cannot be fetched."""
    from ser.corpora.corpus import terms_of
    from ser.corpora.readers import READERS
    from ser.fetch.corpus import fetch

    reader = READERS.get(corpus.reader)
    root = corpus.root and corpus.root.expanduser()
    if reader is None or root is None or (root.is_dir() and any(root.iterdir())):
        return None  # errors are reported when the corpus is read
    if reader.ARCHIVE is None or not settings.fetch:
        where = f"ask for it at {reader.URL}" if reader.URL else "its owners have it"
        return f"{name}: not in {root}; {where}, and put it there so that it holds {reader.EXPECTED}"
    print(f"{name}: {terms_of(reader)}")
    print(f"{name}: fetching {reader.ARCHIVE} into {root}", flush=True)
    most_bytes = int(settings.most_gb * 1e9)
    fetch(reader.ARCHIVE, reader.MD5, root, reader.LAYOUT, most_bytes, reader.URL, settings.keep_archive)
    return None


if __name__ == "__main__":
    run(main, "prepare", PrepareSettings, corpus_alone)
