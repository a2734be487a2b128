"""The right design where cells are missing: a linear mixed model that uses every score of every seed."""

import numpy as np
import pandas as pd

from ser.analysis import reml
from ser.analysis.design import effect_basis, effect_name, effects, names, require_cells, seeds_by_cells
from ser.errors import ScoresError

FEW = 6
"""Seeds below which the tests are not to be trusted."""


def mixed_model(scores: pd.DataFrame, factors: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the linear mixed model and test every effect.

    All effects of the factors are fixed; the seed is random, and so is its interaction with every effect below the
    highest, which is the residual: in R `lmer(value ~ a * b + (1 | seed) + (1 | seed:a) + (1 | seed:b))`. These are
    the error strata of the repeated-measures analysis, with which it agrees where no cell is missing and no variance
    is 0. Random effects that group the scores alike are one: where no two levels of `a` share a seed, `(1 | seed)` and
    `(1 | seed:a)` are, and where no two trainings do, what is left is `(1 | run)`. Restricted maximum likelihood; F
    tests of marginal means (type III) with Satterthwaite's degrees of freedom.

    Assumes normal random effects; missing scores may depend on the seed and the cell, not on the score itself.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.

    Returns:
        Two tables. The tests, one row an effect: `effect`, `design`, `n_seeds`, `n` (scores), `F`, `df`, `df_error`,
        `p`, `caution` (why the tests are not to be trusted, or ""). The variances, one row a component: `component`
        (random effects that are one are joined by "="), `variance`, `sd`, `share`.

    Raises:
        ScoresError: no factor varies, a cell is empty, there is one seed only, no seed has two scores, or no variance
            can be estimated.

    >>> a, b = [0.61, 0.58, 0.66, 0.60, 0.63, 0.64], [0.63, 0.64, 0.68, 0.61, 0.65]  # seed 5 lacks b
    >>> table = pd.DataFrame({"encoder": ["a"] * 6 + ["b"] * 5, "seed": [*range(6), *range(5)], "value": a + b})
    >>> tests, variances = mixed_model(table, ["encoder"])
    >>> tests[["effect", "n_seeds", "n", "F", "df", "df_error", "p"]].round(3)
        effect  n_seeds   n      F  df  df_error     p
    0  encoder        6  11  8.491   1     4.252  0.04
    """
    table = seeds_by_cells(scores, factors)
    factors = names(table.columns)
    require_cells(table)
    if len(table) < 2:
        raise ScoresError(
            "one seed only: the spread between seeds is unknown, so nothing can be tested; run more seeds"
        )
    strata = _strata(table, factors)
    if len(strata) < 2:
        raise ScoresError("every score is of a seed of its own, so factors is nothing to compare within seeds")
    same = np.array([_same(table.columns, stratum[0]) for stratum in strata])
    fitted = reml.fit(table.to_numpy(), np.eye(table.shape[1]), same)
    tests = []
    for effect in effects(factors):
        f, df, df_error, p = reml.f_test(fitted, effect_basis(table.columns, effect))
        tests.append({"effect": effect_name(effect), "F": f, "df": df, "df_error": df_error, "p": p})
    result = pd.DataFrame(tests)
    result["caution"] = [_caution(table, effect, fitted.variances) for effect in effects(factors)]
    result.insert(1, "design", "mixed model, type III, Satterthwaite")
    result.insert(2, "n_seeds", len(table))
    result.insert(3, "n", int(table.notna().to_numpy().sum()))
    variances = pd.DataFrame(
        {
            "component": [_name(stratum, factors) for stratum in strata],
            "variance": fitted.variances,
            "sd": fitted.variances**0.5,
            "share": fitted.variances / fitted.variances.sum(),
        }
    )
    return result, variances


def _caution(table: pd.DataFrame, effect: tuple[str, ...], variances: np.ndarray) -> str:
    """Return why a test is not to be trusted, or nothing; figures from tests/reference/simulate_mixed.py."""
    if len(table) < FEW:
        return f"fewer than {FEW} seeds: in simulations without an effect up to .14 of the tests had p < .05"
    if len(effect) == table.columns.nlevels > 2 and (variances == 0).any():
        return (
            "a variance is estimated as 0: in simulations without an effect up to .10 of the tests of the highest"
            f" interaction ({effect_name(effect)}) had p < .05"
        )
    return ""


def _strata(table: pd.DataFrame, factors: list[str]) -> list[list[tuple[str, ...]]]:
    """Return the random effects of seeds by cells, the residual last: lists of those that group the scores alike."""
    seeds, cells = np.nonzero(table.notna().to_numpy())
    alike: dict[bytes, list[tuple[str, ...]]] = {}
    for stratum in [(), *effects(factors)]:
        levels = [table.columns.get_level_values(factor)[cells] for factor in stratum]
        groups = pd.DataFrame(dict(enumerate([seeds, *levels])))
        numbers = groups.groupby([*groups.columns], sort=False, observed=True).ngroup().to_numpy()
        alike.setdefault(numbers.tobytes(), []).append(stratum)
    residual = next(strata for strata in alike.values() if tuple(factors) in strata)
    return [*(strata for strata in alike.values() if strata is not residual), [residual[-1]]]


def _name(strata: list[tuple[str, ...]], factors: list[str]) -> str:
    """Return the name of a random effect: "seed", "seed = seed x model", "residual"."""
    if tuple(factors) in strata:
        return "residual"
    return " = ".join(f"seed x {effect_name(stratum)}" if stratum else "seed" for stratum in strata)


def _same(cells: pd.Index, stratum: tuple[str, ...]) -> np.ndarray:
    """Return (cells, cells): 1 where two cells share the levels of every factor of the stratum."""
    same = np.ones((len(cells), len(cells)))
    for factor in stratum:
        levels = cells.get_level_values(factor).to_numpy()
        same *= levels[:, None] == levels[None, :]
    return same
