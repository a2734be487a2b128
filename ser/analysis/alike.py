"""Scores of one test set that were taken on different emotions, and so do not compare."""

import pandas as pd

from ser.labels import in_order

MOST_NAMED = 5
"""Seeds, and cells, that a sentence names."""


def unlike(confusions: pd.DataFrame) -> pd.DataFrame:
    """Return the scores whose emotions are not those of most scores of their test set, in whatever cell or seed.

    A model is scored on the emotions that it shares with the test set: seeds whose test part lacks an emotion, and
    cells that were trained on other emotions, have an easier or a harder task than the rest.

    Args:
        confusions: of a sweep; without any, nothing is known.

    Returns:
        One row a cell, test set and seed: its keys, `seed`, its `emotions` and the `usual` ones.

    >>> rows = [("a", 0, "joy"), ("a", 0, "fear"), ("b", 0, "joy")]
    >>> unlike(pd.DataFrame(rows, columns=["model", "seed", "emotion"])).to_dict("records")
    [{'model': 'b', 'seed': 0, 'emotions': 'joy', 'usual': 'fear, joy'}]
    """
    if confusions.empty:
        return pd.DataFrame()
    keys = [column for column in confusions.columns if column not in ("emotion", "predicted", "count")]
    emotions = confusions.groupby(keys, dropna=False)["emotion"].agg(lambda labels: ", ".join(in_order(labels)))
    table = emotions.rename("emotions").reset_index()
    test = table["dataset"] if "dataset" in keys else pd.Series("", table.index)
    table["usual"] = table.groupby(test)["emotions"].transform(_most_frequent)
    return table[table["emotions"] != table["usual"]].reset_index(drop=True)


def without(scores: pd.DataFrame, odd: pd.DataFrame) -> pd.DataFrame:
    """Return the scores less those that are `unlike`."""
    if odd.empty:
        return scores
    shared = [key for key in odd.columns if key in scores.columns]
    lost = pd.MultiIndex.from_frame(odd[shared].astype(str))
    return scores[~pd.MultiIndex.from_frame(scores[shared].astype(str)).isin(lost)].reset_index(drop=True)


def in_words(odd: pd.DataFrame) -> list[str]:
    """Return a sentence for each test set and set of emotions that is `unlike`: which scores, and what to do."""
    if odd.empty:
        return []
    groups = [*(name for name in ("dataset",) if name in odd.columns), "usual", "emotions"]
    return [_sentence(rows) for _, rows in odd.groupby(groups)]


def test_sets_in_words(confusions: pd.DataFrame) -> list[str]:
    """Return a sentence where the test sets that are left have other emotions than each other; none where they agree.

    >>> rows = [("emodb", "joy"), ("emodb", "boredom"), ("emovo", "joy")]
    >>> test_sets_in_words(pd.DataFrame(rows, columns=["dataset", "emotion"]))[0][:60]
    'The test sets are scored on different emotions: emodb on 2 ('
    """
    if "dataset" not in confusions:
        return []
    emotions = confusions.groupby("dataset", sort=False)["emotion"].agg(lambda labels: ", ".join(in_order(labels)))
    if emotions.nunique() < 2:
        return []
    sets = [f"{test} on {own.count(',') + 1} ({own})" for test, own in emotions.items()]
    return [
        f"The test sets are scored on different emotions: {'; '.join(sets)}. A difference between them is one of the"
        " task too: fewer emotions are easier to tell apart."
    ]


def _sentence(rows: pd.DataFrame) -> str:
    cell = [column for column in rows.columns if column not in ("seed", "emotions", "usual", "dataset")]
    cells = [
        f"{', '.join(f'{key}={level}' for key, level in zip(cell, levels, strict=True))} (seeds"
        f" {_few([str(seed) for seed in part['seed']], ', ')})"
        for levels, part in rows.groupby(cell, dropna=False)
    ]
    own, usual = rows[["emotions", "usual"]].iloc[0]
    shared = [emotion for emotion in usual.split(", ") if emotion in own.split(", ")]
    start = f"{rows['dataset'].iloc[0]}: " if "dataset" in rows else ""
    return (
        f"{start}{len(rows)} score(s) are left out, since they are of other emotions ({own}) than most ({usual}) and do"
        f" not compare with them: {_few(cells, '; ')}. To compare all of them, train and test on what they share:"
        f" dataset.emotions=[{','.join(shared)}]."
    )


def _few(items: list[str], joint: str) -> str:
    more = f" and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
    return joint.join(items[:MOST_NAMED]) + more


def _most_frequent(emotions: pd.Series) -> str:
    """Return the set of emotions of most scores; of equally many, the one with more emotions."""
    counts = emotions.value_counts()
    return str(max(counts[counts == counts.max()].index, key=lambda text: (text.count(","), text)))
