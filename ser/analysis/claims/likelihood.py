"""Restricted maximum likelihood for two crossed random effects and weights, at the cost of the smaller of the two.

`ser.analysis.reml` takes independent blocks; seeds and speakers that are crossed are one block of thousands of rows.
Here the speakers' part of the covariance is inverted in closed form, which leaves a matrix of seeds by seeds.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from ser.analysis.claims.restricted import CrossedFit, Point, fitted_at, point_at, search, with_residual


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
    return point_at(variances, deviance, traces, products, mean, information, slopes)
