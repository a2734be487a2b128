"""How large an effect is, with its interval: shares of variance from F, standardised differences from scores."""

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import optimize, stats


def partial_eta_squared(f: float, df_effect: float, df_error: float) -> float:
    """Return F · df_effect / (F · df_effect + df_error), the share of variance in the sample (Cohen 1973).

    >>> partial_eta_squared(f=4.0, df_effect=1, df_error=36)
    0.1
    """
    return f * df_effect / (f * df_effect + df_error)


def partial_omega_squared(f: float, df_effect: float, scores: int) -> float:
    """Return (F - 1) · df_effect / (F · df_effect + N - df_effect) for N scores in all; below 0 where F < 1.

    Nearly unbiased where partial eta squared is too large (Olejnik and Algina 2003).

    >>> partial_omega_squared(f=4.0, df_effect=1, scores=37)
    0.075
    """
    return (f - 1) * df_effect / (f * df_effect + scores - df_effect)


@cache
def noncentrality_limits(f: float, df_effect: float, df_error: float, confidence: float = 0.90) -> tuple[float, float]:
    """Return the limits of the noncentrality of F, by inverting its distribution (Steiger 2004).

    A limit is 0 where even the central distribution leaves less than its tail.

    >>> [round(limit, 2) for limit in noncentrality_limits(f=7.6, df_effect=1, df_error=109)]
    [1.16, 19.57]
    """
    tail = (1 - confidence) / 2
    return (_noncentrality(f, df_effect, df_error, 1 - tail), _noncentrality(f, df_effect, df_error, tail))


def eta_squared_limits(f: float, df_effect: float, df_error: float, confidence: float = 0.90) -> tuple[float, float]:
    """Return the interval of partial eta squared, λ / (λ + df_error) at the limits λ of the noncentrality.

    The default of 90 % agrees with the one-sided F test: the lower limit is above 0 exactly where p < .05.

    >>> [round(limit, 3) for limit in eta_squared_limits(f=7.6, df_effect=1, df_error=109)]
    [0.011, 0.152]
    """
    low, high = noncentrality_limits(f, df_effect, df_error, confidence)
    return low / (low + df_error), high / (high + df_error)


def omega_squared_limits(
    f: float, df_effect: float, df_error: float, scores: int, confidence: float = 0.90
) -> tuple[float, float]:
    """Return the interval of the population's partial omega squared, λ / (λ + N) for N scores in all (Steiger 2004).

    >>> [round(limit, 3) for limit in omega_squared_limits(f=7.6, df_effect=1, df_error=109, scores=220)]
    [0.005, 0.082]
    """
    low, high = noncentrality_limits(f, df_effect, df_error, confidence)
    return low / (low + scores), high / (high + scores)


def _noncentrality(f: float, df_effect: float, df_error: float, probability: float) -> float:
    """Solve P(F' ≤ f | λ) = probability for λ; the probability falls as λ grows."""

    def excess(noncentrality: float) -> float:
        return float(stats.ncf.cdf(f, df_effect, df_error, noncentrality)) - probability

    if excess(0.0) <= 0:
        return 0.0
    high = _grow(excess, f * df_effect + 10.0)
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-10, rtol=1e-12))


def _grow(excess: Callable[[float], float], start: float) -> float:
    high = start
    while excess(high) > 0:
        high *= 2
    return float(np.float64(high))
