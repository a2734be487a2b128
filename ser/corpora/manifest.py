"""Your own corpus: any table with the columns `path`, `speaker`, and `emotion` or `text`.

The columns `gender`, `language`, `text`, `age`, `split`, and of a part of a recording `start_s` and `end_s` (or `start`
and `end`), are optional; without `speaker` the speakers are unknown.
Any other column is kept, and reaches the predictions. A table with a column `rater` has one row a rating, several of a
clip; a table with a column of counts or shares for each emotion names them:
`votes=[anger,joy]`.
"""

import posixpath
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from ser.corpora.ratings import RATER, merge_ratings, votes_of_columns
from ser.corpora.segments import segment_columns, with_segments
from ser.corpora.table import genders, read_table, require_columns
from ser.errors import ConfigError, CorpusError
from ser.schema import UNKNOWN_SPEAKER, clip_names

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
EXPECTED: Final = "a .csv or .tsv with the columns path (or file), emotion and speaker, and the recordings it names"

_CLIP: Final = "name of the clip"


def manifest(
    root: Path,
    table: Path | str,
    votes: Sequence[str] = (),
    columns: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return one row a clip of `table`.

    A clip with several ratings has `votes`; without an emotion of its own, it has none until they are counted.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8.
        votes: columns of the votes for the emotions that they are named after.
        columns: our name of a column -> that in the table, e.g. `{"path": "recording", "emotion": "label"}`; the
            column `file` is the path without being named.

    Raises:
        ConfigError: `votes` are no columns, or `columns` no pairs of names.
        CorpusError: the table cannot be read, lacks a column, has an empty cell, a gender outside the vocabulary, or
            a path that is absolute, leaves the root or is a duplicate; the message names the line.
    """
    table = Path(table).expanduser()
    rows = _named(read_table(table, ()), table, columns, ("path",) if votes else ("path", "emotion"))
    if votes:
        rows["votes"] = votes_of_columns(rows, votes, table)
    elif RATER in rows:
        rows = _merged(rows, table)
    clips = _clips(rows, table)
    if "votes" in rows:
        clips["votes"] = rows["votes"]
    if "emotion" in rows:
        clips.insert(1, "emotion", rows["emotion"])
    return clips


def transcripts(root: Path, table: Path | str, columns: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """Return the rows of `table` with their transcripts, which may be empty.

    Args:
        root: the folder that the column `path` starts from.
        table: a .csv or .tsv file in UTF-8 with the columns `path`, `speaker` and `text`.
        columns: as for `manifest`.

    Raises:
        CorpusError: as `manifest`.
    """
    table = Path(table).expanduser()
    return _clips(_named(read_table(table, ()), table, columns, ("path", "speaker"), ("text",)), table)


def _clips(rows: pd.DataFrame, table: Path) -> pd.DataFrame:
    clips = pd.DataFrame(
        {
            "path": _paths(rows["path"], table),
            "speaker": rows.get("speaker", UNKNOWN_SPEAKER),
            "gender": genders(rows["gender"], table) if "gender" in rows else "unknown",
            **{name: rows[name] for name in rows if name not in ("path", "speaker", "gender", "emotion", "votes")},
        }
    )
    clips = with_segments(clips, _line_of(table))
    _require_distinct(clips, clip_names(clips.assign(path=rows["path"])), table)
    return clips


def _merged(rows: pd.DataFrame, table: Path) -> pd.DataFrame:
    """Return one row a clip from one row a rating."""
    rows = with_segments(rows.assign(path=rows["path"].map(posixpath.normpath)), _line_of(table))
    return merge_ratings(rows.assign(**{_CLIP: clip_names(rows)}), [_CLIP], table).drop(columns=_CLIP)


def _line_of(table: Path) -> Callable[[Hashable], str]:
    return lambda line: f"{table}, line {line}"


def _named(
    rows: pd.DataFrame,
    table: Path,
    columns: Mapping[str, str],
    filled: tuple[str, ...],
    present: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return the rows with our names of columns, those that are needed filled in."""
    if not isinstance(columns, Mapping):
        raise ConfigError(f"columns: '{columns}' are no pairs; write them as {{path: <column>, emotion: <column>}}")
    if absent := [name for name in columns.values() if name not in rows]:
        raise ConfigError(f"columns: {table} has no column {absent[0]}; there are {', '.join(rows.columns)}")
    rows = rows.rename(columns={name: ours for ours, name in columns.items()})
    if "path" not in rows and "file" in rows:
        rows = rows.rename(columns={"file": "path"})
    rows = segment_columns(rows, table)
    require_columns(rows, table, filled, present)
    if "speaker" in rows:
        require_columns(rows, table, ("speaker",))
    return rows


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
