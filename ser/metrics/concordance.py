"""Concordance correlation, on NumPy arrays and on tensors: used as a metric and as a loss."""

from typing import TypeVar

Numbers = TypeVar("Numbers")

FLOOR = 1e-12
"""Added to the denominator, so that constant predictions of a constant truth give 0."""


def ccc(predicted: Numbers, truth: Numbers) -> Numbers:
    """Return the concordance correlation coefficient, from -1 to 1 (all predictions correct).

    2 cov(x, y) / (var(x) + var(y) + (mean(x) - mean(y))^2), with moments over n, as in L. Lin, Biometrics 45 (1989),
    https://doi.org/10.2307/2532051. torchmetrics takes variances and covariance over n - 1 instead.

    Args:
        predicted: (clips, dimensions).
        truth: (clips, dimensions).

    Returns:
        (dimensions,).
    """
    x, y = predicted - predicted.mean(0), truth - truth.mean(0)  # type: ignore[attr-defined]
    difference = predicted.mean(0) - truth.mean(0)  # type: ignore[attr-defined]
    return 2 * (x * y).mean(0) / ((x * x).mean(0) + (y * y).mean(0) + difference * difference + FLOOR)
