"""The search for the variances of largest restricted likelihood, whatever computes the likelihood of some."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ser.errors import ScoresError

ZERO = 1e-9
"""A variance below this share of the total is taken for 0."""
NOTHING_LEFT = 1e-6
"""A residual variance below this share leaves nothing to estimate by: each value is a row's and a column's sum."""
STEPS = 200
"""Where the search for the variances ends."""
CONVERGED = 1e-10
"""Slope of the deviance by the logarithm of a variance, for each degree of freedom, at which the search has ended."""


@dataclass(frozen=True)
class Point:
    """The likelihood at the variances of components, the residual last: deviance, its slope and its curvatures."""

    deviance: float
    slope: np.ndarray  # (components,)
    observed: np.ndarray  # (components, components), the matrix of second derivatives
    expected: np.ndarray  # (components, components)
    mean: float
    variance: float  # of the mean
    variance_slope: np.ndarray  # (components,), of the variance of the mean by each variance


Likelihood = Callable[[np.ndarray], Point]


@dataclass(frozen=True)
class CrossedFit:
    """The mean, how well it is known, and why."""

    mean: float
    variance: float  # of the mean
    df: float
    variances: np.ndarray  # (components,): of the effects, and the residual at weight 1
    parts: np.ndarray  # (components,): what each adds to the variance of the mean


def fitted_at(
    variances: np.ndarray, point: Point, scale: float, middle: float, typical: float, reason: str
) -> CrossedFit:
    """Return the fit at the variances of the largest likelihood, in the units of the data.

    Args:
        variances: (components,), the residual last.
        point: the likelihood there.
        scale: what the values were divided by.
        middle: what was subtracted before.
        typical: what the weights were divided by.
        reason: what is said where the components cannot be told apart.

    Raises:
        ScoresError: they cannot.
    """
    free = variances > 0
    curvature = point.observed[np.ix_(free, free)]
    sizes = np.sqrt(np.abs(np.diag(curvature)))
    if not (np.diag(curvature) > 0).all() or np.linalg.eigvalsh(curvature / np.outer(sizes, sizes))[0] < 1e-6:
        raise ScoresError(reason)
    slope = point.variance_slope[free]
    df = float(2 * point.variance**2 / (slope @ (2 * np.linalg.inv(curvature)) @ slope))
    units = scale**2 * np.append(np.ones(len(variances) - 1), typical)
    return CrossedFit(
        point.mean * scale + middle,
        point.variance * scale**2,
        df,
        variances * units,
        variances * point.variance_slope * scale**2,
    )


def search(likelihood_of: Likelihood, count: int, values: int, reason: str) -> tuple[np.ndarray, Point]:
    """Return the variances of the largest restricted likelihood, by Fisher's scoring, then Newton's steps.

    Args:
        likelihood_of: from variances, the residual last, to the likelihood.
        count: of the variances.
        values: that they are estimated from.
        reason: what is said where they cannot be told apart.

    Raises:
        ScoresError: they cannot.
    """
    variances = np.full(count, 1 / count)
    point = likelihood_of(variances)
    tolerance = CONVERGED * (values - 1)
    for _ in range(STEPS):
        free = (variances > 0) | (point.slope < 0)
        if np.abs(point.slope * np.maximum(variances, ZERO))[free].max() < tolerance:
            return variances, point
        ahead = point
        for curvature in (point.observed, point.expected):
            step = np.zeros(count)
            block = curvature[np.ix_(free, free)]
            if np.linalg.eigvalsh(block)[0] > 0:
                step[free] = -np.linalg.solve(block, point.slope[free])
                trial, ahead = _shortened(variances, step, point, likelihood_of)
                if ahead is not point:
                    break
        if ahead is point:  # no step improves the deviance: rounding is reached
            break
        variances, point = trial, ahead
        if variances[-1] < NOTHING_LEFT:
            raise ScoresError(reason)
    if np.abs(point.slope * variances).max() > 1e3 * tolerance:
        raise ScoresError(reason)
    return variances, point


def _shortened(
    variances: np.ndarray, step: np.ndarray, point: Point, likelihood_of: Likelihood
) -> tuple[np.ndarray, Point]:
    """Return the first point along ever shorter steps whose deviance is lower; the old one where there is none."""
    for halvings in range(12):
        trial = np.maximum(variances + step / 2**halvings, 0.0)
        trial[trial < ZERO] = 0.0
        trial[-1] = max(trial[-1], variances[-1] / 10)
        ahead = likelihood_of(trial)
        if ahead.deviance < point.deviance:
            return trial, ahead
    return variances, point


def point_at(
    variances: np.ndarray,
    deviance: float,
    traces: tuple[np.ndarray, np.ndarray],
    products: tuple[np.ndarray, np.ndarray],
    mean: float,
    information: float,
    slopes: np.ndarray,
) -> Point:
    """Return the likelihood from what differs between ways to compute it.

    Args:
        variances: (components,), the residual last.
        deviance: minus twice the restricted log-likelihood.
        traces: tr(P V_i) and tr(P V_i P V_j), of `with_residual`.
        products: y'P V_i P y and y'P V_i P V_j P y, likewise.
        mean: generalised least squares'.
        information: 1'V⁻¹1.
        slopes: (effects,), 1'V⁻¹ V_i V⁻¹1.
    """
    residual = (information - variances[:-1] @ slopes) / variances[-1]
    return Point(
        float(deviance),
        traces[0] - products[0],
        2 * products[1] - traces[1],
        traces[1],
        mean,
        1 / information,
        np.append(slopes, residual) / information**2,
    )


def with_residual(
    variances: np.ndarray, total: float, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the forms in P V_i and P V_i P V_j of all components from those of the effects.

    Σ θ_i V_i = V and P V P = P, so Σ θ_i form(i) = `total` and Σ θ_i form(i, j) = form(j).

    Args:
        variances: (components,), the residual last.
        total: the form in P V.
        first: (effects,).
        second: (effects, effects).
    """
    effects, e = variances[:-1], variances[-1]
    one = np.append(first, (total - effects @ first) / e)
    beside = (one[:-1] - second @ effects) / e
    last = (one[-1] - effects @ beside) / e
    return one, np.block([[second, beside[:, None]], [beside[None, :], np.array([[last]])]])
