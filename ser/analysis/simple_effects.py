"""Where an effect sits: each factor's effect at every combination of the others, under three error terms."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg, stats

from ser.analysis.comparisons import PAIRED, POOLED, WELCH, corrected
from ser.analysis.design import names
from ser.analysis.factorial import require_factorial
from ser.analysis.repeated import within_test
from ser.analysis.robust import welch_james


def simple_main_effects(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Test each factor's levels at every combination of the other factors' levels.

    One simple effect has several legitimate F values, so each stands three times, by `error_term`: the variance
    within all cells, pooled (df N - cells); the variances of the cells that are compared (Welch's ANOVA); the seeds'
    own differences (repeated measures over the seeds that have all of these cells, Greenhouse and Geisser's p).

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.

    Returns:
        One row a factor, combination and error term: `factor`, `at`, `error_term`, `n` (scores, or seeds), `F`, `df`,
        `df_error`, `p`, `family`, `p_holm` and `p_bh` (over one factor's rows of one error term); NaN without spread.

    Raises:
        ScoresError: as `ser.analysis.factorial.anova`.

    >>> from ser.analysis.published import rebuild_scores
    >>> table = simple_main_effects(rebuild_scores().query("pretune == 'none'"), ["model", "dataset"])
    >>> table.query("factor == 'model'")[["at", "error_term", "F", "df_error"]].head(3).round(2)
                  at                                error_term       F  df_error
    0  dataset=emovo       within cells, pooled over all cells  167.32    436.00
    1  dataset=emovo  within cells, separate variances (Welch)  111.90    216.27
    2  dataset=emovo        differences between seeds (paired)  114.92    109.00
    """
    table = require_factorial(scores, factors)
    cells, counts = table.columns, table.count()
    df_pooled = int((counts - 1).sum())
    mse = float(((counts - 1) * table.var(ddof=1).fillna(0)).sum() / df_pooled)
    rows = []
    for factor in names(cells):
        others = [name for name in names(cells) if name != factor]
        for levels in product(*(cells.unique(name) for name in others)):
            here = np.ones(len(cells), dtype=bool)
            for name, level in zip(others, levels, strict=True):
                here &= cells.get_level_values(name) == level
            at = ", ".join(f"{name}={level}" for name, level in zip(others, levels, strict=True))
            rows += [{"factor": factor, "at": at} | test for test in _tests(table.loc[:, here], mse, df_pooled)]
    result = pd.DataFrame(rows)
    return result.join(corrected(result, ["factor", "error_term"]))


def _tests(part: pd.DataFrame, mse: float, df_pooled: int) -> list[dict[str, Any]]:
    """Test that the columns of seeds by levels have one mean, under each error term."""
    n, means, variances = part.count().to_numpy(), part.mean().to_numpy(), part.var(ddof=1).to_numpy()
    df = len(n) - 1
    f = float((n * (means - np.average(means, weights=n)) ** 2).sum() / df / mse)
    pooled = {"F": f, "df": df, "df_error": df_pooled, "p": float(stats.f.sf(f, df, df_pooled))}
    contrasts = linalg.helmert(len(n)).T
    welch = {"F": np.nan, "df": df}
    if (n > 1).all() and (variances > (1e-12 * np.abs(means)) ** 2).all():
        welch = dict(zip(("F", "df", "df_error", "p"), welch_james(n, means, variances, contrasts), strict=True))
    complete = part.dropna().to_numpy()
    seeds = {"F": np.nan, "df": df}
    if len(complete) > 1:
        test = within_test(complete @ contrasts, float(np.abs(complete).max()))
        seeds = {"F": test["F"], "df": df, "df_error": test["df_error"], "p": test["p_gg"]}
    return [
        {"error_term": POOLED, "n": int(n.sum())} | pooled,
        {"error_term": WELCH, "n": int(n.sum())} | welch,
        {"error_term": PAIRED, "n": len(complete)} | seeds,
    ]
