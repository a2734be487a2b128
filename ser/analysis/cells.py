"""Which scores an analysis stands on: every later table starts from `select`, every missing score is in `inventory`."""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from ser.analysis.levels import level_order, level_texts, ordered
from ser.errors import ScoresError
from ser.schema import ALL, check_scores

FIXED = ("group", "metric", "value", "seed")
REPLICATES = ("seed.", "split.")
"""How the swept keys begin whose levels are repetitions of an experiment, and no factors of it."""

TAKEN = (
    *("n", "nan", "absent", "failed", "seeds", "mean", "std", "sd", "min", "max", "ci_low", "ci_high", "error"),
    *("emotion", "predicted", "count", "share", "component", "variance", "splits", "training_seeds"),
    *("sd_low", "sd_high"),
)
"""Columns that stand beside the factors in one table or another, so that no factor can have their names."""


def select(
    scores: pd.DataFrame,
    factors: list[str],
    metric: str = "accuracy",
    group: str | None = ALL,
    failures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the scores of one metric, one row a score: the factors, `seed` (the replicate) and `value`.

    Factors become ordered categories of text ("none" first, then numbers, then the alphabet: `ser.analysis.levels`).
    Their levels are those of the whole sweep: a level that has scores of other metrics only, or failures only, is a
    category without a row.
    A swept key named `seed.*` or `split.*` (folds, speakers that are left out) that varies tells replicates apart, so
    it is joined to `seed`, unless it is the test set by another name (a corpus that is left out). Values that are not
    finite are kept as NaN, for `inventory` to state.

    Args:
        scores: the tidy table of `ser.schema.check_scores`.
        factors: columns of the table; `group` may be one of them where `group=None`.
        metric: one of the metrics in the table.
        group: "all", a gender, or None for every gender without "all".
        failures: the trainings without scores: their factors and `seed`.

    Raises:
        ScoresError: the metric, the group or a factor is not there, or another column varies that is no factor.
    """
    scores = check_scores(scores, "scores")
    if scores.empty:
        raise ScoresError("the sweep has no score yet; run the sweep, or look at its failures")
    _require(metric, scores["metric"], "metric")
    _check_factors(factors, scores, group)
    scores, failures = with_texts(scores, failures, factors)
    sweep = _trainings(scores, failures)
    _refuse_unnamed_keys(sweep, factors)
    requested = (scores["metric"] == metric) & (scores["group"] != ALL if group is None else scores["group"] == group)
    if group is not None:
        _require(group, scores["group"][scores["metric"] == metric], f"group of {metric}")
    levels = {factor: level_order(sweep[factor].dropna()) for factor in factors if factor != "group"}
    seeds = replicates(sweep, factors)[: len(scores)]
    scores, seeds = scores[requested], seeds[requested.to_numpy()]
    return pd.DataFrame(
        {
            **{factor: ordered(scores[factor], levels.get(factor)) for factor in factors},
            "seed": seeds.to_numpy(),
            "value": scores["value"].where(np.isfinite(scores["value"])),
        }
    ).sort_values([*factors, "seed"], ignore_index=True)


def restrict(table: pd.DataFrame, only: Mapping[str, object]) -> pd.DataFrame:
    """Return the rows of a table of the sweep that have the wanted levels; a column that it lacks restricts nothing.

    Args:
        table: scores, confusions or failures.
        only: column to level, compared as text: `{"seed.split": 0}`.
    """
    for column, level in only.items():
        if column in table.columns:
            table = table[table[column].astype(str) == str(level)]
    return table.reset_index(drop=True)


def require_levels(scores: pd.DataFrame, only: Mapping[str, object]) -> None:
    """Refuse to restrict the scores to what is not there.

    Raises:
        ScoresError: it names the columns, or the column's levels, that there are.
    """
    for column, level in only.items():
        if column not in scores.columns or column in ("group", "metric", "value"):
            present = [name for name in scores.columns if name not in ("group", "metric", "value")]
            raise ScoresError(f"only: '{column}' is no column of the scores; there are {', '.join(present)}")
        _require(str(level), scores[column].astype(str), f"{column}")


def varying(scores: pd.DataFrame, factors: list[str]) -> list[str]:
    """Return the factors that have two levels or more; a factor of one level explains nothing."""
    return [factor for factor in factors if scores[factor].nunique() > 1]


def inventory(
    scores: pd.DataFrame,
    factors: list[str],
    metric: str = "accuracy",
    group: str | None = ALL,
    failures: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the scores of every cell, so that no analysis rests on fewer of them than the reader thinks.

    Every level and every seed that the sweep knows is expected in every cell, whatever the metric: one that the metric
    lacks, or that failed everywhere, is absent.

    Args:
        scores: the tidy table of `ser.schema.check_scores`.
        factors: as for `select`.
        metric: as for `select`.
        group: as for `select`.
        failures: as for `select`.

    Returns:
        One row a combination of factor levels: the factors, `n` (finite scores), `nan`, `absent` (seeds of the sweep
        that this cell does not have), `failed` (of the absent, those whose training is known to have failed or not to
        have ended), and `seeds`, the absent and NaN ones by name.
    """
    selected = select(scores, factors, metric, group, failures)
    scores, failures = with_texts(scores, failures, factors)
    sweep = _trainings(scores.reset_index(drop=True), failures)
    names = replicates(sweep, factors)
    seeds = sorted(names.dropna().unique())
    failed = sweep.iloc[len(scores) :].assign(seed=names[len(scores) :])
    rows = []
    for levels in product(*(selected[factor].cat.categories for factor in factors)):
        cell_levels = dict(zip(factors, levels, strict=True))
        cell = selected[np.logical_and.reduce([selected[factor] == level for factor, level in cell_levels.items()])]
        finite = set(cell["seed"][cell["value"].notna()])
        lost = [seed for seed in seeds if seed not in finite]
        rows.append(
            {
                **cell_levels,
                "n": len(finite),
                "nan": int(cell["value"].isna().sum()),
                "absent": len(seeds) - len(cell),
                "failed": len(set(lost) & _failed(failed, cell_levels)),
                "seeds": _shorten(lost),
            }
        )
    return pd.DataFrame(rows)


def with_texts(
    scores: pd.DataFrame, failures: pd.DataFrame | None, factors: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return scores and failures with the factors as the texts of their levels, the same in both."""
    for factor in factors:
        if failures is None or factor not in failures:
            scores = scores.assign(**{factor: level_texts(scores[factor])})
            continue
        both = level_texts(pd.concat([scores[factor], failures[factor]], ignore_index=True).astype(object))
        scores = scores.assign(**{factor: both[: len(scores)].to_numpy()})
        failures = failures.assign(
            **{factor: both[len(scores) :].set_axis(failures.index).where(failures[factor].notna())}
        )
    return scores, failures


def _require(wanted: str, there: pd.Series, what: str) -> None:
    if wanted not in set(there):
        raise ScoresError(f"no score of {what} '{wanted}'; there are {', '.join(sorted(map(str, there.unique())))}")


def _check_factors(factors: list[str], scores: pd.DataFrame, group: str | None) -> None:
    for factor in factors:
        if factor not in scores.columns or factor in ("seed", "metric", "value"):
            swept = [column for column in scores.columns if column not in FIXED]
            raise ScoresError(f"factors: '{factor}' is no column of the scores; there are {', '.join(swept)}")
        if factors.count(factor) > 1:
            raise ScoresError(f"factors: '{factor}' is named twice; name it once")
        if factor in TAKEN:
            raise ScoresError(f"factors: '{factor}' is a column of the tables of results; give the key another name")
    if "group" in factors and group is not None:
        raise ScoresError(
            "factors: 'group' cannot be one, since the scores of all speakers hold those of each group; every report"
            " compares the groups in its section \"Groups of speakers\": leave 'group' out"
        )


def _trainings(scores: pd.DataFrame, failures: pd.DataFrame | None) -> pd.DataFrame:
    """Return the keys of all scores and, below them, of the trainings that have none; NaN where a row lacks a key."""
    keys = scores.drop(columns=["value", "metric", "group"])
    if failures is None or failures.empty:
        return keys
    failed_keys = failures[[column for column in failures.columns if column in keys.columns]]
    return pd.concat([keys, failed_keys.astype(object)], ignore_index=True).infer_objects()


def _refuse_unnamed_keys(sweep: pd.DataFrame, factors: list[str]) -> None:
    for column in sweep.columns:
        if column in (*FIXED, *factors) or column.startswith(REPLICATES):
            continue
        levels = level_order(sweep[column].dropna())
        if len(levels) > 1:
            raise ScoresError(
                f"the sweep also varies '{column}' ({', '.join(levels)}), which is no factor of the analysis;"
                f" name it, factors=[{','.join([*factors, column])}],"
                f" or keep to one level, only={{{column}:{levels[0]}}}"
            )


def replicates(sweep: pd.DataFrame, factors: list[str]) -> pd.Series:
    """Return what tells the scores of a cell apart: the seed, joined by the keys of `REPLICATES` that vary."""
    scored = sweep[sweep["dataset"].notna()].astype(str)
    joined = [
        column
        for column in sweep.columns
        if column.startswith(REPLICATES)
        and column not in factors
        and sweep[column].nunique() > 1
        and not scored[column].equals(scored["dataset"])
    ]
    if not joined:
        return sweep["seed"]
    return sweep[["seed", *joined]].astype(str).agg("/".join, axis=1)


def _failed(failures: pd.DataFrame, place: dict[str, str]) -> set[object]:
    """Return the seeds of the trainings without scores that belong to a cell, whichever test set it is on."""
    for factor, level in place.items():
        if factor not in ("dataset", "group"):
            failures = failures[failures[factor].isna() | (failures[factor].astype(str) == level)]
    return set(failures["seed"])


def _shorten(seeds: list[object]) -> str:
    return ", ".join(map(str, seeds[:10])) + (f" and {len(seeds) - 10} more" if len(seeds) > 10 else "")
