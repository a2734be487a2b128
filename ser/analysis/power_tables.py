"""How many seeds it takes, as tables: for the effects of an analysis of variance, and for differences of a margin."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.contrasts import main_contrasts, simple_contrasts
from ser.analysis.design import effect_name, effects, seeds_by_cells
from ser.analysis.sample_size import (
    CONVENTIONS,
    anova_effect,
    anova_power,
    anova_scores,
    difference_detectable,
    difference_seeds,
    equivalence_seeds,
)


def effects_table(anova: pd.DataFrame, cells: int, alpha: float = 0.05, power: float = 0.80) -> pd.DataFrame:
    """Say for every effect of the between-groups ANOVA what its number of scores could find, and what it would take.

    Args:
        anova: the table of `ser.analysis.factorial.anova`.
        cells: combinations of factor levels.
        alpha: level of the tests.
        power: what is asked for.

    Returns:
        One row an effect: `effect`, `df`, `scores`, `f_observed` (√(F df / error df), too large on average),
        `power_observed` (a restatement of p, no evidence of its own), `power_small`, `power_medium`, `power_large`
        (at Cohen's f of .10, .25 and .40), `f_detectable`, and `seeds_small`, `seeds_medium`, `seeds_large`,
        `seeds_observed` for each cell.

    >>> from ser.analysis.published import rebuild_scores
    >>> from ser.analysis.factorial import anova
    >>> table = effects_table(anova(rebuild_scores(), ["model", "pretune", "dataset"]), cells=8)
    >>> table[["effect", "f_observed", "power_small", "f_detectable", "seeds_small"]].head(2).round(3)
        effect  f_observed  power_small  f_detectable  seeds_small
    0    model       0.704        0.842         0.095         99.0
    1  pretune       0.093        0.842         0.095         99.0
    """
    tests = anova.dropna(subset="F")
    rows = []
    for effect, df, df_error, f_value in tests[["effect", "df", "df_error", "F"]].itertuples(index=False):
        scores, observed = int(df_error) + cells, float(np.sqrt(f_value * df / df_error))
        sizes = CONVENTIONS | {"observed": observed}
        row = {"effect": effect, "df": df, "scores": scores, "f_observed": observed}
        row |= {f"power_{name}": anova_power(f, df, cells, scores, alpha) for name, f in sizes.items()}
        row["f_detectable"] = anova_effect(df, cells, scores, alpha, power)
        row |= {f"seeds_{name}": np.ceil(anova_scores(f, df, cells, alpha, power) / cells) for name, f in sizes.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def planned_table(levels: Mapping[str, int], alpha: float = 0.05, power: float = 0.80) -> pd.DataFrame:
    """Say for every effect of a design how many seeds it takes, before there is a score.

    Args:
        levels: the number of levels of each factor.
        alpha: level of the tests.
        power: what is asked for.

    Returns:
        One row an effect: `effect`, `df`, and `seeds_small`, `seeds_medium`, `seeds_large` for each cell (at Cohen's f
        of .10, .25 and .40).

    >>> planned_table({"model": 2, "pretune": 3})
                effect  df  seeds_small  seeds_medium  seeds_large
    0            model   1        132.0          22.0          9.0
    1          pretune   2        162.0          27.0         11.0
    2  model x pretune   2        162.0          27.0         11.0
    """
    cells = math.prod(levels.values())
    rows = []
    for effect in effects(list(levels)):
        df = math.prod(levels[factor] - 1 for factor in effect)
        seeds = {name: np.ceil(anova_scores(f, df, cells, alpha, power) / cells) for name, f in CONVENTIONS.items()}
        rows.append({"effect": effect_name(effect), "df": df} | {f"seeds_{name}": n for name, n in seeds.items()})
    return pd.DataFrame(rows)


def power(
    scores: pd.DataFrame, factors: list[str], margin: float, alpha: float = 0.05, target: float = 0.80
) -> pd.DataFrame:
    """Say how many seeds it takes to find a difference of the margin, or to rule it out, with the spread that was seen.

    The verdicts of `ser.analysis.tost` rest on p values corrected after Holm over the rows of one kind and
    factor. Every number is for the level alpha / rows, Holm's first step: it is enough whatever the other rows show.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: its columns that make a cell.
        margin: the difference that matters, in the unit of the scores.
        alpha: level of the verdicts.
        target: the power that is asked for.

    Returns:
        One row a main or simple contrast: `kind`, `factor`, `contrast`, `at`, `n` (complete seeds), `level` (alpha /
        rows of the kind and factor), `sd_seeds` (of the seeds' differences) with its 95 % interval `_low` and `_high`,
        `sd_cells` (within cells, pooled), `detectable` (difference found with the power by the paired test with these
        seeds), `seeds_difference` and `seeds_equivalence` (paired, to detect the margin, and to claim equivalence
        within it), `seeds_between` (for a cell, to detect the margin between groups).

    Raises:
        ScoresError: no factor varies, or every score is the same.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("pretune == 'none' and dataset == 'emovo'")
    >>> table = power(scores, ["model"], margin=0.02)
    >>> table[["contrast", "n", "sd_seeds", "seeds_difference", "seeds_equivalence"]].round(3)
                contrast    n  sd_seeds  seeds_difference  seeds_equivalence
    0  wav2vec2 - hubert  110     0.045              43.0               46.0
    """
    table = seeds_by_cells(scores, factors)
    contrasts = [*main_contrasts(table.columns), *simple_contrasts(table.columns)]
    family = Counter((contrast.kind, contrast.factor) for contrast in contrasts)
    cells, freedom = table.shape[1], (table.count() - 1).clip(lower=0)
    sd_cells = float((freedom * table.var(ddof=1).fillna(0)).sum() / max(freedom.sum(), 1)) ** 0.5
    rows = []
    for contrast in contrasts:
        differences = (table.loc[:, contrast.weights != 0] @ contrast.weights[contrast.weights != 0]).dropna()
        n, sd, level = len(differences), float(differences.std(ddof=1)), alpha / family[contrast.kind, contrast.factor]
        row: dict[str, Any] = {"kind": contrast.kind, "factor": contrast.factor, "contrast": contrast.contrast}
        row |= {"at": contrast.at, "n": n, "level": level, "sd_seeds": sd, "sd_cells": sd_cells}
        if n > 1 and sd > 0:
            row["sd_seeds_low"], row["sd_seeds_high"] = sd_limits(sd, n - 1)
            row["detectable"] = difference_detectable(sd, n, level, target)
            row["seeds_difference"] = difference_seeds(margin, sd, level, target)
            row["seeds_equivalence"] = equivalence_seeds(margin, sd, level, target)
        if sd_cells > 0:
            f = margin / (sd_cells * float(cells * (contrast.weights**2).sum()) ** 0.5)
            row["seeds_between"] = np.ceil(anova_scores(f, 1, cells, level, target) / cells)
        rows.append(row)
    spread = ["n", "level", "sd_seeds", "sd_seeds_low", "sd_seeds_high", "sd_cells"]
    found = ["detectable", "seeds_difference", "seeds_equivalence", "seeds_between"]
    return pd.DataFrame(rows, columns=["kind", "factor", "contrast", "at", *spread, *found])


def sd_limits(sd: float, df: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a normal standard deviation, sd √(df / χ²(df)).

    >>> [round(limit, 3) for limit in sd_limits(0.02, df=2)]
    [0.01, 0.126]
    """
    tails = [(1 + confidence) / 2, (1 - confidence) / 2]
    low, high = sd * np.sqrt(df / stats.chi2.ppf(tails, df))
    return float(low), float(high)
