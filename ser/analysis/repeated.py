"""The right design: every cell of one seed shares a split, so the cells are compared within seeds."""

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.design import complete_seeds, effect_basis, effect_name, effects, names, seeds_by_cells
from ser.analysis.effect_sizes import eta_squared_limits, partial_eta_squared


def repeated_measures(scores: pd.DataFrame, factors: list[str], confidence: float = 0.90) -> pd.DataFrame:
    """Run the repeated-measures analysis of variance with the seed as subject and all factors within seeds.

    Each effect is tested against its own interaction with the seed. With Z the seeds' scores on the effect's
    orthonormal contrasts (seeds n, df): SS = n |mean Z|², error SS = Σ |Z - mean Z|², and Greenhouse and Geisser's
    epsilon tr(S)² / (df tr(S²)) from their covariance S. (pingouin has two within factors at most, statsmodels' AnovaRM
    no correction for sphericity.)

    Assumes that the seeds' contrast scores are normal, and spherical where `p` is read; `p_gg` does without.
    Only seeds with a score in every cell count: `n_seeds`, of `n_seeds_all`.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.
        confidence: coverage of the interval of partial eta squared.

    Returns:
        One row an effect: `effect`, `design`, `n_seeds`, `n_seeds_all`, `sum_of_squares`, `error_sum_of_squares`, `df`,
        `df_error`, `F`, `p`, `epsilon`, `p_gg` (the degrees of freedom times epsilon), `partial_eta_squared` with
        `_low` and `_high`, `generalized_eta_squared` (Olejnik and Algina 2003, all factors manipulated). An effect that
        is the same in every seed has no error term: its F, p and sizes are NaN.

    Raises:
        ScoresError: no factor varies, the scores are constant, or fewer than two seeds are complete.

    >>> table = pd.DataFrame({"encoder": list("aabbcc"), "seed": [0, 1] * 3, "value": [0.5, 0.6, 0.6, 0.7, 0.62, 0.73]})
    >>> repeated_measures(table, ["encoder"])[["effect", "n_seeds", "df", "df_error", "F", "p", "epsilon"]].round(3)
        effect  n_seeds  df  df_error      F      p  epsilon
    0  encoder        2   2         2  525.0  0.002      0.5
    """
    table = seeds_by_cells(scores, factors)
    complete = complete_seeds(table)
    values = complete.to_numpy()
    cells = complete.columns
    seeds_squares = values.shape[1] * float(np.var(values.mean(axis=1)) * len(values))
    rows = []
    for effect in effects(names(cells)):
        test = within_test(values @ effect_basis(cells, effect), float(np.abs(values).max()))
        f, df, df_error = test["F"], test["df"], test["df_error"]
        low, high = eta_squared_limits(f, df, df_error, confidence) if np.isfinite(f) else (np.nan, np.nan)
        eta = {"partial_eta_squared": partial_eta_squared(f, df, df_error)}
        eta |= {"partial_eta_squared_low": low, "partial_eta_squared_high": high}
        rows.append({"effect": effect_name(effect), **test, **eta})
    result = pd.DataFrame(rows)
    all_error = result["error_sum_of_squares"].sum() + seeds_squares
    result["generalized_eta_squared"] = result["sum_of_squares"] / (result["sum_of_squares"] + all_error)
    result.insert(1, "design", "within seeds, effect x seed as error")
    result.insert(2, "n_seeds", len(complete))
    result.insert(3, "n_seeds_all", len(table))
    return result


def within_test(contrasts: np.ndarray, scale: float) -> dict[str, float]:
    """Test that the mean of the seeds' contrast scores is 0.

    Args:
        contrasts: (seeds, df), scores on orthonormal contrasts.
        scale: the largest score; differences below a 1e-12th of it are rounding.

    Returns:
        `sum_of_squares`, `error_sum_of_squares`, `df`, `df_error`, `F`, `p`, `epsilon` and `p_gg`; F, p, epsilon and
        p_gg are NaN where the seeds do not differ.

    >>> test = within_test(np.array([[0.1], [0.2], [0.3]]), scale=1.0)  # a paired t-test, t = 2√3
    >>> round(test["F"], 6), test["df"], test["df_error"]
    (12.0, 1, 2)
    """
    n, df = contrasts.shape
    mean = contrasts.mean(axis=0)
    deviations = contrasts - mean
    squares, error = n * float(mean @ mean), float((deviations**2).sum())
    result = {"sum_of_squares": squares, "error_sum_of_squares": error, "df": df, "df_error": df * (n - 1)}
    if error <= n * (1e-12 * scale) ** 2:
        return result | dict.fromkeys(("F", "p", "epsilon", "p_gg"), np.nan)
    f = (squares / df) / (error / result["df_error"])
    covariance = deviations.T @ deviations
    epsilon = float(np.trace(covariance) ** 2 / (df * (covariance**2).sum()))
    return result | {
        "F": f,
        "p": float(stats.f.sf(f, df, result["df_error"])),
        "epsilon": epsilon,
        "p_gg": float(stats.f.sf(f, df * epsilon, result["df_error"] * epsilon)),
    }
