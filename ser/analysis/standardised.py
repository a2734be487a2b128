"""How large a difference is without its unit: standardised, as a probability, and as evidence."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy import integrate, optimize, special, stats

RESAMPLES = 1999
"""Bootstrap samples of an interval."""


def small_sample_correction(df: float) -> float:
    """Return Hedges' J = Γ(df / 2) / (√(df / 2) Γ((df - 1) / 2)), the exact form (Hedges 1981); 0 where df is 1."""
    return float(np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / (df / 2) ** 0.5) if df > 1 else 0.0


def paired_d(differences: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return d_z = mean / SD of the seeds' differences (not pingouin's d_av, which divides by the cells' SD)."""
    return differences.mean(axis=axis) / differences.std(axis=axis, ddof=1)


def hedges_g(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the difference of means over the pooled SD of the two groups, times Hedges' J."""
    n_a, n_b = a.shape[axis], b.shape[axis]
    df = n_a + n_b - 2
    pooled = ((n_a - 1) * a.var(axis=axis, ddof=1) + (n_b - 1) * b.var(axis=axis, ddof=1)) / df
    return small_sample_correction(df) * (a.mean(axis=axis) - b.mean(axis=axis)) / pooled**0.5


def bootstrap_interval(
    statistic: Callable[..., np.ndarray], samples: Sequence[np.ndarray], confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated bootstrap interval (Efron 1987), each sample resampled on its own.

    NaN limits where a sample has fewer than three scores or no spread, or the resamples degenerate.
    """
    if any(len(sample) < 3 or np.ptp(sample) == 0 for sample in samples):
        return np.nan, np.nan
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        interval = stats.bootstrap(
            samples,
            statistic,
            n_resamples=RESAMPLES,
            confidence_level=confidence,
            vectorized=True,
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return float(interval.low), float(interval.high)


def superiority(a: np.ndarray, b: np.ndarray) -> float:
    """Return P(a > b) + P(a = b) / 2 over all pairs: the common-language effect size (McGraw and Wong 1992)."""
    return float(stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)))


def paired_superiority(differences: np.ndarray) -> float:
    """Return the share of seeds whose difference is above 0, ties as half: the common-language effect size, paired."""
    return float(np.mean(np.sign(differences)) / 2 + 0.5)


def log10_bayes_factor(t: float, df: float, n: float) -> float:
    """Return log10 of the JZS Bayes factor for a difference against none (Rouder et al. 2009, equation 1).

    The prior on the standardised difference is a Cauchy of scale √2/2. The integral is taken on logarithms, because
    pingouin's divides by 0 where t is large.

    Args:
        t: of a one-sample or paired test, or of Student's two-sample test.
        df: its degrees of freedom.
        n: seeds, or n_a · n_b / (n_a + n_b) of two groups.
    """

    def log_integrand(log_g: float) -> float:
        spread = np.log1p(n * np.exp(log_g) / 2)
        shrunk = -(df + 1) / 2 * np.log1p(t**2 / df * np.exp(-spread))
        return float(shrunk - (spread + np.log(2 * np.pi) + log_g + np.exp(-log_g)) / 2)

    peak = optimize.minimize_scalar(lambda log_g: -log_integrand(log_g), bounds=(-8, 60), method="bounded")
    area = integrate.quad(lambda log_g: np.exp(log_integrand(log_g) + peak.fun), -8, 60, points=[peak.x], limit=200)[0]
    null = -(df + 1) / 2 * np.log1p(t**2 / df)
    return float((np.log(area) - peak.fun - null) / np.log(10))
