"""Distances of predicted probabilities from the distribution of the raters' votes, one a clip; less is better."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy


def js_distances(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return (clips,) the Jensen-Shannon distances, from 0 (the same distribution) to 1.

    The square root of the divergence [KL(p, m) + KL(q, m)] / 2 with m = (p + q) / 2 and logarithms to base 2
    (J. Lin: Divergence Measures Based on the Shannon Entropy, 1991, https://doi.org/10.1109/18.61115), a metric.

    Args:
        probability: (clips, emotions).
        target: (clips, emotions), shares of the votes.

    >>> js_distances(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([1.])
    """
    return jensenshannon(probability, target, base=2, axis=1)


def kl_divergences(probability: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return (clips,) Σ target ln(target / probability), in nats, 0 at best.

    The cross-entropy with the votes' distribution is this plus the entropy of the votes, which no model can lower.
    Arguments are those of `js_distances`.

    >>> kl_divergences(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])).round(4)
    array([0.6931])
    """
    return entropy(target, np.fmax(probability, np.finfo(np.float64).tiny), axis=1)


DISTANCES: Final[dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "js_distance": js_distances,
    "kl_divergence": kl_divergences,
}
"""Metric, a mean over the clips -> the distance of each clip."""
