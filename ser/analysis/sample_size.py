"""How many seeds it takes: power, sample size and smallest detectable effect, between groups and within seeds.

Between groups as G*Power's "ANOVA: fixed effects, special, main effects and interactions" (Faul et al. 2007): F with
noncentrality λ = f² N and N - cells error degrees of freedom, where f = √(η² / (1 - η²)) of the effect.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import optimize, special, stats

CONVENTIONS = {"small": 0.10, "medium": 0.25, "large": 0.40}
"""Cohen's (1988) f."""

NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)
"""Gauss and Legendre's rule, by which the power of equivalence tests is integrated."""
TAILS = np.array([1e-16, 1 - 1e-16])
"""What is left out of that integral on either side."""

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

    >>> round(anova_power(f=0.25, df_effect=1, cells=12, scores=128), 4)  # G*Power: .8009
    0.8009
    """
    df_error = scores - cells
    critical = stats.f.isf(alpha, df_effect, df_error)
    return alpha if f == 0 else float(stats.ncf.sf(critical, df_effect, df_error, f**2 * scores))


@cache
def anova_scores(f: float, df_effect: int, cells: int, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of scores in all cells together that has the power, as G*Power's total sample size.

    NaN where `MOST_SEEDS` scores a cell do not reach it. For whole cells, round up to a multiple of `cells`.

    >>> anova_scores(f=0.25, df_effect=1, cells=12)  # G*Power: 128
    128.0
    """
    return _smallest(lambda n: anova_power(f, df_effect, cells, n, alpha) >= power, cells + 1, MOST_SEEDS * cells)


@cache
def anova_effect(df_effect: int, cells: int, scores: int, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest f that is detected with the power (a sensitivity analysis).

    >>> round(anova_effect(df_effect=1, cells=12, scores=128), 2)
    0.25
    """
    return _smallest_effect(lambda f: anova_power(f, df_effect, cells, scores, alpha) - power)


def difference_power(difference: float, sd: float, seeds: int, alpha: float = 0.05) -> float:
    """Return the power of the two-sided paired t-test.

    Args:
        difference: true mean of the seeds' differences, in the unit of the metric.
        sd: standard deviation of the seeds' differences.
        seeds: two at least.
        alpha: level of the test.

    >>> round(difference_power(difference=0.01, sd=0.02, seeds=30), 3)
    0.754
    """
    # t² is F with one degree of freedom, whose noncentral form is sounder in scipy than that of t.
    noncentrality = seeds * (difference / sd) ** 2
    return float(stats.ncf.sf(_critical(alpha, seeds - 1), 1, seeds - 1, noncentrality)) if noncentrality else alpha


@cache
def _critical(alpha: float, df: int) -> float:
    """Return the F of one degree of freedom above which the test rejects."""
    return float(stats.f.isf(alpha, 1, df))


def difference_seeds(difference: float, sd: float, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of seeds at which the paired t-test has the power; NaN above `MOST_SEEDS`.

    >>> difference_seeds(difference=0.01, sd=0.02)
    34.0
    """
    return _smallest(lambda n: difference_power(difference, sd, n, alpha) >= power, 2, MOST_SEEDS)


def difference_detectable(sd: float, seeds: int, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest difference that the paired t-test finds with the power.

    >>> round(difference_detectable(sd=0.02, seeds=34), 3)
    0.01
    """
    return sd * _detectable(seeds, alpha, power)


@cache
def _detectable(seeds: int, alpha: float, power: float) -> float:
    """Return what `difference_detectable` does, in standard deviations."""
    return _smallest_effect(lambda difference: difference_power(difference, 1.0, seeds, alpha) - power)


def equivalence_power(margin: float, sd: float, seeds: int, alpha: float = 0.05) -> float:
    """Return the power of two one-sided paired tests to claim equivalence where the true difference is 0.

    Exact: the mean lies within ± (margin - t(1 - alpha) s / √n) for the s that come, integrated over s (Phillips 1990).

    >>> round(equivalence_power(margin=0.01, sd=0.02, seeds=30), 6)
    0.696509
    """
    df, reach = seeds - 1, margin * seeds**0.5 / sd
    critical = -special.stdtrit(df, alpha)
    low, high = np.sqrt(2 * special.gammaincinv(df / 2, TAILS) / df)  # of s over the true SD: all that can come
    high = min(high, reach / critical)
    if high <= low:
        return 0.0
    spreads = low + (high - low) * (NODES + 1) / 2
    half = df * spreads**2 / 2  # chi² / 2, whose density is half^(df/2 - 1) e^-half / gamma(df / 2)
    density = 2 * spreads * df / 2 * np.exp(special.xlogy(df / 2 - 1, half) - half - special.gammaln(df / 2))
    inside = 2 * special.ndtr(reach - critical * spreads) - 1
    return float((high - low) / 2 * (WEIGHTS @ (inside * density)))


def equivalence_seeds(margin: float, sd: float, alpha: float = 0.05, power: float = 0.80) -> float:
    """Return the smallest number of seeds at which equivalence is claimed with the power; NaN above `MOST_SEEDS`.

    >>> equivalence_seeds(margin=0.01, sd=0.02)
    36.0
    """
    return _smallest(lambda n: equivalence_power(margin, sd, n, alpha) >= power, 2, MOST_SEEDS)


def _smallest(enough: Callable[[int], bool], low: int, high: int) -> float:
    """Return the smallest whole number from low to high that is enough, of a condition that stays true; NaN if none."""
    if not enough(high):
        return np.nan
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return float(low)


def _smallest_effect(excess: Callable[[float], float]) -> float:
    """Return the effect size at which the power is just reached, by bisection."""
    high = 1.0
    while excess(high) < 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-10))
