"""The pigeonhole bootstrap (Owen 2007), for metrics that are no mean over clips: F1, CCC and the like."""

import numpy as np

from ser.analysis.claims.estimate import Estimate

METHOD = "pigeonhole bootstrap, t on its standard error"
DRAWS = 2_000
PERCENTILES_FROM = 30
"""Levels of each factor from which percentile intervals are used; at 6 speakers they cover .86 to .91."""


def counts(levels: int, draws: int, random: np.random.Generator) -> np.ndarray:
    """Return (draws, levels): how often each level is drawn, with replacement, as many as there are.

    >>> counts(3, 2, np.random.default_rng(0)).sum(axis=1).tolist()
    [3, 3]
    """
    return random.multinomial(levels, np.full(levels, 1 / levels), size=draws)


def estimate(value: float, drawn: np.ndarray, levels: tuple[int, ...]) -> Estimate:
    """Return an estimate from its values over draws of seeds, of speakers, ..., each drawn independently.

    Args:
        value: of the data.
        drawn: (draws,), NaN where a draw has no value.
        levels: number of seeds, speakers, ...; the degrees of freedom are the smallest less one.

    >>> random = np.random.default_rng(0)
    >>> found = estimate(0.5, random.normal(0.5, 0.1, 2000), (10, 6))
    >>> round(found.se, 2), found.df
    (0.1, 5.0)
    """
    return Estimate(value, float(np.nanvar(drawn, ddof=1)), min(levels) - 1.0, METHOD)
