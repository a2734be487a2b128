"""Variance components by restricted maximum likelihood, for blocks of scores that share a pattern of covariance.

statsmodels' MixedLM stops early, ends in nonsense where a variance is 0, and gives z tests only; here the blocks are
few distinct patterns, so that the exact likelihood, its gradient and Satterthwaite's degrees of freedom cost little.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from ser.errors import ScoresError

ZERO = 1e-6
"""A variance below this share of the spread within blocks is taken for 0."""

SLACK = 1e-3
"""Slope of the deviance, by the logarithm of a variance, at which the search counts as ended."""


@dataclass(frozen=True)
class Pattern:
    """Blocks whose scores stand in the same places: their number, sums and cross products."""

    blocks: int
    means: np.ndarray  # (places, coefficients), the model of the means
    components: np.ndarray  # (components, places, places), the covariance of each component at variance 1
    total: np.ndarray  # (places,), sum over the blocks
    products: np.ndarray  # (places, places), sum of outer products over the blocks


@dataclass(frozen=True)
class Fit:
    """What the likelihood is maximal at."""

    variances: np.ndarray  # (components,)
    coefficients: np.ndarray  # (coefficients,)
    covariance: np.ndarray  # (coefficients, coefficients)
    covariance_slopes: np.ndarray  # (free components, coefficients, coefficients), by the variances that are not 0
    variances_covariance: np.ndarray  # (free components, free components)


def fit(values: np.ndarray, means: np.ndarray, components: np.ndarray) -> Fit:
    """Fit values = means · coefficients + one random effect a component.

    Args:
        values: (blocks, places), NaN where there is no score; blocks are independent.
        means: (places, coefficients), the fixed part of every block.
        components: (components, places, places), the covariance of each random effect at variance 1; the last is the
            residual, an identity.

    Raises:
        ScoresError: there is no residual variance, the variances cannot be told apart, or the search does not end.
    """
    total, scale = _residual_spread(values, means), _residual_spread(values - _block_means(values), means)
    if total <= 1e-12 * np.nanmax(np.abs(values)):
        raise ScoresError("the scores of a cell do not differ, so no variance can be estimated")
    if scale <= 1e-9 * total:  # one score a block, or blocks without spread
        scale = total
    patterns = _patterns(values / scale, means, components)
    strata = _strata(patterns)
    deviance = _deviance if strata is None else strata.deviance
    variances = _search(lambda variances: deviance(variances, patterns), len(components), (total / scale) ** 2)
    free = np.flatnonzero(variances)
    hessian = _hessian(variances, free, lambda variances: deviance(variances, patterns)[1])
    if not _distinct(hessian):
        raise ScoresError("the variance components cannot be told apart, because too few cells share seeds")
    coefficients, covariance = _coefficients(_inverses(variances, patterns), patterns)
    return Fit(
        variances * scale**2,
        coefficients * scale,
        covariance * scale**2,
        _slopes(variances, free, covariance, patterns),
        2 * np.linalg.inv(hessian) * scale**4,
    )


def f_test(fitted: Fit, contrasts: np.ndarray) -> tuple[float, int, float, float]:
    """Test that contrasts of the coefficients are 0, with Satterthwaite's degrees of freedom.

    Several contrasts at once as Fai and Cornelius (1996), the way of R's lmerTest (Kuznetsova et al. 2017).

    Args:
        fitted: the model.
        contrasts: (coefficients, df), linearly independent.

    Returns:
        F, df, error df, p.
    """
    covariance = contrasts.T @ fitted.covariance @ contrasts
    variances, axes = np.linalg.eigh(covariance)
    turned = contrasts @ axes
    t_squared = (turned.T @ fitted.coefficients) ** 2 / variances
    slopes = np.array([((slope @ turned) * turned).sum(axis=0) for slope in fitted.covariance_slopes]).T
    df_errors = 2 * variances**2 / np.einsum("ik,kl,il->i", slopes, fitted.variances_covariance, slopes)
    df = len(variances)
    if df == 1:
        df_error = float(df_errors[0])
    else:
        expected = float((df_errors / (df_errors - 2))[df_errors > 2].sum())
        df_error = 2 * expected / (expected - df) if expected > df else np.nan
    f = float(t_squared.mean())
    return f, df, df_error, float(stats.f.sf(f, df, df_error))


Deviance = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""From variances to minus twice the restricted log-likelihood and its gradient."""


def _search(deviance_of: Deviance, count: int, between: float) -> np.ndarray:
    """Return the (components,) variances of the largest restricted likelihood, 0 where it falls from there on.

    The first component, that of the blocks, may be many times the others: each is searched for in units of its start.
    """
    start = np.full(count, 1 / count)
    start[0] = max(between, start[0])

    def deviance(units: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = deviance_of(start * units)
        return value, start * gradient

    try:
        with np.errstate(all="ignore"):
            found = optimize.minimize(
                deviance,
                np.ones(count),
                jac=True,
                method="L-BFGS-B",
                bounds=[(0.0, None)] * (count - 1) + [(1e-8, None)],
                options={"maxiter": 1000, "maxfun": 5000, "ftol": 1e-15, "gtol": 1e-7},
            )
    except np.linalg.LinAlgError as error:
        raise ScoresError("the scores leave no residual variance, so no variance can be estimated") from error
    variances = np.where(start * found.x < ZERO, 0.0, start * found.x)
    if variances[-1] == 0 or not np.isfinite(found.fun):
        raise ScoresError("the scores leave no residual variance, so no variance can be estimated")
    if np.abs(found.jac * found.x)[variances > 0].max() > SLACK:
        raise ScoresError("the search for the variance components did not end")
    return variances


def _distinct(hessian: np.ndarray) -> bool:
    """Say whether the likelihood is curved in every direction, each variance measured in its own unit."""
    curvatures = np.diag(hessian)
    if not (curvatures > 0).all():
        return False
    return bool(np.linalg.eigvalsh(hessian / np.sqrt(np.outer(curvatures, curvatures)))[0] > 1e-6)


def _block_means(values: np.ndarray) -> np.ndarray:
    """Return the (blocks, 1) means of what the means of the places leave; NaN in a block without a score."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values - np.nanmean(values, axis=0), axis=1, keepdims=True)


def _residual_spread(values: np.ndarray, means: np.ndarray) -> float:
    """Return the root mean square of what least squares leave."""
    present = ~np.isnan(values)
    fixed = np.broadcast_to(means, (len(values), *means.shape))[present]
    left = values[present] - fixed @ np.linalg.lstsq(fixed, values[present])[0]
    return float(np.sqrt(np.mean(left**2)))


def _patterns(values: np.ndarray, means: np.ndarray, components: np.ndarray) -> list[Pattern]:
    present, which = np.unique(~np.isnan(values), axis=0, return_inverse=True)
    patterns = []
    for index, mask in enumerate(present):
        if mask.any():
            block = values[which == index][:, mask]
            patterns.append(
                Pattern(len(block), means[mask], components[:, mask][:, :, mask], block.sum(axis=0), block.T @ block)
            )
    return patterns


def _inverses(variances: np.ndarray, patterns: list[Pattern]) -> list[np.ndarray]:
    return [np.linalg.inv(np.tensordot(variances, pattern.components, 1)) for pattern in patterns]


def _coefficients(inverses: list[np.ndarray], patterns: list[Pattern]) -> tuple[np.ndarray, np.ndarray]:
    """Return the generalised least squares estimate and its covariance."""
    pairs = list(zip(patterns, inverses, strict=True))
    covariance = np.linalg.inv(sum(p.blocks * p.means.T @ inverse @ p.means for p, inverse in pairs))
    return covariance @ sum(p.means.T @ inverse @ p.total for p, inverse in pairs), covariance


def _deviance(variances: np.ndarray, patterns: list[Pattern]) -> tuple[float, np.ndarray]:
    """Return minus twice the restricted log-likelihood, and its gradient.

    With R the sum of the outer products of what a pattern's n blocks leave, A the covariance of its fitted means and C
    the covariance of a component: the gradient is the sum over C of n V⁻¹ - V⁻¹ (R + n A) V⁻¹, weighted by C.
    """
    inverses = _inverses(variances, patterns)
    coefficients, covariance = _coefficients(inverses, patterns)
    deviance = -float(np.linalg.slogdet(covariance)[1])
    gradient = np.zeros(len(variances))
    for p, inverse in zip(patterns, inverses, strict=True):
        residuals = _residuals(p, p.means @ coefficients)
        deviance += float(np.sum(inverse * residuals) - p.blocks * np.linalg.slogdet(inverse)[1])
        known = residuals + p.blocks * p.means @ covariance @ p.means.T
        gradient += np.tensordot(p.components, p.blocks * inverse - inverse @ known @ inverse, 2)
    return deviance, gradient


def _residuals(pattern: Pattern, fitted: np.ndarray) -> np.ndarray:
    """Return (places, places), the sum over the blocks of the outer products of what the fitted means leave."""
    crossed = np.outer(pattern.total, fitted)
    return pattern.products - crossed - crossed.T + pattern.blocks * np.outer(fitted, fitted)


def _slopes(variances: np.ndarray, free: np.ndarray, covariance: np.ndarray, patterns: list[Pattern]) -> np.ndarray:
    """Return the slopes of the covariance of the coefficients by the variances that are not 0."""
    slopes = np.zeros((len(free), *covariance.shape))
    for p, inverse in zip(patterns, _inverses(variances, patterns), strict=True):
        turned = inverse @ p.means @ covariance
        slopes += p.blocks * np.array([turned.T @ component @ turned for component in p.components[free]])
    return slopes


@dataclass(frozen=True)
class Strata:
    """Blocks without a gap whose means are free: all covariances share their directions, the error strata."""

    levels: np.ndarray  # (components, directions), the variance along each direction at variance 1
    squares: np.ndarray  # (directions,), sums of squares of what the means of the places leave
    df: int  # of each direction

    def deviance(self, variances: np.ndarray, patterns: list[Pattern]) -> tuple[float, np.ndarray]:
        """Return what `_deviance` does, but for a constant, at the cost of a sum over the directions."""
        spread = variances @ self.levels
        if not (spread > 0).all():
            raise np.linalg.LinAlgError("no variance along a direction")
        deviance = float((self.df * np.log(spread) + self.squares / spread).sum())
        return deviance, self.levels @ (self.df / spread - self.squares / spread**2)


def _strata(patterns: list[Pattern]) -> Strata | None:
    """Return the error strata of blocks without a gap; None where places lack scores or means are not free."""
    pattern, *others = patterns
    if others or not np.array_equal(pattern.means, np.eye(len(pattern.means))):
        return None
    mixed = np.tensordot(np.modf(np.arange(1, len(pattern.components) + 1) * 0.618034)[0] + 1, pattern.components, 1)
    directions = np.linalg.eigh(mixed)[1]
    turned = pattern.components @ directions
    levels = (turned * directions).sum(axis=1)
    if np.abs(turned - directions * levels[:, None]).max() > 1e-8 * np.abs(levels).max():
        return None
    residuals = _residuals(pattern, pattern.total / pattern.blocks)
    squares = ((residuals @ directions) * directions).sum(axis=0)
    return Strata(levels, squares, pattern.blocks - 1)


def _hessian(variances: np.ndarray, free: np.ndarray, gradient: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Differentiate the gradient numerically by the variances that are not 0."""
    rows = []
    for component in free:
        step = np.zeros(len(variances))
        step[component] = 1e-4 * variances[component]
        ahead, behind = (gradient(variances + sign * step) for sign in (1, -1))
        rows.append((ahead - behind)[free] / (2 * step[component]))
    hessian = np.array(rows)
    return (hessian + hessian.T) / 2
