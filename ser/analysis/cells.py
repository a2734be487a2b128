"""Which scores an analysis stands on: every later table starts from `select`, every missing score is in `inventory`."""

import re
from itertools import product

import numpy as np
import pandas as pd

from ser.errors import ScoresError
from ser.schema import ALL, check_scores

FIXED = ("group", "metric", "value", "seed")
REPLICATES = ("seed.", "split.")
"""How the swept keys begin whose levels are repetitions of an experiment, and no factors of it."""


def select(scores: pd.DataFrame, factors: list[str], metric: str = "accuracy", group: str | None = ALL) -> pd.DataFrame:
    """Return the scores of one metric, one row a score: the factors, `seed` (the replicate) and `value`.

    Factors become ordered categories of text ("none" first, then numbers, then the alphabet). A swept key named
    `seed.*` or `split.*` (folds, speakers that are left out) that varies tells replicates apart, so it is joined to
    `seed`, unless it is the test set by another name (a corpus that is left out). Values that are not finite are kept
    as NaN, for `inventory` to state.

    Args:
        scores: the tidy table of `ser.schema.check_scores`.
        factors: columns of the table; `group` may be one of them.
        metric: one of the metrics in the table.
        group: "all", a gender, or None for every gender without "all".

    Raises:
        ScoresError: the metric, the group or a factor is not there, or another column varies that is no factor.
    """
    scores = check_scores(scores, "scores")
    if scores.empty:
        raise ScoresError("the sweep has no score yet; run the sweep, or look at its failures")
    _require(metric, scores["metric"], "metric")
    for factor in factors:
        if factor not in scores.columns or factor in ("seed", "metric", "value"):
            swept = [column for column in scores.columns if column not in FIXED]
            raise ScoresError(f"factors: '{factor}' is no column of the scores; there are {', '.join(swept)}")
        if factors.count(factor) > 1:
            raise ScoresError(f"factors: '{factor}' is named twice; name it once")
    scores = scores[scores["metric"] == metric]
    if group is None:
        scores = scores[scores["group"] != ALL]
    else:
        _require(group, scores["group"], f"group of {metric}")
        scores = scores[scores["group"] == group]
    _refuse_unnamed_keys(scores, factors)
    replicate = ["seed", *(column for column in _replicate_keys(scores) if column not in factors)]
    return pd.DataFrame(
        {
            **{factor: ordered(scores[factor]) for factor in factors},
            "seed": _replicates(scores[replicate]),
            "value": scores["value"].where(np.isfinite(scores["value"])),
        }
    ).sort_values([*factors, "seed"], ignore_index=True)


def varying(scores: pd.DataFrame, factors: list[str]) -> list[str]:
    """Return the factors that have two levels or more; a factor of one level explains nothing."""
    return [factor for factor in factors if scores[factor].nunique() > 1]


def inventory(scores: pd.DataFrame, factors: list[str], failures: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count the scores of every cell, so that no analysis rests on fewer of them than the reader thinks.

    Returns:
        One row a combination of factor levels: the factors, `n` (finite scores), `nan`, `absent` (seeds that other
        cells have and this one has not), `failed` (of the absent, those whose training is known to have failed),
        and `seeds`, the absent and NaN ones by name.
    """
    seeds = sorted(scores["seed"].unique())
    rows = []
    for levels in product(*(scores[factor].cat.categories for factor in factors)):
        cell = scores[np.logical_and.reduce([scores[f] == level for f, level in zip(factors, levels, strict=True)])]
        finite = set(cell["seed"][cell["value"].notna()])
        lost = [seed for seed in seeds if seed not in finite]
        rows.append(
            {
                **dict(zip(factors, levels, strict=True)),
                "n": len(finite),
                "nan": int(cell["value"].isna().sum()),
                "absent": len(seeds) - len(cell),
                "failed": _failed(failures, dict(zip(factors, levels, strict=True)), lost),
                "seeds": _shorten(lost),
            }
        )
    return pd.DataFrame(rows)


def ordered(values: pd.Series) -> pd.Series:
    """Return the values as ordered categories of text, in `level_order`."""
    return values.astype(str).astype(pd.CategoricalDtype(level_order(values), ordered=True))


def level_order(values: pd.Series) -> list[str]:
    """Return the distinct values as text: "none" first, numbers by size, then the alphabet with "2h" before "10h"."""

    def rank(value: str) -> tuple:
        parts = re.split(r"(\d+)", value)
        text = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
        number = pd.to_numeric(value, errors="coerce")
        return value != "none", not np.isfinite(number), number if np.isfinite(number) else text

    return sorted(values.astype(str).unique(), key=rank)


def _require(wanted: str, there: pd.Series, what: str) -> None:
    if wanted not in set(there):
        raise ScoresError(f"no score of {what} '{wanted}'; there are {', '.join(sorted(map(str, there.unique())))}")


def _refuse_unnamed_keys(scores: pd.DataFrame, factors: list[str]) -> None:
    for column in scores.columns:
        if column in (*FIXED, *factors) or column.startswith(REPLICATES):
            continue
        levels = level_order(scores[column])
        if len(levels) > 1:
            raise ScoresError(
                f"the sweep also varies '{column}' ({', '.join(levels)}), which is no factor of the analysis;"
                f" name it: factors=[{','.join([*factors, column])}]"
            )


def _replicate_keys(scores: pd.DataFrame) -> list[str]:
    return [
        column
        for column in scores.columns
        if column.startswith(REPLICATES) and not scores[column].astype(str).equals(scores["dataset"].astype(str))
    ]


def _replicates(keys: pd.DataFrame) -> pd.Series:
    keys = keys.loc[:, [column == "seed" or keys[column].nunique() > 1 for column in keys.columns]]
    if keys.shape[1] == 1:
        return keys["seed"]
    return keys.astype(str).agg("/".join, axis=1)


def _failed(failures: pd.DataFrame | None, levels: dict[str, str], lost: list[object]) -> int:
    if failures is None or failures.empty or not lost:
        return 0
    mine = failures
    for factor, level in levels.items():
        if factor in failures.columns and factor != "dataset":
            mine = mine[mine[factor].astype(str) == level]
    return int(mine["seed"].isin(lost).sum()) if "seed" in mine.columns else len(mine)


def _shorten(seeds: list[object]) -> str:
    return ", ".join(map(str, seeds[:10])) + (f" and {len(seeds) - 10} more" if len(seeds) > 10 else "")
