"""What would help: the variance of a design of seeds x speakers, its power, and the seeds after which little is gained.

All of it follows from three components: the variances of seeds (A), of speakers (B) and of the residual (E).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special, stats

from ser.analysis.claims.crossed import two_way

GAIN = 0.02
"""One more seed that narrows the interval by less than this share is not worth its training."""
MOST = 1_000
"""Where counting seeds or speakers upwards ends."""

SHARES, WEIGHTS = np.polynomial.legendre.leggauss(200)
"""Gauss and Legendre's rule, by which the power of equivalence tests is integrated."""

SOURCES = ("seed", "speaker", "residual")
"""What the variance of a difference comes from: seeds, speakers, and what is left beyond both."""

Aim = Literal["difference", "equivalence"]


@dataclass(frozen=True)
class Components:
    """The variances of a contrast: of seeds, of speakers, and of the mean of one seed on one speaker beyond both."""

    seed: float
    speaker: float
    residual: float


def variance_of(components: Components, seeds: int, speakers: int) -> tuple[float, float]:
    """Return the variance of the mean over seeds x speakers, and Satterthwaite's degrees of freedom, as expected.

    >>> variance, df = variance_of(Components(0.02**2, 0.07**2, 0.05**2), 10, 6)
    >>> round(variance**0.5, 4), round(df, 2)
    (0.03, 5.45)
    """
    variance, df = _variances(components, seeds, speakers)
    return float(variance), float(df)


def _variances(
    components: Components, seeds: int | np.ndarray, speakers: int | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `variance_of` does for each number of seeds or of speakers."""
    e = np.asarray(components.residual)
    a, b = np.asarray(speakers * components.seed + e), np.asarray(seeds * components.speaker + e)
    return two_way(a, b, e, seeds, speakers)


def power(
    components: Components, seeds: int, speakers: int, size: float, alpha: float = 0.05, aim: Aim = "difference"
) -> float:
    """Return the power to find a difference of this size, or to claim equivalence within it where there is none.

    A difference: the noncentral t with the degrees of freedom of `variance_of`; up to .026 too high at 5 seeds or
    fewer. Equivalence: two one-sided tests of a true difference of 0, P(|T| < margin / se - t) over the t distribution,
    which is as exact as the degrees of freedom.

    Args:
        components: assumed, or of a report.
        seeds: two at least.
        speakers: two at least.
        size: the difference, or the margin, in the unit of the metric.
        alpha: level of the test.
        aim: which of the two.

    >>> sds = Components(0.02**2, 0.07**2, 0.05**2)
    >>> [round(power(sds, s, k, d), 3) for s, k, d in ((10, 6, 0.05), (10, 20, 0.03), (10, 60, 0.03), (110, 6, 0.03))]
    [0.282, 0.385, 0.745, 0.138]
    """
    return float(_powers(components, seeds, speakers, size, alpha, aim))


def _powers(
    components: Components, seeds: int | np.ndarray, speakers: int | np.ndarray, size: float, alpha: float, aim: Aim
) -> np.ndarray:
    """Return what `power` does for each number of seeds or of speakers."""
    variance, df = _variances(components, seeds, speakers)
    with np.errstate(all="ignore"):
        away = size / np.sqrt(variance)
        if aim == "equivalence":
            found = np.vectorize(equivalence_power, otypes=[float])(away, df, alpha)
        else:
            found = stats.ncf.sf(stats.f.isf(alpha, 1, df), 1, df, away**2)
    return np.where(variance > 0, found, 1.0)


def equivalence_power(margin: float, df: float, alpha: float) -> float:
    """Return the power of two one-sided t-tests where the true difference is 0, the margin in standard errors.

    Exact (Phillips 1990): P(|Z| < margin - t s) integrated over the s that come, s² of chi² / df.

    >>> round(equivalence_power(3.0, 10.0, 0.05), 3)
    0.747
    """
    critical = stats.t.isf(alpha, df)
    most = df * (margin / critical) ** 2
    reached = stats.chi2.cdf(most, df)
    spreads = np.sqrt(2 * special.gammaincinv(df / 2, reached * (SHARES + 1) / 2) / df)
    return float(reached * (WEIGHTS @ (2 * special.ndtr(margin - critical * spreads) - 1)) / 2)


def width(components: Components, seeds: int, speakers: int, confidence: float = 0.95) -> float:
    """Return half the expected width of the interval.

    >>> round(width(Components(0.02**2, 0.07**2, 0.05**2), 10, 6), 3)
    0.075
    """
    variance, df = variance_of(components, seeds, speakers)
    return float(stats.t.ppf((1 + confidence) / 2, df) * variance**0.5)


def enough_seeds(components: Components, speakers: int, gain: float = GAIN, confidence: float = 0.95) -> float:
    """Return the seeds after which one more narrows the interval by less than `gain`; NaN above `MOST`.

    >>> sds = Components(0.02**2, 0.07**2, 0.05**2)
    >>> [enough_seeds(sds, speakers) for speakers in (6, 12, 60, 431)]
    [5.0, 6.0, 10.0, 19.0]
    """
    seeds = np.arange(2, MOST + 1)
    variance, df = _variances(components, seeds, speakers)
    widths = special.stdtrit(df, (1 + confidence) / 2) * np.sqrt(variance)
    return _first(seeds, widths[1:] > (1 - gain) * widths[:-1])


def least_speakers(
    components: Components, seeds: int, size: float, wanted: float = 0.8, alpha: float = 0.05, aim: Aim = "difference"
) -> float:
    """Return the fewest speakers that give the power with these seeds; NaN above `MOST`.

    Counted upwards, since power is not monotone: at 3 seeds it is lower with 431 speakers than with 86.

    >>> sds = Components(0.02**2, 0.07**2, 0.05**2)
    >>> [least_speakers(sds, seeds, 0.03) for seeds in (10, 30, 110)]
    [74.0, 51.0, 47.0]
    """
    speakers = np.arange(2, MOST + 1)
    return _first(speakers, _powers(components, seeds, speakers, size, alpha, aim) >= wanted)


def least_seeds(
    components: Components,
    speakers: int,
    size: float,
    wanted: float = 0.8,
    alpha: float = 0.05,
    aim: Aim = "difference",
) -> float:
    """Return the fewest seeds that give the power with these speakers; NaN where `MOST` do not.

    >>> sds = Components(0.02**2, 0.07**2, 0.05**2)
    >>> least_seeds(sds, 60, 0.03), least_seeds(sds, 6, 0.03)
    (15.0, nan)
    """
    if power(components, MOST, speakers, size, alpha, aim) < wanted - 0.05:  # it hardly grows from there on
        return np.nan
    seeds = np.arange(2, MOST + 1)
    return _first(seeds, _powers(components, seeds, speakers, size, alpha, aim) >= wanted)


def _first(numbers: np.ndarray, enough: np.ndarray) -> float:
    """Return the first number that is enough; NaN where none is."""
    return float(numbers[enough.argmax()]) if enough.any() else np.nan


def power_table(
    components: Components,
    seeds: list[int],
    speakers: list[int],
    size: float,
    alpha: float = 0.05,
    aim: Aim = "difference",
) -> pd.DataFrame:
    """Return the power over seeds x speakers: one row a number of seeds, one column a number of speakers.

    >>> sds = Components(0.02**2, 0.07**2, 0.05**2)
    >>> power_table(sds, [3], [6, 86, 431], 0.03).round(3).to_dict("records")
    [{'seeds': 3, '6 speakers': 0.118, '86 speakers': 0.364, '431 speakers': 0.338}]
    """
    rows = [
        {"seeds": s} | {f"{k} speakers": power(components, s, k, size, alpha, aim) for k in speakers} for s in seeds
    ]
    return pd.DataFrame(rows)


def components_of(row: pd.Series) -> Components | None:
    """Return the components that a claim's shares amount to at its numbers of seeds and speakers, if it has shares.

    Args:
        row: of the table of `ser.analysis.claims.table.claims_of`.

    >>> row = {"share_seed": 0.5, "share_speaker": 0.5, "share_residual": 0.0, "se": 0.02, "seeds": 10, "speakers": 6}
    >>> components = components_of(pd.Series(row))
    >>> round(components.seed, 4), round(components.speaker, 4)
    (0.002, 0.0012)
    """
    if pd.isna(row["share_speaker"]):
        return None
    parts = [float(np.nan_to_num(row[f"share_{name}"])) * float(row["se"]) ** 2 for name in SOURCES]
    seeds, speakers = float(row["seeds"]), float(row["speakers"])
    return Components(*(part * levels for part, levels in zip(parts, (seeds, speakers, seeds * speakers), strict=True)))


def enough(row: pd.Series, alpha: float) -> float:
    """Return the seeds after which one more narrows a claim's interval by less than 2 %, if that is known.

    >>> row = {"share_seed": 0.5, "share_speaker": 0.5, "share_residual": 0.0, "se": 0.02, "seeds": 10, "speakers": 6}
    >>> enough(pd.Series(row), 0.05)
    11.0
    """
    components = components_of(row)
    return np.nan if components is None else enough_seeds(components, int(row["speakers"]), confidence=1 - alpha)
