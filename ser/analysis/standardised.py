"""How large a difference is without its unit: standardised, as a probability, and as evidence."""

import numpy as np
from scipy import integrate, optimize, special, stats

FEWEST = 5
"""Seeds, or scores of a group, below which a standardised difference gets no interval: it would say nothing."""


def small_sample_correction(df: float) -> float:
    """Return Hedges' J = Γ(df / 2) / (√(df / 2) Γ((df - 1) / 2)), the exact form (Hedges 1981); 0 where df is 1.

    >>> round(small_sample_correction(4), 4)  # Hedges 1981, table 1
    0.7979
    """
    return float(np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / (df / 2) ** 0.5) if df > 1 else 0.0


def paired_d(differences: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return d_z = mean / SD of the seeds' differences (not pingouin's d_av, which divides by the cells' SD).

    >>> float(paired_d(np.array([1.0, 2.0, 3.0])))
    2.0
    """
    return differences.mean(axis=axis) / differences.std(axis=axis, ddof=1)


def hedges_g(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the difference of means over the pooled SD of the two groups, times Hedges' J.

    >>> round(float(hedges_g(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0]))), 3)
    1.596
    """
    n_a, n_b = a.shape[axis], b.shape[axis]
    df = n_a + n_b - 2
    pooled = ((n_a - 1) * a.var(axis=axis, ddof=1) + (n_b - 1) * b.var(axis=axis, ddof=1)) / df
    return small_sample_correction(df) * (a.mean(axis=axis) - b.mean(axis=axis)) / pooled**0.5


def paired_d_limits(t: float, seeds: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of d_z from the paired t: the limits of its noncentrality over √n; NaN below `FEWEST`.

    It agrees with the t-test: 0 is outside exactly where p < 1 - confidence.

    >>> [round(limit, 3) for limit in paired_d_limits(t=2.5, seeds=10)]
    [0.058, 1.491]
    """
    low, high = noncentral_t_limits(t, seeds - 1, confidence) if seeds >= FEWEST else (np.nan, np.nan)
    return low / seeds**0.5, high / seeds**0.5


def hedges_g_limits(a: np.ndarray, b: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of Hedges' g of two groups of one variance, normal; NaN where one has fewer than `FEWEST`.

    J √(1 / n_a + 1 / n_b) times the limits of the noncentrality of Student's t.

    >>> a = np.array([3.0, 4.0, 5.0, 6.0, 7.0])
    >>> [round(limit, 3) for limit in hedges_g_limits(a, a - 2)]
    [-0.133, 2.361]
    """
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) < FEWEST:
        return np.nan, np.nan
    root, correction = (1 / n_a + 1 / n_b) ** 0.5, small_sample_correction(n_a + n_b - 2)
    low, high = noncentral_t_limits(float(hedges_g(a, b)) / correction / root, n_a + n_b - 2, confidence)
    return correction * root * low, correction * root * high


def noncentral_t_limits(t: float, df: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the limits of the noncentrality of t, by inverting its distribution (Steiger and Fouladi 1997).

    >>> [round(limit, 4) for limit in noncentral_t_limits(t=2.5, df=9)]
    [0.1829, 4.7154]
    """
    tail = (1 - confidence) / 2
    return _noncentrality(t, df, 1 - tail), _noncentrality(t, df, tail)


def _noncentrality(t: float, df: float, probability: float) -> float:
    """Solve P(T ≤ t | δ) = probability for δ; the probability falls as δ grows."""

    def excess(noncentrality: float) -> float:
        return _noncentral_t_cdf(t, df, noncentrality) - probability

    width = 4.0 + abs(t) / df**0.5
    low, high = t - width, t + width
    while excess(low) < 0:
        low, width = low - width, 2 * width
    while excess(high) > 0:
        high, width = high + width, 2 * width
    return float(optimize.brentq(excess, low, high, xtol=1e-10))


def _noncentral_t_cdf(t: float, df: float, noncentrality: float) -> float:
    """Return P(T ≤ t | δ), also far in the tails, where scipy's own is NaN."""
    if t < 0:
        return 1 - _noncentral_t_cdf(-t, df, -noncentrality)
    below = float(special.nctdtr(df, noncentrality, t))
    return below if np.isfinite(below) else 1 - float(stats.nct.sf(t, df, noncentrality))


def superiority(a: np.ndarray, b: np.ndarray) -> float:
    """Return P(a > b) + P(a = b) / 2 over all pairs: the common-language effect size (McGraw and Wong 1992).

    >>> superiority(np.array([3, 4, 5]), np.array([1, 2, 4]))  # 7 and a half of 9 pairs
    0.8333333333333334
    """
    pairs = len(a) * len(b)
    return float((np.sign(a[:, None] - b).sum() + pairs) / 2 / pairs)


def paired_superiority(differences: np.ndarray) -> float:
    """Return the share of seeds whose difference is above 0, ties as half: the common-language effect size, paired.

    >>> paired_superiority(np.array([1, -1, 0, 2]))
    0.625
    """
    return float(np.mean(np.sign(differences)) / 2 + 0.5)


LOG_G = np.linspace(-8, 60, 3401)
"""Where the prior's integral is evaluated: fine enough for the trapezoidal rule, which is exact on such bells."""


def log10_bayes_factor(t: float, df: float, n: float) -> float:
    """Return log10 of the JZS Bayes factor for a difference against none (Rouder et al. 2009, equation 1).

    The prior on the standardised difference is a Cauchy of scale √2/2. The integral is taken on logarithms, because
    pingouin's divides by 0 where t is large.

    Args:
        t: of a one-sample or paired test, or of Student's two-sample test.
        df: its degrees of freedom.
        n: seeds, or n_a · n_b / (n_a + n_b) of two groups.

    >>> round(log10_bayes_factor(t=3.0, df=29, n=30), 2)  # about 8 to 1 for a difference
    0.87
    """
    spread = np.log1p(n * np.exp(LOG_G) / 2)
    shrunk = -(df + 1) / 2 * np.log1p(t**2 / df * np.exp(-spread))
    log_integrand = shrunk - (spread + np.log(2 * np.pi) + LOG_G + np.exp(-LOG_G)) / 2
    peak = log_integrand.max()
    area = integrate.trapezoid(np.exp(log_integrand - peak), LOG_G)
    null = -(df + 1) / 2 * np.log1p(t**2 / df)
    return float((np.log(area) + peak - null) / np.log(10))
