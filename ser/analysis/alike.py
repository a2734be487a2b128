"""Scores of one cell that were taken on different emotions, and so are no repetitions of each other."""

import pandas as pd

from ser.labels import in_order


def keep_alike(scores: pd.DataFrame, confusions: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the scores less those of seeds whose test part had other emotions than that of most seeds, and say which.

    Args:
        scores: the tidy table of a sweep.
        confusions: of the same sweep; without any, nothing is known and all scores are kept.

    Returns:
        The scores that are kept, and a sentence for each test set of a cell that lost some.
    """
    if confusions.empty:
        return scores, []
    keys = [column for column in confusions.columns if column not in ("emotion", "predicted", "count")]
    cell = [column for column in keys if column != "seed"]
    emotions = confusions.groupby(keys, dropna=False)["emotion"].agg(lambda labels: ", ".join(in_order(labels)))
    table = emotions.rename("emotions").reset_index()
    usual = table.groupby(cell, dropna=False)["emotions"].agg(_most_frequent).rename("usual").reset_index()
    table = table.merge(usual, on=cell)
    odd = table[table["emotions"] != table["usual"]]
    if odd.empty:
        return scores, []
    shared = [key for key in keys if key in scores.columns]
    lost = pd.MultiIndex.from_frame(odd[shared].astype(str))
    kept = scores[~pd.MultiIndex.from_frame(scores[shared].astype(str)).isin(lost)].reset_index(drop=True)
    notes = [
        f"{', '.join(f'{key}={value}' for key, value in zip(cell, levels, strict=True))}: the scores of"
        f" {len(rows)} seed(s) ({', '.join(map(str, rows['seed'][:5]))}) are left out, since they are of other emotions"
        f" ({rows['emotions'].iloc[0]}) than those of the others ({rows['usual'].iloc[0]})."
        for levels, rows in odd.groupby(cell, dropna=False)
    ]
    return kept, notes


def _most_frequent(emotions: pd.Series) -> str:
    """Return the set of emotions of most seeds; of equally many, the one with more emotions."""
    counts = emotions.value_counts()
    return str(max(counts[counts == counts.max()].index, key=lambda text: (text.count(","), text)))
