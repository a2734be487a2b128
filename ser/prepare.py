"""`python -m ser.prepare dataset=<name>`: fetch the corpora of a dataset, check their labels, decode them once.

A corpus that its owners let one fetch is downloaded, verified and unpacked; for the others it says where to ask. What
lies in the place of a corpus already is never touched.
"""

from pathlib import Path

from pydantic import NonNegativeFloat

from ser.command import run
from ser.errors import CorpusError
from ser.settings import AudioSettings, CorpusSettings, DatasetSettings, Part


class PrepareSettings(Part):
    """Which corpora, where they and their decoded audio lie, and what may be fetched."""

    dataset: DatasetSettings
    audio: AudioSettings
    corpora_dir: Path
    store_dir: Path
    fetch: bool
    keep_archive: bool
    most_gb: NonNegativeFloat


def main(settings: PrepareSettings) -> None:
    """Prepare every corpus of the dataset that can be; then tell of those that cannot.

    Raises:
        ConfigError: a reader or an option is wrong.
        CorpusError: a corpus is not there and cannot be fetched, or is not what it should be.
        UserError: the disk is full.
    """
    from ser.sources import open_source, read_corpus

    dataset = settings.dataset
    absent = []
    for name in dataset.used:
        chosen = dataset.corpora[name]
        if told := obtain(name, chosen, settings):
            absent.append(told)
            continue
        source = open_source(read_corpus(name, chosen), settings.audio, settings.store_dir)
        hours = source.store.durations_s.sum() / 3600
        print(f"{name}: {source.corpus.terms}")
        print(f"{name}: {len(source.store)} clips, {hours:.2f} h, decoded in {source.store.folder}")
    if absent:
        raise CorpusError("\n       ".join(absent))


def obtain(name: str, chosen: CorpusSettings, settings: PrepareSettings) -> str | None:
    """See to it that a corpus is there; return what to do about one that cannot be fetched."""
    from ser.corpora.corpus import READERS, terms_of
    from ser.fetch.corpus import fetch

    reader = READERS.get(chosen.reader)
    root = chosen.root and chosen.root.expanduser()
    if reader is None or root is None or (root.is_dir() and any(root.iterdir())):
        return None  # what is wrong with it is told when it is read
    if reader.ARCHIVE is None or not settings.fetch:
        where = f"ask for it at {reader.URL}" if reader.URL else "its owners have it"
        return f"{name}: not in {root}; {where}, and put it there so that it holds {reader.EXPECTED}"
    print(f"{name}: {terms_of(reader)}")
    print(f"{name}: fetching {reader.ARCHIVE} into {root}", flush=True)
    most_bytes = int(settings.most_gb * 1e9)
    fetch(reader.ARCHIVE, reader.MD5, root, reader.LAYOUT, most_bytes, reader.URL, settings.keep_archive)
    return None


if __name__ == "__main__":
    run(main, "prepare", PrepareSettings)
