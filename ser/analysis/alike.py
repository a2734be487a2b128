"""Scores of one cell that were taken on different emotions, and so are no repetitions of each other."""

import pandas as pd

from ser.labels import in_order


def odd_seeds(confusions: pd.DataFrame) -> pd.DataFrame:
    """Return the test sets whose emotions are not those of most seeds of their cell.

    Args:
        confusions: of a sweep; without any, nothing is known.

    Returns:
        One row a test set of a seed: the keys of the cell, `seed`, its `emotions` and the `usual` ones.
    """
    if confusions.empty:
        return pd.DataFrame()
    keys = [column for column in confusions.columns if column not in ("emotion", "predicted", "count")]
    cell = [column for column in keys if column != "seed"]
    emotions = confusions.groupby(keys, dropna=False)["emotion"].agg(lambda labels: ", ".join(in_order(labels)))
    table = emotions.rename("emotions").reset_index()
    usual = table.groupby(cell, dropna=False)["emotions"].agg(_most_frequent).rename("usual").reset_index()
    table = table.merge(usual, on=cell)
    return table[table["emotions"] != table["usual"]]


def without(scores: pd.DataFrame, odd: pd.DataFrame) -> pd.DataFrame:
    """Return the scores less those of `odd_seeds`."""
    if odd.empty:
        return scores
    shared = [key for key in odd.columns if key in scores.columns]
    lost = pd.MultiIndex.from_frame(odd[shared].astype(str))
    return scores[~pd.MultiIndex.from_frame(scores[shared].astype(str)).isin(lost)].reset_index(drop=True)


def in_words(odd: pd.DataFrame) -> list[str]:
    """Return a sentence for each test set of a cell that has `odd_seeds`."""
    if odd.empty:
        return []
    cell = [column for column in odd.columns if column not in ("seed", "emotions", "usual")]
    return [
        f"{', '.join(f'{key}={value}' for key, value in zip(cell, levels, strict=True))}: the scores of"
        f" {len(rows)} seed(s) ({', '.join(map(str, rows['seed'][:5]))}) are left out, since they are of other emotions"
        f" ({rows['emotions'].iloc[0]}) than those of the others ({rows['usual'].iloc[0]})."
        for levels, rows in odd.groupby(cell, dropna=False)
    ]


def _most_frequent(emotions: pd.Series) -> str:
    """Return the set of emotions of most seeds; of equally many, the one with more emotions."""
    counts = emotions.value_counts()
    return str(max(counts[counts == counts.max()].index, key=lambda text: (text.count(","), text)))
