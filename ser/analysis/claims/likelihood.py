"""Restricted maximum likelihood for two crossed random effects and weights, at the cost of the smaller of the two.

`ser.analysis.reml` takes independent blocks; seeds and speakers that are crossed are one block of thousands of rows.
Here the speakers' part of the covariance is inverted in closed form, which leaves a matrix of seeds by seeds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

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


def fit_crossed(values: np.ndarray, weights: np.ndarray) -> CrossedFit:
    """Fit d = mean + row effect + column effect + residual / √weight by restricted maximum likelihood.

    Satterthwaite's df = 2 Var² / (g' C g), with g the slope of Var by the variances and C twice the inverse of the
    deviance's matrix of second derivatives: as R's lmerTest (Kuznetsova et al. 2017). Variances at 0 take no part.

    Args:
        values: (rows, columns), NaN where there is none.
        weights: (rows, columns), above 0.

    Raises:
        ScoresError: the components cannot be told apart.

    >>> values = np.array([[0.0, 0.1, 0.2], [0.1, 0.1, 0.4], [0.3, 0.2, np.nan]])
    >>> fitted = fit_crossed(values, np.array([[9, 8, 9], [9, 9, 9], [9, 9, 1]]))
    >>> round(fitted.mean, 3), round(fitted.variance**0.5, 3), round(fitted.df, 2)
    (0.197, 0.084, 1.85)
    """
    if values.shape[0] > values.shape[1]:
        turned = fit_crossed(values.T, weights.T)
        return replace(turned, variances=turned.variances[[1, 0, 2]], parts=turned.parts[[1, 0, 2]])
    met = ~np.isnan(values)
    scale, middle = float(np.std(values[met])), float(np.mean(values[met]))
    typical = float(np.mean(weights[met]))
    y = np.where(met, (values - middle) / scale, 0.0)
    w = np.where(met, weights / typical, 0.0)
    reason = (
        f"the spread of seeds, of speakers and of what is left cannot be told apart from {met.sum()} pairs of a seed"
        " and a speaker; run more seeds, or test on more speakers"
    )
    variances, point = search(partial(likelihood, y=y, w=w, met=met), 3, int(met.sum()), reason)
    return fitted_at(variances, point, scale, middle, typical, reason)


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


def likelihood(variances: np.ndarray, y: np.ndarray, w: np.ndarray, met: np.ndarray) -> Point:
    """Return minus twice the restricted log-likelihood of a constant mean, with its derivatives by the variances.

    With P = V⁻¹ - V⁻¹1(1'V⁻¹1)⁻¹1'V⁻¹ and V_i the covariance of a component at variance 1, the slope is
    tr(P V_i) - y'P V_i P y and the second derivatives are 2 y'P V_i P V_j P y - tr(P V_i P V_j) (Searle et al. 1992).
    Those of the residual follow from P V P = P, so that rows and columns of the table are all that is inverted.

    Args:
        variances: of rows, columns and residual, none below 0, the last above.
        y: (rows, columns), 0 where there is none.
        w: (rows, columns), 0 where there is none.
        met: (rows, columns), where there is one.
    """
    a, b, e = variances
    h = w / e
    column = h.sum(axis=0)
    g = 1 / (1 + b * column)
    # V⁻¹ without the rows' part, seen from rows (aa), from both (ab) and from columns (a diagonal, bb)
    aa, ab, bb = np.diag(h.sum(axis=1)) - (h * (b * g)) @ h.T, h * g, column * g
    hy = (h * y).sum(axis=0)
    ya, yb = (h * y).sum(axis=1) - h @ (b * g * hy), g * hy
    yy = float((h * y * y).sum() - (b * g * hy**2).sum())
    # with it, by Woodbury's identity
    small = np.eye(len(aa)) + a * aa
    inner = a * np.linalg.inv(small)
    turned = aa @ inner
    ones_a, ones_b = ab.sum(axis=1) - turned @ ab.sum(axis=1), bb - ab.T @ (inner @ ab.sum(axis=1))
    information, weighted = float(ones_b.sum()), float((yb - ab.T @ (inner @ ya)).sum())
    mean = weighted / information
    # P: of columns as a diagonal less a product, since there are many
    p_aa = aa - turned @ aa - np.outer(ones_a, ones_a) / information
    p_ab = ab - turned @ ab - np.outer(ones_a, ones_b) / information
    factor = np.vstack([ab, ones_b])
    core = np.zeros((len(factor), len(factor)))
    core[:-1, :-1], core[-1, -1] = inner, 1 / information
    product, less = core @ (factor @ factor.T), ((core @ factor) * factor).sum(axis=0)
    left_a, left_b = ya - turned @ ya - ones_a * mean, yb - ab.T @ (inner @ ya) - ones_b * mean
    squares = yy - float(ya @ inner @ ya) - mean * weighted
    seen = factor @ left_b
    trace_ab, trace_bb = (p_ab**2).sum(), (bb**2).sum() - 2 * (bb * less).sum() + (product * product.T).sum()
    traces = with_residual(
        variances,
        met.sum() - 1,
        np.array([np.trace(p_aa), bb.sum() - np.trace(product)]),
        np.array([[(p_aa**2).sum(), trace_ab], [trace_ab, trace_bb]]),
    )
    form_ab, form_bb = left_a @ p_ab @ left_b, bb @ left_b**2 - seen @ core @ seen
    products = with_residual(
        variances,
        squares,
        np.array([left_a @ left_a, left_b @ left_b]),
        np.array([[left_a @ p_aa @ left_a, form_ab], [form_ab, form_bb]]),
    )
    deviance = -np.log(h[met]).sum() - np.log(g).sum() + np.linalg.slogdet(small)[1] + np.log(information) + squares
    slopes = np.array([ones_a @ ones_a, ones_b @ ones_b])
    slopes = np.append(slopes, (information - variances[:2] @ slopes) / e) / information**2
    return Point(
        float(deviance),
        traces[0] - products[0],
        2 * products[1] - traces[1],
        traces[1],
        mean,
        1 / information,
        slopes,
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
