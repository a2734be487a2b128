"""Your own corpus: any table with the columns `path`, `speaker`, and `emotion` or `text`.

The columns `gender`, `language`, `text` and `age` are optional; others are ignored. A table with a column `rater` has
one row a rating, several of a clip; a table with a column of counts or shares for each emotion names them:
`votes=[anger,joy]`.
"""

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from ser.corpora.ratings import RATER, merge_ratings, votes_of_columns
from ser.corpora.table import genders, read_table
from ser.errors import CorpusError
from ser.schema import MANIFEST_OPTIONAL

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


def manifest(root: Path, table: Path | str, votes: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row a clip of `table`.

    A clip with several ratings has `votes`; without an emotion of its own, it has none until they are counted.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8.
        votes: columns of the votes for the emotions that they are named after.

    Raises:
        ConfigError: `votes` are no columns.
        CorpusError: the table cannot be read, lacks a column, has an empty cell, a gender outside the vocabulary, or
            a path that is absolute, leaves the root or is a duplicate; the message names the line.
    """
    table = Path(table).expanduser()
    rows = read_table(table, ("path", "speaker") if votes else ("path", "emotion", "speaker"))
    if votes:
        rows["votes"] = votes_of_columns(rows, votes, table)
    elif RATER in rows:
        rows = merge_ratings(rows.assign(path=rows["path"].map(posixpath.normpath)), ["path"], table)
    clips = _clips(rows, table)
    if "votes" in rows:
        clips["votes"] = rows["votes"]
    if "emotion" in rows:
        clips.insert(1, "emotion", rows["emotion"])
    return clips


def transcripts(root: Path, table: Path | str) -> pd.DataFrame:
    """Return the rows of `table` with their transcripts, which may be empty.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8 with the columns `path`, `speaker` and `text`.

    Raises:
        CorpusError: as `manifest`.
    """
    table = Path(table).expanduser()
    return _clips(read_table(table, ("path", "speaker"), ("text",)), table)


def _clips(rows: pd.DataFrame, table: Path) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "path": _paths(rows["path"], table),
            "speaker": rows["speaker"],
            "gender": genders(rows["gender"], table) if "gender" in rows else "unknown",
            **{column: rows[column] for column in MANIFEST_OPTIONAL if column in rows},
        }
    )


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
    duplicates = paths.index[paths.duplicated()]
    if len(duplicates):
        line, first = duplicates[0], paths.index[paths == paths[duplicates[0]]][0]
        raise CorpusError(f"{table}, line {line}: '{column[line]}' is in line {first} too; keep one")
    return paths
