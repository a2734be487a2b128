"""Contrasts between samples of speakers: two test sets, two genders. Speakers are the units, seeds are common."""

from collections.abc import Sequence

import numpy as np

from ser.analysis.claims.crossed import CLOSED, crossed, mean_squares
from ser.analysis.claims.estimate import Estimate

METHOD = "speakers of each sample, seeds common, Welch-Satterthwaite"


def between(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Estimate:
    """Estimate the sum of the means of several samples of speakers, for other seeds and other speakers of each.

    Var = Σ V_i / K_i + V_seed, with V_i the variance of the speakers' means over seeds (it contains E / S) and V_seed =
    max(0, (s² of the seeds' sums - Σ E_i / K_i) / S); df by Welch and Satterthwaite, K_i - 1 and S - 1. Welch's test on
    speakers' means alone leaves V_seed out, and is liberal. Where a sample is not complete, or its numbers of clips
    differ, V_i / K_i and the seeds' part are those of `crossed`, and the seeds' sums give the covariance of samples.

    Args:
        parts: for each sample the (seeds, speakers) weighted scores and clips, as `crossed` takes them; the seeds are
            the same rows in all. A difference has the second sample's scores with the opposite sign.

    Raises:
        ScoresError: as `crossed`, of the seeds that all samples have.

    >>> a = np.array([[0.5, 0.7, 0.6], [0.6, 0.8, 0.6]])
    >>> b = -np.array([[0.4, 0.6, 0.5], [0.5, 0.5, 0.4]])
    >>> estimate = between([(a, np.ones((2, 3))), (b, np.ones((2, 3)))])
    >>> round(estimate.value, 4), round(estimate.se, 4), round(estimate.df, 2)
    (0.15, 0.0764, 4.06)
    """
    common = np.logical_and.reduce([(~np.isnan(values)).any(axis=1) for values, _ in parts])
    parts = [(values[common], clips[common]) for values, clips in parts]
    fits = [crossed(values, clips) for values, clips in parts]
    seeds, speakers = int(common.sum()), [int((~np.isnan(values)).any(axis=0).sum()) for values, _ in parts]
    if all(fit.method == CLOSED for fit in fits):
        squares = [mean_squares(values) for values, _ in parts]
        own = [float(b) / (seeds * number) for (_, _, b, _), number in zip(squares, speakers, strict=True)]
        residual = sum(float(e) / number for (*_, e), number in zip(squares, speakers, strict=True))
        sums = np.sum([values.mean(axis=1) for values, _ in parts], axis=0)
        seed = (float(sums.var(ddof=1)) - residual) / seeds
    else:
        shares = [fit.parts.get("seed", 0.0) for fit in fits]
        own = [fit.variance - share for fit, share in zip(fits, shares, strict=True)]
        covariance = np.cov([np.nanmean(values, axis=1) for values, _ in parts])
        seed = sum(shares) + float(covariance.sum() - np.trace(covariance)) / seeds
    seed = max(0.0, seed)
    variance = sum(own) + seed
    spread = sum(part**2 / (number - 1) for part, number in zip(own, speakers, strict=True)) + seed**2 / (seeds - 1)
    df = variance**2 / spread if spread > 0 else np.nan
    left = min(sum(own), sum(fit.parts.get("residual", 0.0) for fit in fits))
    sources = {"seed": seed, "speaker": sum(own) - left, "residual": left}
    value, zero = sum(fit.value for fit in fits), ("seeds",) if seed == 0 else ()
    return Estimate(value, variance, df, METHOD, {"seed": seed * seeds}, sources, zero)
