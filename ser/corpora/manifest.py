"""A corpus of your own: any table with the columns `path`, `emotion` and `speaker`.

`gender`, `language`, `text` and `age` are taken along where they are given; other columns are not looked at.
"""

import posixpath
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from ser.corpora.table import genders, read_table, renaming
from ser.errors import CorpusError
from ser.schema import MANIFEST_OPTIONAL

NAME: Final = "manifest"
# Known to the owner of the table alone:
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
            a path that is absolute, leaves the root or stands twice; the message names the line.
    """
    renamed = renaming(labels)
    table = Path(table).expanduser()
    rows = read_table(table, ("path", "emotion", "speaker"))
    return pd.DataFrame(
        {
            "path": _paths(rows["path"], table),
            "emotion": rows["emotion"].str.lower().replace(renamed),
            "speaker": rows["speaker"],
            "gender": genders(rows["gender"], table) if "gender" in rows else "unknown",
            **{column: rows[column] for column in MANIFEST_OPTIONAL if column in rows},
        }
    )


def _paths(given: pd.Series, table: Path) -> pd.Series:
    """Write every path in one way, so that `a.wav` and `./a.wav` are known to be one clip."""
    paths = given.map(posixpath.normpath)
    outside = paths.index[paths.str.startswith(("/", "../"))]
    if len(outside):
        raise CorpusError(
            f"{table}, line {outside[0]}: path '{given[outside[0]]}' lies outside the corpus root; write it relative to"
            " the root, which is the folder of the table unless `root` says otherwise"
        )
    twice = paths.index[paths.duplicated()]
    if len(twice):
        first = paths.index[paths == paths[twice[0]]][0]
        raise CorpusError(f"{table}, line {twice[0]}: '{given[twice[0]]}' stands in line {first} already; keep one")
    return paths
