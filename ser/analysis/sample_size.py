"""How many seeds it takes: power, sample size and smallest detectable effect, between groups and within seeds.

Between groups as G*Power's "ANOVA: fixed effects, special, main effects and interactions" (Faul et al. 2007): F with
noncentrality λ = f² N and N - cells error degrees of freedom, where f = √(η² / (1 - η²)) of the effect.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from ser.analysis.contrasts import main_contrasts, simple_contrasts
from ser.analysis.design import effect_name, effects, require_varying, wide

CONVENTIONS = {"small": 0.10, "medium": 0.25, "large": 0.40}
"""Cohen's (1988) f."""

MOST_SEEDS = 100_000
"""Where the search for a number of seeds ends."""


def anova_power(f: float, df_effect: int, cells: int, scores: int, alpha: float = 0.05) -> float:
    """Return the power of the F test of an effect between groups.

    Args:
        f: Cohen's effect size, 0 or more.
        df_effect: degrees of freedom of the effect.
        cells: combinations of factor levels.
        scores: in all cells together, more than `cells`.
        alpha: level of the test.
    """
    df_error = scores - cells
    critical = stats.f.isf(alpha, df_effect, df_error)
    return alpha if f == 0 else float(stats.ncf.sf(critical, df_effect, df_error, f**2 * scores))


@cache
def anova_scores(f: float, df_effect: int, cells: int, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of scores in all cells together that has the power, as G*Power's total sample size.

    NaN where `MOST_SEEDS` scores a cell do not reach it. For whole cells, round up to a multiple of `cells`.
    """
    return _smallest(lambda n: anova_power(f, df_effect, cells, n, alpha) >= power, cells + 1, MOST_SEEDS * cells)


@cache
def anova_effect(df_effect: int, cells: int, scores: int, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest f that is detected with the power (a sensitivity analysis)."""
    return _smallest_effect(lambda f: anova_power(f, df_effect, cells, scores, alpha) - power)


def difference_power(difference: float, sd: float, seeds: int, alpha: float = 0.05) -> float:
    """Return the power of the two-sided paired t-test.

    Args:
        difference: true mean of the seeds' differences, in the unit of the metric.
        sd: standard deviation of the seeds' differences.
        seeds: two at least.
        alpha: level of the test.
    """
    # t² is F with one degree of freedom, whose noncentral form is sounder in scipy than that of t.
    noncentrality = seeds * (difference / sd) ** 2
    critical = stats.f.isf(alpha, 1, seeds - 1)
    return float(stats.ncf.sf(critical, 1, seeds - 1, noncentrality)) if noncentrality else alpha


def difference_seeds(difference: float, sd: float, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of seeds at which the paired t-test has the power; NaN above `MOST_SEEDS`."""
    return _smallest(lambda n: difference_power(difference, sd, n, alpha) >= power, 2, MOST_SEEDS)


def equivalence_power(margin: float, sd: float, seeds: int, alpha: float = 0.05) -> float:
    """Return the power of two one-sided paired tests to claim equivalence where the true difference is 0.

    Exact: the mean lies within ± (margin - t(1 - alpha) s / √n) for the s that come, integrated over s (Phillips 1990).

    >>> round(equivalence_power(margin=0.01, sd=0.02, seeds=30), 6)
    0.696509
    """
    df, critical, reach = seeds - 1, stats.t.isf(alpha, seeds - 1), margin * seeds**0.5 / sd
    low, high = np.sqrt(stats.chi2.ppf([1e-16, 1 - 1e-16], df) / df)  # of s over the true SD: all that can come
    high = min(high, reach / critical)
    if high <= low:
        return 0.0
    nodes, weights = np.polynomial.legendre.leggauss(128)
    spreads = low + (high - low) * (nodes + 1) / 2
    density = 2 * df * spreads * stats.chi2.pdf(df * spreads**2, df)
    inside = 2 * stats.norm.cdf(reach - critical * spreads) - 1
    return float((high - low) / 2 * (weights @ (inside * density)))


def equivalence_seeds(margin: float, sd: float, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of seeds at which equivalence is claimed with the power; NaN above `MOST_SEEDS`."""
    return _smallest(lambda n: equivalence_power(margin, sd, n, alpha) >= power, 2, MOST_SEEDS)


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
    """
    cells = math.prod(levels.values())
    rows = []
    for effect in effects(list(levels)):
        df = math.prod(levels[factor] - 1 for factor in effect)
        seeds = {name: np.ceil(anova_scores(f, df, cells, alpha, power) / cells) for name, f in CONVENTIONS.items()}
        rows.append({"effect": effect_name(effect), "df": df} | {f"seeds_{name}": n for name, n in seeds.items()})
    return pd.DataFrame(rows)


def differences_table(
    scores: pd.DataFrame, factors: list[str], margin: float, alpha: float = 0.05, power: float = 0.80
) -> pd.DataFrame:
    """Say how many seeds it takes to find a difference of the margin, or to rule it out, with the spread that was seen.

    The verdicts of `ser.analysis.tost` rest on p values corrected after Holm over the rows of one kind and
    factor. Every number is for the level alpha / rows, Holm's first step: it is enough whatever the other rows show.

    Returns:
        One row a main or simple contrast: `kind`, `factor`, `contrast`, `at`, `n` (complete seeds), `level` (alpha /
        rows of the kind and factor), `sd_seeds` (of the seeds' differences) with its 95 % interval `_low` and `_high`,
        `sd_cells` (within cells, pooled), `detectable` (difference found with the power by the paired test with these
        seeds), `seeds_difference` and `seeds_equivalence` (paired, to detect the margin, and to claim equivalence
        within it), `seeds_between` (for a cell, to detect the margin between groups).

    Raises:
        ScoresError: no factor varies, or every score is the same.
    """
    table = wide(scores, require_varying(scores, factors))
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
            row["detectable"] = sd * _smallest_effect(partial(_lacking, seeds=n, alpha=level, power=power))
            row["seeds_difference"] = difference_seeds(margin, sd, level, power)
            row["seeds_equivalence"] = equivalence_seeds(margin, sd, level, power)
        if sd_cells > 0:
            f = margin / (sd_cells * float(cells * (contrast.weights**2).sum()) ** 0.5)
            row["seeds_between"] = np.ceil(anova_scores(f, 1, cells, level, power) / cells)
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


def _smallest(enough: Callable[[int], bool], low: int, high: int) -> float:
    """Return the smallest whole number from low to high that is enough, of a condition that stays true; NaN if none."""
    if not enough(high):
        return np.nan
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return float(low)


def _lacking(difference: float, seeds: int, alpha: float, power: float) -> float:
    return difference_power(difference, 1.0, seeds, alpha) - power


def _smallest_effect(excess: Callable[[float], float]) -> float:
    """Return the effect size at which the power is just reached, by bisection."""
    high = 1.0
    while excess(high) < 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-10))
