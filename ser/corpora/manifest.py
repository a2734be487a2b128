"""Your own corpus: any table with the columns `path`, `speaker`, and `emotion` or `text`.

The columns `gender`, `language`, `text` and `age` are optional; others are ignored.
"""

import posixpath
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from ser.corpora.segments import segment_columns, with_segments
from ser.corpora.table import genders, read_table, renaming
from ser.errors import CorpusError
from ser.schema import MANIFEST_OPTIONAL, clip_names

NAME: Final = "manifest"
# Only the owner of the table knows:
LANGUAGE: Final = None
LICENCE: Final = None
CITATION: Final = None
URL: Final = None
ARCHIVE: Final = None
MD5: Final = None
CLIPS: Final = None
LAYOUT: Final = "*"
EXPECTED: Final = "a .csv or .tsv with the columns path, emotion and speaker, and the recordings that it names"


def manifest(root: Path, table: Path | str, labels: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """Return the rows of `table`, its labels in lower case and renamed by `labels`.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8.
        labels: emotion of the vocabulary for a label of the table, e.g. `{"happy": "joy"}`.

    Raises:
        ConfigError: `labels` is no mapping, or names an emotion outside the vocabulary.
        CorpusError: the table cannot be read, lacks a column, has an empty cell, a gender outside the vocabulary, or
            a path that is absolute, leaves the root or is a duplicate; the message names the line.
    """
    renamed = renaming(labels)
    table = Path(table).expanduser()
    rows = read_table(table, ("path", "emotion", "speaker"))
    clips = _clips(rows, table)
    clips.insert(1, "emotion", rows["emotion"].str.lower().replace(renamed))
    return clips


def transcripts(root: Path, table: Path | str, labels: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """Return the rows of `table` with their transcripts, which may be empty.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8 with the columns `path`, `speaker` and `text`.
        labels: ignored.

    Raises:
        CorpusError: as `manifest`.
    """
    table = Path(table).expanduser()
    return _clips(read_table(table, ("path", "speaker"), ("text",)), table)


def _clips(rows: pd.DataFrame, table: Path) -> pd.DataFrame:
    rows = segment_columns(rows, table)
    clips = pd.DataFrame(
        {
            "path": _paths(rows["path"], table),
            "speaker": rows["speaker"],
            "gender": genders(rows["gender"], table) if "gender" in rows else "unknown",
            **{column: rows[column] for column in MANIFEST_OPTIONAL if column in rows},
        }
    )
    clips = with_segments(clips, lambda line: f"{table}, line {line}")
    _require_distinct(clips, clip_names(clips.assign(path=rows["path"])), table)
    return clips


def _paths(column: pd.Series, table: Path) -> pd.Series:
    """Return normalised paths, so that `a.wav` and `./a.wav` are the same clip."""
    paths = column.map(posixpath.normpath)
    outside = paths.index[paths.str.startswith(("/", "../"))]
    if len(outside):
        line = outside[0]
        raise CorpusError(
            f"{table}, line {line}: path '{column[line]}' lies outside the corpus root; write it relative to"
            " the root, which is the folder of the table unless `root` says otherwise"
        )
    return paths


def _require_distinct(clips: pd.DataFrame, written: list[str], table: Path) -> None:
    names = pd.Series(clip_names(clips), clips.index)
    duplicates = np.flatnonzero(names.duplicated())
    if len(duplicates):
        line, name = names.index[duplicates[0]], names.iloc[duplicates[0]]
        first = names.index[names == name][0]
        raise CorpusError(f"{table}, line {line}: '{written[duplicates[0]]}' is in line {first} too; keep one")
