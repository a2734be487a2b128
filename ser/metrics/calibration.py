"""Whether probabilities mean what they say: calibration, proper scores, and the temperature that sets them right."""

import numpy as np
from scipy import optimize, special

BINS = 15
"""Bins of confidence of equal width, as in Guo et al. 2017."""

LIMITS = (0.05, 20.0)
"""Temperatures between which the best is sought."""

SMALLEST = float(np.finfo(np.float64).tiny)
"""A probability below this counts as this, so that its logarithm is a number."""


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Return the softmax of logits over a temperature, (clips, classes).

    >>> probabilities(np.log([[1.0, 3.0]])).round(2)
    array([[0.25, 0.75]])
    """
    return special.softmax(np.asarray(logits, dtype=np.float64) / temperature, axis=1)


def expected_calibration_error(probability: np.ndarray, truth: np.ndarray, bins: int = BINS) -> float:
    """Return the mean gap between confidence and accuracy, over bins of confidence weighed by their clips.

    Σ n_b / n · |accuracy_b - confidence_b| (Naeini et al. 2015; Guo et al. 2017), where the confidence of a clip is its
    highest probability. 0 is best; it is biased upwards where clips are few.

    Args:
        probability: (clips, classes).
        truth: (clips,) positions of the true classes.
        bins: of equal width from 0 to 1, each without its lower edge.

    >>> expected_calibration_error(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
    0.25
    """
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(which, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def brier_score(probability: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean over clips of Σ (probability - truth)² over the classes, from 0 (best) to 2 (Brier 1950).

    Arguments are those of `expected_calibration_error`.

    >>> brier_score(np.array([[0.75, 0.25]]), np.array([1]))
    1.125
    """
    return float(np.square(probability - np.eye(probability.shape[1])[truth]).sum(axis=1).mean())


def negative_log_likelihood(probability: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean over clips of -ln(probability of the true class), 0 at best.

    Arguments are those of `expected_calibration_error`.

    >>> round(negative_log_likelihood(np.array([[0.5, 0.5]]), np.array([1])), 4)
    0.6931
    """
    return float(-np.log(np.fmax(probability[np.arange(len(truth)), truth], SMALLEST)).mean())


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return the temperature with the smallest negative log-likelihood (Guo et al. 2017), within `LIMITS`.

    It is fitted on clips that were neither trained nor tested on. Above 1 the model was too sure of itself; predictions
    stay what they are.

    Args:
        logits: (clips, classes).
        truth: (clips,) positions of the true classes.

    >>> logits = np.log([[0.99, 0.01]] * 4)
    >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 3)  # right in 3 of 4: p = .75
    4.183
    """
    low, high = np.log(LIMITS)

    def loss(log_temperature: float) -> float:
        scaled = np.asarray(logits, dtype=np.float64) / np.exp(log_temperature)
        return float(-special.log_softmax(scaled, axis=1)[np.arange(len(truth)), truth].mean())

    return float(np.exp(optimize.minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def scores(logits: np.ndarray, truth: np.ndarray, temperature: float | None = None) -> dict[str, float]:
    """Return `ece`, `brier` and `nll`, and with a temperature what they are at it, as `ece_calibrated` and so on.

    Args:
        logits: (clips, classes).
        truth: (clips,) positions of the true classes.
        temperature: as `fit_temperature` returns it for other clips.

    >>> scores(np.log([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))["brier"]
    0.625
    """
    found = {}
    for name, at in (("", 1.0), ("_calibrated", temperature)):
        if at is not None:
            probability = probabilities(logits, at)
            found[f"ece{name}"] = expected_calibration_error(probability, truth)
            found[f"brier{name}"] = brier_score(probability, truth)
            found[f"nll{name}"] = negative_log_likelihood(probability, truth)
    return found
