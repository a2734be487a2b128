"""Votes of several raters: how many named each emotion of a clip, as JSON text in the column `votes` of a manifest.

The text has sorted labels and no zeros, `{"anger": 3, "joy": 1.5}`, so that equal votes are equal texts. Votes are
counts, or shares where the number of raters is unknown. A rater who names several emotions gives an equal part of one
vote to each. The majority is the emotion with the most votes; where several have the most there is none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from ser.errors import CorpusError
from ser.schema import UNDECIDED

TOLERANCE: Final = 1e-9
"""Parts of votes that differ by less are equal: three thirds are one."""
SEPARATOR: Final = ";"
"""Between the emotions that one rater names."""


def count(ratings: Iterable[str]) -> dict[str, float]:
    """Return the votes of ratings, one a rater.

    >>> count(["anger", "joy", "anger;joy"])
    {'anger': 1.5, 'joy': 1.5}
    """
    votes: dict[str, float] = {}
    for rating in ratings:
        labels = sorted({label.strip() for label in rating.split(SEPARATOR)} - {""})
        for label in labels:
            votes[label] = votes.get(label, 0) + 1 / len(labels)
    return votes


def to_text(votes: Mapping[str, float]) -> str:
    """Return votes as JSON, sorted by label, whole numbers without decimals, zeros left out.

    >>> to_text({"joy": 2.0, "anger": 0.5, "fear": 0})
    '{"anger": 0.5, "joy": 2}'
    """
    rounded = {label: round(float(votes[label]), 9) for label in sorted(votes)}
    return json.dumps({label: int(n) if n == int(n) else n for label, n in rounded.items() if n}, ensure_ascii=False)


def from_text(text: str) -> dict[str, float]:
    """Return the votes of a cell of the column `votes`; none for an empty cell.

    Raises:
        CorpusError: it is no JSON object of labels and numbers from 0 on.
    """
    try:
        votes = json.loads(text) if text else {}
    except ValueError:
        votes = None
    if not isinstance(votes, dict) or not all(_is_count(number) for number in votes.values()):
        example = to_text({"anger": 3, "joy": 2})
        raise CorpusError(f"votes '{text}' are no numbers of labels; write them as {example}")
    return votes


def renamed(text: str, labels: Mapping[str, str]) -> str:
    """Return votes whose labels are renamed; those of labels that become one are added.

    >>> renamed('{"excitement": 2, "joy": 1}', {"excitement": "joy"})
    '{"joy": 3}'
    """
    votes: dict[str, float] = {}
    for label, number in from_text(text).items():
        name = labels.get(label, label)
        votes[name] = votes.get(name, 0) + number
    return to_text(votes)


def majority(text: str) -> str:
    """Return the emotion with the most votes, `undecided` where several have the most, or none was given.

    >>> majority('{"anger": 2, "fear": 1, "joy": 2}')
    'undecided'
    """
    votes = from_text(text)
    most = max(votes.values(), default=0)
    leading = [label for label, number in votes.items() if number > most - TOLERANCE]
    return leading[0] if most > 0 and len(leading) == 1 else UNDECIDED


def counts(column: pd.Series, emotions: Sequence[str]) -> np.ndarray:
    """Return (clips, emotions) the votes for each of the emotions; those for others are left out."""
    rows = [from_text(text) for text in column]
    return np.array([[row.get(emotion, 0) for emotion in emotions] for row in rows], float).reshape(-1, len(emotions))


def shares(column: pd.Series, emotions: Sequence[str]) -> np.ndarray:
    """Return (clips, emotions) the share of each emotion in the votes for any of them, NaN without such a vote.

    >>> shares(pd.Series(['{"anger": 1, "fear": 2, "joy": 3}']), ["anger", "joy"])
    array([[0.25, 0.75]])
    """
    votes = counts(column, emotions)
    total = votes.sum(axis=1, keepdims=True)
    return np.divide(votes, total, out=np.full_like(votes, np.nan), where=total > 0)


def labels_of(column: pd.Series) -> tuple[str, ...]:
    """Return the labels that have a vote in any clip, sorted."""
    return tuple(sorted({label for text in column for label in from_text(text)}))


def _is_count(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < float("inf")
