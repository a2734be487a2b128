"""What every analysis of claims ends with: an estimate, its variance, its degrees of freedom, and its components."""

from dataclasses import dataclass, field

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Estimate:
    """A difference and how well it is known.

    Attributes:
        value: the difference, in the unit of the metric.
        variance: of the estimate; 0 where the table has no spread.
        df: Satterthwaite's degrees of freedom of that variance.
        method: how it was computed, as it stands in the tables.
        components: random effect to its variance, none below 0.
        parts: random effect to what it adds to the variance of the estimate; they sum to it.
        zero: random effects whose variance was estimated as 0, in words.
        drawn: the estimate in each draw of a bootstrap whose percentiles are to be the interval.
    """

    value: float
    variance: float
    df: float
    method: str
    components: dict[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    zero: tuple[str, ...] = ()
    drawn: np.ndarray | None = None

    @property
    def se(self) -> float:
        """The standard error."""
        return float(np.sqrt(self.variance))

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the limits of the interval with this coverage; NaN without spread."""
        if self.drawn is not None:
            low, high = np.nanquantile(self.drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
            return float(low), float(high)
        half = half_width(self.se, self.df, confidence)
        return self.value - half, self.value + half


def p_against(value: float, se: float, df: float, null: float = 0.0) -> float:
    """Return the two-sided p of t = (value - null) / se; NaN without spread.

    >>> round(p_against(0.02, 0.01, 5), 4)
    0.1019
    """
    return float(2 * special.stdtr(df, -abs(value - null) / se)) if se > 0 else np.nan


def p_within(value: float, se: float, df: float, margin: float) -> float:
    """Return the p of two one-sided tests against -margin and +margin, the larger of both; NaN without spread.

    >>> round(p_within(0.0, 0.004, 10, 0.01), 4)
    0.0157
    """
    return float(special.stdtr(df, -(margin - abs(value)) / se)) if se > 0 else np.nan


def half_width(se: float, df: float, confidence: float) -> float:
    """Return half the width of the t interval with this coverage.

    >>> round(half_width(0.01, 5, 0.95), 4)
    0.0257
    """
    return float(special.stdtrit(df, (1 + confidence) / 2) * se) if se > 0 else np.nan
