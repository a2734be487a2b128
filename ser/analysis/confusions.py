"""The confusion matrices of a sweep, averaged over its seeds."""

import pandas as pd

from ser.analysis.levels import ordered
from ser.errors import ScoresError


def mean_shares(confusions: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Average the row-normalised confusion matrices of each cell.

    Args:
        confusions: one row a seed, emotion and label: the factors, `seed`, `emotion`, `predicted`, `count` (clips).
        factors: the columns that make a cell.

    Returns:
        One row a cell, emotion and label: the factors, `emotion`, `predicted`, `n` (seeds), `share` (mean over seeds of
        the share of the emotion's clips that were given the label), `sd`. An emotion without a clip has no share.

    Raises:
        ScoresError: there is no confusion matrix, or a factor is not in the table.
    """
    if confusions.empty:
        raise ScoresError("the sweep has no confusion matrices")
    absent = [factor for factor in factors if factor not in confusions.columns]
    if absent:
        raise ScoresError(
            f"the confusion matrices do not name {', '.join(absent)}, so they cannot be told apart by cell"
        )
    cells = [column for column in confusions.columns if column not in ("emotion", "predicted", "count")]
    clips = confusions.groupby([*cells, "emotion"], dropna=False)["count"].transform("sum")
    shares = confusions.assign(share=(confusions["count"] / clips.where(clips > 0)))
    for factor in factors:
        shares[factor] = ordered(shares[factor])
    grouped = shares.groupby([*factors, "emotion", "predicted"], sort=False, observed=True)["share"]
    return grouped.agg(n="count", share="mean", sd="std").reset_index()
