"""Several ratings of a clip become its votes: one row a rating, or a column of votes for each emotion.

The label of such a clip is the majority of the votes. A tie has no majority: the clip has no label, and is left out.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from ser import votes
from ser.corpora.table import lines_of
from ser.errors import ConfigError, CorpusError
from ser.schema import DIMENSIONS, UNDECIDED

RATER: Final = "rater"
"""The column that says who rates: a table that has it has one row a rating."""

DIMENSION_RATINGS: Final = "dimension_ratings"
"""The column in which a reader gives the single ratings of the dimensions, as `ratings_to_text` writes them."""

logger = logging.getLogger(__name__)


def ratings_to_text(ratings: Mapping[str, Sequence[float]]) -> str:
    """Return the ratings of a clip as JSON.

    >>> ratings_to_text({"arousal": [2.0, 3.5], "valence": [1]})
    '{"arousal": [2.0, 3.5], "valence": [1]}'
    """
    return json.dumps({name: list(numbers) for name, numbers in ratings.items()})


def merge_ratings(rows: pd.DataFrame, clip: Sequence[str], table: Path) -> pd.DataFrame:
    """Return one row a clip from one row a rating: `votes` instead of `emotion`, without the rater.

    Ratings of the dimensions become their mean, and are kept one by one in `DIMENSION_RATINGS`. Other columns that
    differ among the rows of a clip are of the rating and not of the clip, and are left out; speaker and gender may not
    differ. A rater who names several emotions, separated by semicolons, gives an equal part of one vote to each.

    Args:
        rows: of `read_table(table)`, with the columns `rater` and `emotion`.
        clip: the columns that tell a clip from the others, such as its path.
        table: for messages.

    Raises:
        CorpusError: a rater is not named or rates a clip twice, a clip has two speakers, or a rating of a dimension is
            no number; the message names the line.
    """
    _require_one_rating_each(rows, clip, table)
    by_clip = rows.groupby(list(clip))
    merged = rows[~rows.duplicated(list(clip))].drop(columns=[RATER, "emotion"])
    first = merged.set_index(list(clip)).index
    texts = by_clip["emotion"].agg(lambda ratings: votes.to_text(votes.count(ratings)))
    merged["votes"] = texts.reindex(first).to_numpy()
    single: dict[str, list[list[float]]] = {}
    for name in [name for name in merged.columns if name not in (*clip, "votes")]:
        if name in DIMENSIONS:
            numbers = by_clip[name].apply(_numbers_of(name, table)).reindex(first)
            merged[name] = numbers.map(lambda of_clip: f"{np.mean(of_clip):.9g}" if of_clip else "").to_numpy()
            single[name] = numbers.tolist()
        elif (differing := by_clip[name].nunique() > 1).any():
            if name in ("speaker", "gender"):
                clips = rows.index[rows.set_index(list(clip)).index.isin(differing.index[differing])]
                raise CorpusError(f"{table}: a clip has several values of {name} in {lines_of(clips)}; keep one")
            logger.info("%s: column '%s' differs among the ratings of a clip, so it is left out", table, name)
            merged = merged.drop(columns=name)
    if single:
        rated = (dict(zip(single, of_clip, strict=True)) for of_clip in zip(*single.values(), strict=True))
        merged[DIMENSION_RATINGS] = [ratings_to_text(of_clip) for of_clip in rated]
    return merged


def votes_of_columns(rows: pd.DataFrame, columns: Sequence[str], table: Path) -> pd.Series:
    """Return the votes of each row from a column of counts or shares for each emotion; an empty cell is 0.

    Args:
        rows: of `read_table(table)`.
        columns: named after the emotions.
        table: for messages.

    Raises:
        ConfigError: `columns` are no names of columns.
        CorpusError: a column is missing, a cell is no number from 0 on, or a row has no vote; the message names the
            line.
    """
    if isinstance(columns, str) or not all(isinstance(column, str) for column in columns):
        raise ConfigError(f"votes: '{columns}' are no names of columns; write them as [<emotion>,<emotion>,...]")
    missing = [column for column in columns if column not in rows]
    if missing:
        raise CorpusError(
            f"{table}: votes names {', '.join(missing)}, but the first line names {', '.join(rows.columns)}"
        )
    numbers = rows[list(columns)].replace("", "0").apply(pd.to_numeric, errors="coerce")
    for column in columns:
        wrong = numbers.index[~numbers[column].between(0, float("inf"), inclusive="left")]
        if len(wrong):
            raise CorpusError(
                f"{table}: column '{column}' of votes holds '{rows[column][wrong[0]]}' in {lines_of(wrong)}; votes are"
                " counts or shares, numbers from 0 on"
            )
    empty = numbers.index[numbers.sum(axis=1) == 0]
    if len(empty):
        raise CorpusError(f"{table}: no vote in {lines_of(empty)}; fill it in, or remove the row")
    return pd.Series([votes.to_text(row) for row in numbers.to_dict("records")], rows.index, dtype="str")


def rename_votes(column: pd.Series, rename: Callable[[str], str]) -> pd.Series:
    """Return a column of votes with other labels; votes of labels that become one are added."""
    names: dict[str, str] = {label: rename(label) for text in column.unique() for label in votes.from_text(text)}
    return column.map(lambda text: votes.renamed(text, names))


def instead_of_emotion(clips: pd.DataFrame, votes_of: Mapping[str, str]) -> pd.DataFrame:
    """Return a manifest with the votes of each path instead of an emotion, none for a path that has no votes."""
    return clips.drop(columns="emotion").assign(votes=clips["path"].map(votes_of).fillna("").astype("str"))


def with_majority(clips: pd.DataFrame, source: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the clips that have an `emotion`, their own or else the majority of their votes, and how many ties.

    Args:
        clips: a manifest with `emotion` or `votes`.
        source: the corpus, for messages.
    """
    if "emotion" in clips:
        return clips, {}
    emotions = clips["votes"].map(votes.majority).astype("str")
    ties = clips["path"][emotions == UNDECIDED]
    if len(ties):
        logger.info(
            "%s: left out, no majority of the votes (a tie, or no vote): %d clips (%s)",
            source,
            len(ties),
            ", ".join(ties[:3]),
        )
    return clips.assign(emotion=emotions).drop(ties.index), {UNDECIDED: len(ties)} if len(ties) else {}


def _require_one_rating_each(rows: pd.DataFrame, clip: Sequence[str], table: Path) -> None:
    empty = rows.index[rows[RATER] == ""]
    if len(empty):
        raise CorpusError(f"{table}: column '{RATER}' is empty in {lines_of(empty)}; name every rater")
    twice = rows.index[rows.duplicated([*clip, RATER])]
    if len(twice):
        raise CorpusError(
            f"{table}: rater '{rows[RATER][twice[0]]}' rates {rows[clip[0]][twice[0]]} twice ({lines_of(twice)}); keep"
            f" one rating, with several emotions separated by '{votes.SEPARATOR}' if they are meant"
        )


def _numbers_of(name: str, table: Path) -> Callable[[pd.Series], list[float]]:
    def numbers(ratings: pd.Series) -> list[float]:
        parsed = pd.to_numeric(ratings[ratings != ""], errors="coerce")
        wrong = parsed.index[parsed.isna()]
        if len(wrong):
            raise CorpusError(f"{table}: {name} '{ratings[wrong[0]]}' in {lines_of(wrong)} is no number")
        return [float(number) for number in parsed]

    return numbers
