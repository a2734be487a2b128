"""Restricted maximum likelihood for any crossed random effects and weights, in matrices of effects by effects.

`ser.analysis.claims.likelihood` is for two effects of thousands of levels; here are three and their interactions.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ser.analysis.claims.restricted import CrossedFit, Point, fitted_at, point_at, search, with_residual
from ser.errors import ScoresError


def fit_components(values: np.ndarray, weights: np.ndarray, effects: Sequence[np.ndarray]) -> CrossedFit:
    """Fit d = mean + one random effect for each grouping + residual / √weight by restricted maximum likelihood.

    Degrees of freedom are Satterthwaite's, as in `ser.analysis.claims.likelihood.fit_crossed`.

    Args:
        values: (rows,).
        weights: (rows,), above 0.
        effects: for each random effect the (rows,) levels, as codes.

    Raises:
        ScoresError: the components cannot be told apart.

    >>> from ser.analysis.claims.likelihood import fit_crossed
    >>> table = np.array([[0.0, 0.1, 0.2], [0.1, 0.1, 0.4], [0.3, 0.2, 0.3]])
    >>> n = np.array([[9, 8, 9], [9, 5, 9], [9] * 3])
    >>> rows, columns = np.indices(table.shape)
    >>> fitted = fit_components(table.ravel(), n.ravel(), [rows.ravel(), columns.ravel()])
    >>> bool(np.isclose(fitted.df, fit_crossed(table, n).df))
    True
    """
    scale, middle, typical = float(np.std(values)), float(np.mean(values)), float(np.mean(weights))
    designs = [np.eye(codes.max() + 1)[codes] for codes in (np.unique(e, return_inverse=True)[1] for e in effects)]
    y, w = (values - middle) / scale, weights / typical
    columns = np.hstack([*designs, np.ones((len(y), 1)), y[:, None]])
    products = columns.T @ (w[:, None] * columns)
    owner = np.repeat(np.arange(len(designs)), [design.shape[1] for design in designs])
    reason = f"the spread of {len(designs)} random effects and of what is left cannot be told apart from {len(y)} means"
    if len(y) <= len(designs) + 1:
        raise ScoresError(reason)
    likelihood = partial(_likelihood, products=products, owner=owner, log_weights=float(np.log(w).sum()), rows=len(y))
    variances, point = search(likelihood, len(designs) + 1, len(y), reason)
    return fitted_at(variances, point, scale, middle, typical, reason)


def _likelihood(variances: np.ndarray, products: np.ndarray, owner: np.ndarray, log_weights: float, rows: int) -> Point:
    """Return minus twice the restricted log-likelihood with its derivatives, as `likelihood.likelihood` does.

    Args:
        variances: of the effects and the residual, none below 0, the last above.
        products: [Z 1 y]' W [Z 1 y], the weighted products of the effects' columns, of a constant and of the values.
        owner: the effect of each column of Z.
        log_weights: sum of the logarithms of the weights.
        rows: number of values.
    """
    size, count, e = len(owner), len(variances) - 1, variances[-1]
    root = np.sqrt(variances[owner])
    h = products / e
    inner = np.eye(size) + root[:, None] * h[:size, :size] * root
    turned = root[:, None] * h[:size]
    seen = h - turned.T @ np.linalg.solve(inner, turned)  # [Z 1 y]' V⁻¹ [Z 1 y]
    ones, information = seen[:size, size], float(seen[size, size])
    weighted = float(seen[size, size + 1])
    mean = weighted / information
    p_zz = seen[:size, :size] - np.outer(ones, ones) / information
    p_zy = seen[:size, size + 1] - ones * mean
    squares = float(seen[size + 1, size + 1]) - mean * weighted
    members = np.eye(count)[owner].T
    traces = with_residual(variances, rows - 1.0, members @ np.diag(p_zz), members @ p_zz**2 @ members.T)
    one = members @ p_zy**2
    two = members @ (p_zy[:, None] * p_zz * p_zy) @ members.T
    products_of = with_residual(variances, squares, one, two)
    log_determinant = rows * np.log(e) - log_weights + np.linalg.slogdet(inner)[1]
    slopes = members @ ones**2
    deviance = float(log_determinant + np.log(information) + squares)
    return point_at(variances, deviance, traces, products_of, mean, information, slopes)
