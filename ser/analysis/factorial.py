"""The published design: an analysis of variance that takes every score for independent of the others."""

import warnings

import pandas as pd
import pingouin as pg
import statsmodels.formula.api  # noqa: F401  pingouin's anova would import it when it is called

from ser.analysis.design import effect_name, effects, names, require_cells, require_replicates, seeds_by_cells, tidy
from ser.analysis.effect_sizes import (
    eta_squared_limits,
    omega_squared_limits,
    partial_eta_squared,
    partial_omega_squared,
)
from ser.errors import ScoresError


def anova(scores: pd.DataFrame, factors: list[str], typ: int = 2, confidence: float = 0.90) -> pd.DataFrame:
    """Run the n-way between-groups analysis of variance.

    Assumes independent scores, normal within cells, with one variance; `ser.analysis.assumptions` tests the last two,
    the first does not hold where one seed has a score in several cells (see `ser.analysis.repeated`).

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`); cells may differ in size, none may be empty.
        factors: those with one level are left out.
        typ: sums of squares of type 2 or 3 (of sum-coded factors); they agree where the cells are of one size.
        confidence: coverage of the intervals of the effect sizes.

    Returns:
        One row an effect, main effects first, and a last one "residual": `effect`, `design`, `n` (scores),
        `sum_of_squares`, `df`, `df_error`, `F`, `p`, `partial_eta_squared` and `partial_omega_squared`, each with
        `_low` and `_high`.

    Raises:
        ScoresError: no factor varies, a cell is empty, no cell has two scores, or the scores of no cell differ.

    >>> from ser.analysis.published import rebuild_scores
    >>> table = anova(rebuild_scores(), ["model", "pretune", "dataset"])  # of the published experiment
    >>> table[["effect", "df", "df_error", "F"]].head(3).round(2)
        effect  df  df_error         F
    0    model   1     872.0    432.09
    1  pretune   1     872.0      7.60
    2  dataset   1     872.0  15003.30
    """
    scores = tidy(scores, factors)
    table = require_factorial(scores, factors)
    factors = names(table.columns)
    # a formula would read names as code, and drop the scores of a level named "nan"
    plain = {f"factor{i}": scores[factor].cat.codes.map("level{}".format) for i, factor in enumerate(factors)}
    with warnings.catch_warnings():  # pingouin 0.7 calls pandas in a way that pandas 3.1 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        data = pd.DataFrame(plain | {"value": scores["value"]})
        result = pg.anova(data, dv="value", between=list(plain), ss_type=typ, detailed=True)
    sources = dict(zip((" * ".join(parts) for parts in effects(list(plain))), effects(factors), strict=True))
    df_error = float(result["DF"].iloc[-1])
    if df_error != len(scores) - table.shape[1]:
        raise ScoresError(f"the analysis of variance used {df_error:g} + {table.shape[1]} of {len(scores)} scores")
    rows = []
    for source, squares, df, f, p in zip(*(result[c] for c in ("Source", "SS", "DF", "F", "p_unc")), strict=True):
        row = {"effect": effect_name(sources.get(source, ("residual",))), "sum_of_squares": squares, "df": int(df)}
        if pd.notna(f):
            f = max(f, 0.0)  # a sum of squares of 0 may be rounded to below it
            row |= {"df_error": int(df_error), "F": f, "p": p} | _sizes(f, df, df_error, len(scores), confidence)
        rows.append(row)
    table = pd.DataFrame(rows)
    table.insert(1, "design", f"between groups, type {'I' * typ}")
    table.insert(2, "n", len(scores))
    return table


def require_factorial(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Return the scores as seeds by cells of the factors that vary, or say why their effects cannot be estimated.

    Raises:
        ScoresError: as for `anova`.

    >>> from ser.analysis.published import rebuild_scores
    >>> require_factorial(rebuild_scores(), ["model", "pretune", "dataset"]).shape  # seeds, cells
    (110, 8)
    """
    table = seeds_by_cells(scores, factors)
    require_cells(table)
    require_replicates(table)
    if (table.max() == table.min()).all():
        raise ScoresError("every score equals its cell's mean: no spread within cells, so nothing can be tested")
    return table


def _sizes(f: float, df: float, df_error: float, n: int, confidence: float) -> dict[str, float]:
    eta, omega = eta_squared_limits(f, df, df_error, confidence), omega_squared_limits(f, df, df_error, n, confidence)
    return {
        "partial_eta_squared": partial_eta_squared(f, df, df_error),
        "partial_eta_squared_low": eta[0],
        "partial_eta_squared_high": eta[1],
        "partial_omega_squared": partial_omega_squared(f, df, n),
        "partial_omega_squared_low": omega[0],
        "partial_omega_squared_high": omega[1],
    }
