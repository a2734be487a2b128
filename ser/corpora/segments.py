"""Clips that are parts of recordings: where they begin and end, in seconds or as pandas writes time."""

import math
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from ser.errors import CorpusError
from ser.schema import SEGMENT

MISSING: Final = ("", "nat")
"""Cells, in lower case, that name no time: the beginning or the end of the recording."""


def segment_columns(rows: pd.DataFrame, table: Path) -> pd.DataFrame:
    """Return a table whose columns `start` and `end`, if any, are called `start_s` and `end_s`.

    Raises:
        CorpusError: it has both.
    """
    for written, column in zip(("start", "end"), SEGMENT, strict=True):
        if {written, column} <= set(rows):
            raise CorpusError(f"{table}: columns {written} and {column} are the same thing; keep one of them")
        rows = rows.rename(columns={written: column})
    return rows


def with_segments(clips: pd.DataFrame, row: Callable[[Hashable], str]) -> pd.DataFrame:
    """Return a manifest with `start_s` and `end_s` as seconds.

    Args:
        clips: with or without these columns, of seconds, `pd.Timedelta`, or the text of either; a missing start is
            the beginning of the recording, a missing end its end. Where every clip is a whole recording, the result
            has neither column.
        row: label of the index -> what messages call the row.

    Raises:
        CorpusError: a time is no finite number or negative, or a segment ends before it begins.

    >>> clips = pd.DataFrame({"path": ["a.wav", "a.wav"], "start_s": ["0 days 00:00:01.5", "0"], "end_s": ["NaT", "1"]})
    >>> with_segments(clips, str).values.tolist()
    [['a.wav', 1.5, nan], ['a.wav', 0.0, 1.0]]
    """
    if not set(SEGMENT) & set(clips):
        return clips
    start_s, end_s = (_seconds(clips[name], row) if name in clips else [math.nan] * len(clips) for name in SEGMENT)
    starts = pd.Series(start_s, clips.index, dtype=float).fillna(0.0)
    ends = pd.Series(end_s, clips.index, dtype=float)
    reversed_ = clips.index[(ends <= starts).to_numpy()]
    if len(reversed_):
        first = reversed_[0]
        raise CorpusError(
            f"{row(first)}: the segment from {starts[first]:.12g} to {ends[first]:.12g} s holds nothing; end_s is the"
            " later one, in seconds of the recording"
        )
    if not starts.any() and ends.isna().all():
        return clips.drop(columns=[*SEGMENT], errors="ignore")
    return clips.assign(start_s=starts, end_s=ends)


def segmented(clips: pd.DataFrame, table: Path | str | None) -> pd.DataFrame:
    """Return the manifest of a reader as `with_segments` does.

    Args:
        clips: of a reader.
        table: that the index counts the lines of; None where there is none, and messages name the path.

    Raises:
        CorpusError: as `with_segments`.
    """
    if table is not None:
        return with_segments(clips, lambda line: f"{table}, line {line}")
    clips = clips.reset_index(drop=True)
    return with_segments(clips, lambda row: str(clips.loc[row, "path"]))


def sort_clips(clips: pd.DataFrame) -> pd.DataFrame:
    """Return a manifest sorted by path and segment."""
    return clips.sort_values(["path", *(name for name in SEGMENT if name in clips)])


def _seconds(cells: pd.Series, row: Callable[[Hashable], str]) -> list[float]:
    return [_parsed(cell, row, index, str(cells.name)) for index, cell in cells.items()]


def _parsed(cell: Any, row: Callable[[Hashable], str], index: Hashable, column: str) -> float:
    """Return seconds, to the nanosecond; NaN for a missing cell."""
    text = str(cell).strip()
    if pd.isna(cell) or text.lower() in MISSING:
        return math.nan
    try:
        seconds = math.nan if {",", "_"} & set(text) else float(text)  # float and pandas would read past these
    except ValueError:
        seconds = _timedelta(text)
    if not math.isfinite(seconds) or seconds < 0:
        raise CorpusError(
            f"{row(index)}: {column} '{text}' is no time in a recording; write seconds from 0, such as 1.5, or"
            " 0 days 00:00:01.5"
        )
    return round(seconds, 9)


def _timedelta(text: str) -> float:
    try:
        return pd.Timedelta(text).total_seconds()
    except ValueError:
        return math.nan
