"""Concordance of numbers with the truth, on NumPy arrays and on tensors alike: it is a score and a loss."""

from typing import TypeVar

Numbers = TypeVar("Numbers")

FLOOR = 1e-12
"""Added to the denominator: numbers that are all one value, and the right one, have no concordance but 0."""


def ccc(predicted: Numbers, truth: Numbers) -> Numbers:
    """Return the concordance correlation coefficient, from -1 to 1: 1 where every number is the true one.

    2 cov(x, y) / (var(x) + var(y) + (mean(x) - mean(y))^2), with moments over n, as in L. Lin, Biometrics 45 (1989),
    https://doi.org/10.2307/2532051. torchmetrics takes variances and covariance over n - 1, but not the difference.

    Args:
        predicted: (clips, dimensions).
        truth: (clips, dimensions).

    Returns:
        (dimensions,).
    """
    x, y = predicted - predicted.mean(0), truth - truth.mean(0)  # type: ignore[attr-defined]
    apart = predicted.mean(0) - truth.mean(0)  # type: ignore[attr-defined]
    return 2 * (x * y).mean(0) / ((x * x).mean(0) + (y * y).mean(0) + apart * apart + FLOOR)
