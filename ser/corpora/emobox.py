"""Any of the 32 corpora that EmoBox describes, by its list of clips.

EmoBox has no recordings and no speakers: its folder `data` holds `<corpus>/<corpus>.jsonl`, one record a clip with
its path and emotion, `label_map.json`, which spells the emotions, and folds, which `split=folds
split.file=<data>/<corpus>` reads. Speakers, genders and sentences come from the corpus's own reader where there is
one; else they are unknown.
"""

import json
import logging
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, Final

import pandas as pd

from ser.corpora.files import recordings_in
from ser.errors import ConfigError, CorpusError
from ser.schema import SEGMENT, UNKNOWN_SPEAKER

NAME: Final = "emobox"
# Only the owners of each corpus know:
LANGUAGE: Final = None
LICENCE: Final = None
CITATION: Final = (
    "Z. Ma et al.: EmoBox: Multilingual Multi-corpus Speech Emotion Recognition Toolkit and Benchmark. Interspeech"
    " 2024, https://arxiv.org/abs/2406.07162; and the corpus itself"
)
URL: Final = None
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = None
LAYOUT: Final = "*"
EXPECTED: Final = "the recordings of a corpus, in the folders that EmoBox has below downloads/<corpus>"

MAPS: Final = ("label_map.json", "label_dict.json")

TIMES: Final = ("start_time", "end_time")

logger = logging.getLogger(__name__)


def manifest(root: Path, metadata: Path | str, corpus: str) -> pd.DataFrame:
    """Return one row per record of EmoBox's list.

    A record's path is looked for below `root`, then its name without the ending anywhere below it.

    Args:
        root: the folder of the recordings.
        metadata: EmoBox's folder `data`.
        corpus: one of its corpora, e.g. "emodb".

    Raises:
        ConfigError: the folder has no such corpus.
        CorpusError: a list or a map cannot be read.
    """
    folder = Path(metadata).expanduser() / corpus
    spelled, files = _spelling(folder, corpus), _Recordings(root)
    clips = pd.DataFrame(
        {
            "path": files.find(record["wav"], corpus),
            "emotion": spelled.get(record["emo"].lower(), record["emo"]),
            **{column: record[time] for column, time in zip(SEGMENT, TIMES, strict=True) if time in record},
        }
        for record in _list(folder, corpus)
    )
    return clips.merge(_people(root, corpus), how="left", on="path").fillna(
        {"speaker": UNKNOWN_SPEAKER, "gender": "unknown"}
    )


def records(file: Path, *keys: str) -> list[dict[str, Any]]:
    """Return the records of a file of EmoBox: one a line (.jsonl), without blank lines, or one mapping of them (.json).

    Args:
        file: to read.
        keys: that every record has as text; `TIMES`, where a record has them, are seconds.

    Raises:
        CorpusError: it cannot be read as such.
    """
    try:
        text = file.read_text("utf-8-sig")
        lines = (line for line in text.split("\n") if line.strip())
        found = [*json.loads(text).values()] if file.suffix == ".json" else [*map(json.loads, lines)]
        for record in found:
            if strange := [key for key in keys if not isinstance(record[key], str)]:
                raise TypeError(f"{strange[0]} is {record[strange[0]]!r}")
            if set(TIMES) & set(record):
                record.update({key: round(float(record[key]), 9) for key in TIMES})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{file}: not a file of EmoBox ({type(error).__name__}: {error}); fetch it again") from error
    return found


def _list(folder: Path, corpus: str) -> list[dict[str, Any]]:
    """Return the records of all clips of a corpus."""
    file = folder / f"{corpus}.jsonl"
    if not file.is_file():
        existing = ", ".join(
            sorted(found.stem for found in folder.parent.glob("*/*.jsonl") if found.stem == found.parent.name)
        )
        raise ConfigError(
            f"corpus={corpus}: there is no {file}; there are {existing or 'none'}. `metadata` is EmoBox's folder data"
        )
    return records(file, "wav", "emo")


def _spelling(folder: Path, corpus: str) -> dict[str, str]:
    """Return label in lower case -> emotion: of EmoBox's map, else as the corpus's own reader has it."""
    for file in (folder / name for name in MAPS):
        if file.is_file():
            try:
                return {str(label).lower(): str(word) for label, word in json.loads(file.read_text("utf-8")).items()}
            except (ValueError, AttributeError) as error:
                raise CorpusError(f"{file}: not a map of labels ({error}); fetch it again") from error
    emotions = getattr(_own(corpus), "EMOTIONS", {})
    return {code.lower(): emotion for code, emotion in emotions.items()}


def _own(corpus: str) -> ModuleType | None:
    from ser.corpora.readers import READERS  # imported late, because this module is one of them

    return READERS.get(corpus)


def _people(root: Path, corpus: str) -> pd.DataFrame:
    """Return path, speaker, gender, language and text, as far as the corpus's own reader knows them."""
    reader = _own(corpus)
    if reader is not None:
        try:
            clips: pd.DataFrame = reader.manifest(root)
            return clips.drop(columns=["emotion", "split"], errors="ignore")
        except (CorpusError, ValueError) as error:
            logger.warning(
                "corpus=%s: its speakers are unknown, because its own reader cannot read it: %s", corpus, error
            )
    return pd.DataFrame({"path": [], "speaker": [], "gender": []}, dtype=str)


class _Recordings:
    """The recordings below a folder, found by path or by name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, wav: str, corpus: str) -> str:
        """Return the path of a record's clip below the root; where it is not there, the one that was looked for."""
        below = wav.removeprefix(f"downloads/{corpus}/")
        if (self.root / below).is_file():
            return below
        found = self._by_stem.get(Path(below).stem, ())
        return found[0] if len(found) == 1 else below

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for path in recordings_in(self.root):
            names.setdefault(PurePosixPath(path).stem, []).append(path)
        return names
