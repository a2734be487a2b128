"""Claims from the seeds alone: for these speakers, and, by a correction, for another corpus of the kind."""

import numpy as np

from ser.analysis.claims.estimate import Estimate
from ser.errors import ScoresError

PAIRED = "seeds, paired t"
CORRECTED = "seeds, paired t corrected for overlapping training sets (Nadeau and Bengio)"
ROUNDING = 1e-12


def these_speakers(differences: np.ndarray) -> Estimate:
    """Estimate the mean over seeds, for other seeds on these very speakers: the paired t-test, the published claim.

    Args:
        differences: (seeds,), of the scores over all clips; NaN where a seed lacks a cell.

    Raises:
        ScoresError: fewer than two seeds.

    >>> estimate = these_speakers(np.array([0.01, 0.03, 0.02]))
    >>> round(estimate.value, 4), round(estimate.se, 4), estimate.df
    (0.02, 0.0058, 2.0)
    """
    differences = differences[~np.isnan(differences)]
    seeds = len(differences)
    if seeds < 2:
        raise ScoresError(f"{seeds} seed(s): whether another training would do the same is unknown; run more seeds")
    spread = float(differences.var(ddof=1))
    spread = spread if np.ptp(differences) > ROUNDING * np.abs(differences).max() else 0.0
    return Estimate(float(differences.mean()), spread / seeds, seeds - 1.0, PAIRED, {"seed": spread})


def another_corpus(differences: np.ndarray, tested: float) -> Estimate:
    """Estimate the same difference for another corpus of this kind, whose parts are drawn anew for each seed.

    Seeds that re-split one corpus train on overlapping speakers, so their spread is too small. Nadeau and Bengio (2003)
    put 1 / S + n_test / n_train in the place of 1 / S. It is a correction, no model: it knows no speaker.

    Args:
        differences: (seeds,), as for `these_speakers`.
        tested: n_test / n_train, in speakers; n_train counts the validation part too.

    Raises:
        ScoresError: fewer than two seeds.

    >>> estimate = another_corpus(np.array([0.01, 0.03, 0.02]), 0.25)
    >>> round(estimate.value, 4), round(estimate.se, 4), estimate.df
    (0.02, 0.0076, 2.0)
    """
    alone = these_speakers(differences)
    spread = alone.components["seed"]
    variance = spread * (1 / (alone.df + 1) + tested)
    return Estimate(alone.value, variance, alone.df, CORRECTED, alone.components)
