"""The right design where cells are missing: a linear mixed model that uses every score of every seed."""

import numpy as np
import pandas as pd

from ser.analysis import reml
from ser.analysis.design import effect_basis, effect_name, effects, require_cells, require_varying, wide
from ser.errors import ScoresError


def anova(scores: pd.DataFrame, factors: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the linear mixed model and test every effect.

    All effects of the factors are fixed; the seed is random, and so is its interaction with every effect below the
    highest, which is the residual: in R `lmer(value ~ a * b + (1 | seed) + (1 | seed:a) + (1 | seed:b))`. These are
    the error strata of the repeated-measures analysis, with which it agrees where no cell is missing and no variance
    is 0. Restricted maximum likelihood; F tests of marginal means (type III) with Satterthwaite's degrees of freedom.

    Assumes normal random effects; missing scores may depend on the seed and the cell, not on the score itself.

    Args:
        scores: the table of `ser.analysis.cells.select` without NaN.
        factors: those with one level are left out.

    Returns:
        Two tables. The tests, one row an effect: `effect`, `design`, `n_seeds`, `n` (scores), `F`, `df`, `df_error`,
        `p`. The variances, one row a component: `component`, `variance`, `sd`, `share`.

    Raises:
        ScoresError: no factor varies, a cell is empty, there is one seed only, or no variance can be estimated.
    """
    there = require_varying(scores, factors)
    table = wide(scores, there)
    require_cells(table)
    if len(table) < 2:
        raise ScoresError(
            "one seed only: the spread between seeds is unknown, so nothing can be tested; run more seeds"
        )
    strata = [(), *effects(there)]
    fitted = reml.fit(table.to_numpy(), np.eye(table.shape[1]), np.array([_same(table.columns, s) for s in strata]))
    tests = []
    for effect in effects(there):
        f, df, df_error, p = reml.f_test(fitted, effect_basis(table.columns, effect))
        tests.append({"effect": effect_name(effect), "F": f, "df": df, "df_error": df_error, "p": p})
    result = pd.DataFrame(tests)
    result.insert(1, "design", "mixed model, type III, Satterthwaite")
    result.insert(2, "n_seeds", len(table))
    result.insert(3, "n", int(table.notna().to_numpy().sum()))
    names = ["seed", *(f"seed x {effect_name(effect)}" for effect in effects(there)[:-1]), "residual"]
    total = fitted.variances.sum()
    variances = pd.DataFrame(
        {
            "component": names,
            "variance": fitted.variances,
            "sd": fitted.variances**0.5,
            "share": fitted.variances / total,
        }
    )
    return result, variances


def _same(cells: pd.Index, stratum: tuple[str, ...]) -> np.ndarray:
    """Return (cells, cells): 1 where two cells share the levels of every factor of the stratum."""
    same = np.ones((len(cells), len(cells)))
    for factor in stratum:
        levels = cells.get_level_values(factor).to_numpy()
        same *= levels[:, None] == levels[None, :]
    return same
