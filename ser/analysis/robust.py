"""The same effects with fewer assumptions: variances may differ (Welch, James), or scores need not be normal."""

from itertools import count, product

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.design import cell_names, complete_seeds, effect_basis, effect_name, effects, names
from ser.analysis.factorial import require_factorial
from ser.analysis.repeated import within_test
from ser.errors import ScoresError

PERMUTATIONS = 4999
"""Random orders or sign flips of a test; the smallest p is 1 / (PERMUTATIONS + 1)."""

ENUMERATED = 12
"""Up to so many seeds every pattern of signs is counted, so p is exact."""

CHUNK = 500


def between(scores: pd.DataFrame, factors: list[str], permutations: int = PERMUTATIONS, seed: int = 0) -> pd.DataFrame:
    """Test every effect between groups without equal variances (Welch and James), or without normality (permutation).

    Welch and James: see `welch_james`; it takes scores as normal. Permutation: what the model without the effect leaves
    is permuted over all scores and F computed anew (Freedman and Lane 1983), which takes errors as exchangeable, so of
    one variance, but not as normal; exact for one factor. Both test equally weighted cell means (type III).

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.
        permutations: how many.
        seed: of the permutations.

    Returns:
        One row an effect: `effect`, `welch_F`, `df`, `welch_df_error`, `p_welch`, `F`, `p_permutation`.

    Raises:
        ScoresError: as `ser.analysis.factorial.anova`, or a cell has one score only, or none of its scores differ.

    >>> table = pd.DataFrame({"encoder": list("aaaabbbb"), "seed": range(8), "value": [5, 6, 7, 8, 7, 9, 11, 14]})
    >>> between(table, ["encoder"], permutations=999).drop(columns="df").round(3)
        effect  welch_F  welch_df_error  p_welch      F  p_permutation
    0  encoder    5.315           4.084    0.081  5.315          0.081
    """
    table = require_factorial(scores, factors)
    n, means, variances = table.count().to_numpy(), table.mean().to_numpy(), table.var(ddof=1).to_numpy()
    spread = (n > 1) & (variances > (1e-12 * np.abs(means)) ** 2)
    flat = cell_names(table.columns[~spread])
    if flat:
        raise ScoresError(f"no spread within {'; '.join(flat)}: unequal variances cannot be allowed for")
    permuted = _permute(table, n, means, permutations, seed)
    rows = []
    for effect in effects(names(table.columns)):
        welch = welch_james(n, means, variances, effect_basis(table.columns, effect))
        named = dict(zip(("welch_F", "df", "welch_df_error", "p_welch"), welch, strict=True))
        rows.append({"effect": effect_name(effect), **named, **permuted[effect]})
    return pd.DataFrame(rows)


def within(scores: pd.DataFrame, factors: list[str], permutations: int = PERMUTATIONS, seed: int = 0) -> pd.DataFrame:
    """Test every effect within seeds by flipping the signs of whole seeds.

    Under no effect a seed's contrast scores are as likely as their negatives (symmetry, no normality, no sphericity);
    exact for effects of one degree of freedom. Up to `ENUMERATED` seeds all 2ⁿ patterns of signs are counted, above
    that `permutations` random ones and the observed one. No p is below 2 / 2ⁿ: with 5 seeds or fewer p < .05 is
    impossible.

    Returns:
        One row an effect: `effect`, `n_seeds`, `patterns` (of signs), `F`, `p_sign_flip`, `p_smallest` (that can come
        out at all).

    Raises:
        ScoresError: no factor varies, the scores are constant, or fewer than two seeds are complete.

    >>> table = pd.DataFrame({"encoder": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": [5, 6, 7, 6, 8, 10]})
    >>> within(table, ["encoder"]).round(3)  # three seeds cannot do better than .25
        effect  n_seeds  patterns     F  p_sign_flip  p_smallest
    0  encoder        3         8  12.0         0.25        0.25
    """
    complete = complete_seeds(require_factorial(scores, factors))
    n, values = len(complete), complete.to_numpy()
    signs = _signs(n, permutations, seed)
    smallest = (2 if n <= ENUMERATED else 1) / len(signs)
    rows = []
    for effect in effects(names(complete.columns)):
        contrasts = values @ effect_basis(complete.columns, effect)
        explained = ((signs @ contrasts) ** 2).sum(
            axis=1
        )  # the rest of the seeds' squares is error, whatever the signs
        tested = float((contrasts**2).sum()) > n * (1e-12 * np.abs(values).max()) ** 2
        p = float((explained >= explained[0] * (1 - 1e-12)).mean()) if tested else np.nan
        row = {"effect": effect_name(effect), "n_seeds": n, "patterns": len(signs)}
        f = within_test(contrasts, float(np.abs(values).max()))["F"]
        rows.append(row | {"F": f, "p_sign_flip": p, "p_smallest": smallest})
    return pd.DataFrame(rows)


def seeds_for(alpha: float) -> int:
    """Return the seeds from which on sign flips can give p < alpha: 2 / 2ⁿ < alpha.

    >>> seeds_for(0.05)
    6
    """
    return next(n for n in count(2) if 2 / 2**n < alpha)


def _signs(seeds: int, permutations: int, seed: int) -> np.ndarray:
    """Return (patterns, seeds) signs, the observed ones first: all there are, or random ones."""
    if seeds <= ENUMERATED:
        return np.array(list(product((1.0, -1.0), repeat=seeds)))
    random = np.random.default_rng(seed).choice((-1.0, 1.0), (permutations, seeds))
    return np.vstack([np.ones(seeds), random])


def welch_james(
    n: np.ndarray, means: np.ndarray, variances: np.ndarray, basis: np.ndarray
) -> tuple[float, int, float, float]:
    """Test contrasts of cell means, each cell with its own variance (Johansen 1980; Welch's ANOVA for one factor).

    T = mᵀC (Cᵀ S C)⁻¹ Cᵀm with S = diag(s² / n); F = T / c with c = df + 2A - 6A / (df + 2) and df (df + 2) / 3A error
    degrees of freedom, where A = Σ (Qᵢᵢ sᵢ² / nᵢ)² / (nᵢ - 1) and Q = C (Cᵀ S C)⁻¹ Cᵀ.

    Args:
        n: (cells,), two at least.
        means: (cells,).
        variances: (cells,), above 0.
        basis: (cells, df), contrasts.

    Returns:
        F, df, error df, p.

    >>> n, means, variances = np.array([5, 8]), np.array([1.0, 2.0]), np.array([1.0, 4.0])  # Welch's t, squared
    >>> f, df, df_error, p = welch_james(n, means, variances, np.array([[1.0], [-1.0]]))
    >>> round(f, 4), df, round(df_error, 2)
    (1.4286, 1, 10.72)
    """
    squared_errors = variances / n
    df = basis.shape[1]
    middle = basis @ np.linalg.inv(basis.T @ (squared_errors[:, None] * basis)) @ basis.T
    statistic = float(means @ middle @ means)
    leverage = np.diag(middle) * squared_errors
    a = float((leverage**2 / (n - 1)).sum())
    df_error = df * (df + 2) / (3 * a)
    f = statistic / (df + 2 * a - 6 * a / (df + 2))
    return f, df, df_error, float(stats.f.sf(f, df, df_error))


def _permute(
    table: pd.DataFrame, n: np.ndarray, means: np.ndarray, permutations: int, seed: int
) -> dict[tuple[str, ...], dict[str, float]]:
    """Return F and its permutation p of every effect of seeds by cells."""
    present = ~np.isnan(table.to_numpy())
    scores, cell = table.to_numpy()[present], np.nonzero(present)[1]
    by_cell, first = np.argsort(cell, kind="stable"), np.concatenate([[0], np.cumsum(n)[:-1]])
    bases = {effect: effect_basis(table.columns, effect) for effect in effects(names(table.columns))}
    # what a model without the effect leaves, its cell means being the nearest to the observed that have no such effect
    left = {
        effect: scores - (means - basis @ np.linalg.solve(basis.T @ (basis / n[:, None]), basis.T @ means) / n)[cell]
        for effect, basis in bases.items()
    }
    observed = {
        effect: _f(_means(left[effect][None, by_cell], first, n), basis, n, left[effect])[0]
        for effect, basis in bases.items()
    }
    exceeded = dict.fromkeys(bases, 0)
    random = np.random.default_rng(seed)
    for start in range(0, permutations, CHUNK):
        order = random.permuted(np.tile(np.arange(len(cell)), (min(CHUNK, permutations - start), 1)), axis=1)
        order = order[:, by_cell]
        for effect, basis in bases.items():
            f = _f(_means(left[effect][order], first, n), basis, n, left[effect])
            exceeded[effect] += int((f >= observed[effect] * (1 - 1e-12)).sum())
    return {
        effect: {"F": float(observed[effect]), "p_permutation": (1 + exceeded[effect]) / (1 + permutations)}
        for effect in bases
    }


def _means(scores: np.ndarray, first: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return (samples, cells) means of (samples, scores) that are sorted by cell, from the position of its first."""
    return np.add.reduceat(scores, first, axis=1) / n


def _f(means: np.ndarray, basis: np.ndarray, n: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return (samples,) F of an effect from (samples, cells) means of orders of the same (scores,)."""
    contrasts = means @ basis
    explained = np.einsum("sd,de,se->s", contrasts, np.linalg.inv(basis.T @ (basis / n[:, None])), contrasts)
    within_cells = (scores**2).sum() - (n * means**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # an order may leave no spread within cells
        return explained / basis.shape[1] / (within_cells / (len(scores) - len(n)))
