"""Distances of predicted probabilities from the distribution of the raters' votes; less is better."""

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy


def js_distance(probability: np.ndarray, target: np.ndarray) -> float:
    """Return the mean over clips of the Jensen-Shannon distance, from 0 (the same distribution) to 1.

    The square root of [KL(p, m) + KL(q, m)] / 2 with m = (p + q) / 2 and logarithms to base 2; D. Endres,
    J. Schindelin: A New Metric for Probability Distributions, 2003, https://doi.org/10.1109/TIT.2003.813506.

    Args:
        probability: (clips, emotions).
        target: (clips, emotions), shares of the votes.

    >>> js_distance(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    1.0
    """
    return float(jensenshannon(probability, target, base=2, axis=1).mean())


def kl_divergence(probability: np.ndarray, target: np.ndarray) -> float:
    """Return the mean over clips of Σ target ln(target / probability), in nats, 0 at best.

    The cross-entropy with the votes' distribution is this plus the entropy of the votes, which no model can lower.
    Arguments are those of `js_distance`.

    >>> round(kl_divergence(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])), 4)
    0.6931
    """
    smallest = np.finfo(np.float64).tiny
    return float(entropy(target, np.fmax(probability, smallest), axis=1).mean())
