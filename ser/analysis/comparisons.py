"""Tests of contrasts under three error terms, named in the table: between seeds, pooled over cells, cell by cell."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import special

from ser.analysis import standardised
from ser.analysis.contrasts import Contrast, all_contrasts
from ser.analysis.design import seeds_by_cells
from ser.errors import ScoresError

PAIRED = "differences between seeds (paired)"
POOLED = "within cells, pooled over all cells"
WELCH = "within cells, separate variances (Welch)"
"""The error terms, as they stand in the tables."""

COLUMNS = ("kind", "factor", "contrast", "at", "error_term", "n", "estimate", "se", "ci_low", "ci_high", "t", "df", "p")


def paired_contrasts(scores: pd.DataFrame, factors: list[str], confidence: float = 0.95) -> pd.DataFrame:
    """Test all main, simple and interaction contrasts within seeds, as `by_seed`.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: its columns that make a cell.
        confidence: coverage of the intervals.

    Raises:
        ScoresError: no factor varies, or every score is the same.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("pretune == 'none' and seed < 20")
    >>> paired_contrasts(scores, ["model", "dataset"])[["kind", "contrast", "estimate", "p"]].tail(3).round(3)
              kind                                        contrast  estimate      p
    4       simple                          emozionalmente - emovo     0.250  0.000
    5       simple                          emozionalmente - emovo     0.207  0.000
    6  interaction  (wav2vec2 - hubert) x (emozionalmente - emovo)    -0.043  0.013
    """
    table = seeds_by_cells(scores, factors)
    return by_seed(table, all_contrasts(table.columns), confidence)


def welch_contrasts(scores: pd.DataFrame, factors: list[str], confidence: float = 0.95) -> pd.DataFrame:
    """Test all main, simple and interaction contrasts with scores taken as independent, as `per_cell`.

    Arguments and errors are those of `paired_contrasts`.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("pretune == 'none'")
    >>> welch_contrasts(scores, ["model", "dataset"])[["contrast", "estimate", "df", "g"]].iloc[2:4].round(2)
                contrast  estimate      df     g
    2  wav2vec2 - hubert      0.05  216.27  1.42
    3  wav2vec2 - hubert      0.02  216.80  1.03
    """
    table = seeds_by_cells(scores, factors)
    return per_cell(table, all_contrasts(table.columns), confidence)


def by_seed(table: pd.DataFrame, contrasts: Sequence[Contrast], confidence: float = 0.95) -> pd.DataFrame:
    """Test each contrast on the seeds' own contrast scores: the paired t-test, and its generalisation.

    Args:
        table: seeds by cells, as `ser.analysis.design.wide` returns it.
        contrasts: over its columns.
        confidence: coverage of the intervals.

    Returns:
        One row a contrast: `kind`, `factor`, `contrast`, `at`, `error_term`, `n` (the seeds with a score in every
        cell of the contrast), `estimate`, `se`, `ci_low`, `ci_high`, `t`, `df`, `p`, `p_holm` and `p_bh` (over the
        `family` of rows of one kind and factor), `d_z` with its interval from the noncentral t (`_low` and `_high`),
        `superiority` (share of seeds above 0), `log10_bf`. What cannot be computed, from fewer than two seeds or
        without spread, is NaN.

    >>> scores = pd.DataFrame({"encoder": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": [1, 2, 4, 2, 3, 6]})
    >>> table = seeds_by_cells(scores, ["encoder"])
    >>> by_seed(table, all_contrasts(table.columns))[["contrast", "n", "estimate", "t", "df", "p"]].round(3)
      contrast  n  estimate    t  df      p
    0    b - a  3     1.333  4.0   2  0.057
    """
    values = table.to_numpy()
    rows = []
    for contrast in contrasts:
        involved = contrast.weights != 0
        scores = values[:, involved] @ contrast.weights[involved]
        scores = scores[~np.isnan(scores)]
        n = len(scores)
        row = _start(contrast, PAIRED, n, scores.mean() if n else np.nan)
        if n > 1:
            spread = scores.std(ddof=1) if np.ptp(scores) > 1e-12 * np.nanmax(np.abs(values)) else 0.0
            row |= _t_test(row["estimate"], spread / n**0.5, n - 1, confidence)
            row["superiority"] = standardised.paired_superiority(scores)
            if spread > 0:
                low, high = standardised.paired_d_limits(row["t"], n, confidence)
                row |= {"d_z": float(standardised.paired_d(scores)), "d_z_low": low, "d_z_high": high}
                row["log10_bf"] = standardised.log10_bayes_factor(row["t"], n - 1, n)
        rows.append(row)
    return _finish(rows, ("d_z", "d_z_low", "d_z_high", "superiority", "log10_bf"))


def pooled(table: pd.DataFrame, contrasts: Sequence[Contrast], confidence: float = 0.95) -> pd.DataFrame:
    """Test each contrast of cell means against the variance within all cells: independent scores, one variance.

    t = Σ w mean / √(MSE Σ w² / n), with N - cells degrees of freedom.

    Returns:
        As `by_seed`, with `n` the scores of the contrast's cells, and Hedges' `g` over √MSE instead of the last
        columns.

    >>> scores = pd.DataFrame({"encoder": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": [1, 2, 4, 2, 3, 6]})
    >>> table = seeds_by_cells(scores, ["encoder"])
    >>> pooled(table, all_contrasts(table.columns))[["contrast", "n", "estimate", "t", "df", "p"]].round(3)
      contrast  n  estimate      t   df      p
    0    b - a  6     1.333  0.894  4.0  0.422
    """
    n, means, variances = _moments(table)
    df = float((n - 1).clip(min=0).sum())
    mse = float(np.nansum((n - 1) * variances) / df) if df else np.nan
    rows = []
    for contrast in contrasts:
        present = contrast.weights != 0
        w, n_w = contrast.weights[present], n[present]
        row = _start(contrast, POOLED, int(n_w.sum()), float(means[present] @ w))
        if df and n_w.all():
            row |= _t_test(row["estimate"], float(mse * (w**2 / n_w).sum()) ** 0.5, df, confidence)
            row["g"] = standardised.small_sample_correction(df) * row["estimate"] / mse**0.5 if mse > 0 else np.nan
        rows.append(row)
    return _finish(rows, ("g",))


def per_cell(table: pd.DataFrame, contrasts: Sequence[Contrast], confidence: float = 0.95) -> pd.DataFrame:
    """Test each contrast of cell means with every cell's own variance: Welch's t-test, and its generalisation.

    t = Σ w mean / √(Σ w² s² / n), with Satterthwaite's degrees of freedom.

    Returns:
        As `by_seed`, with `n` the scores of the contrast's cells; for the difference of two cells Hedges' `g` over
        the SD of the two with its interval from the noncentral t, and `superiority` over all pairs of scores, instead
        of the last columns.

    >>> scores = pd.DataFrame({"encoder": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": [1, 2, 4, 2, 3, 6]})
    >>> table = seeds_by_cells(scores, ["encoder"])
    >>> per_cell(table, all_contrasts(table.columns))[["contrast", "n", "estimate", "t", "df", "p"]].round(3)
      contrast  n  estimate      t    df      p
    0    b - a  6     1.333  0.894  3.67  0.426
    """
    n, means, variances = _moments(table)
    rows = []
    for contrast in contrasts:
        present = contrast.weights != 0
        w, n_w = contrast.weights[present], n[present]
        row = _start(contrast, WELCH, int(n_w.sum()), float(means[present] @ w))
        if (n_w > 1).all():
            parts = w**2 * variances[present] / n_w
            squared_error = float(parts.sum())
            df = squared_error**2 / float((parts**2 / (n_w - 1)).sum()) if squared_error else np.nan
            row |= _t_test(row["estimate"], squared_error**0.5, df, confidence)
            if len(w) == 2 and squared_error:
                places = (contrast.weights.argmax(), contrast.weights.argmin())
                a, b = (values[~np.isnan(values)] for values in table.to_numpy().T[list(places)])
                low, high = standardised.hedges_g_limits(a, b, confidence)
                row |= {"g": float(standardised.hedges_g(a, b)), "g_low": low, "g_high": high}
                row["superiority"] = standardised.superiority(a, b)
        rows.append(row)
    return _finish(rows, ("g", "g_low", "g_high", "superiority"))


def corrected(tests: pd.DataFrame, family: list[str], p: str = "p") -> pd.DataFrame:
    """Correct the p values of each family of tests; NaN is no test.

    Args:
        tests: one row a test.
        family: the columns whose values name a family.
        p: the column of the p values.

    Returns:
        `family` (how many tests), `p_holm` (Holm 1979), `p_bh` (Benjamini and Hochberg 1995), in the order of the rows.

    >>> corrected(pd.DataFrame({"family": "a", "p": [0.01, 0.04, 0.03]}), ["family"])
       family  p_holm  p_bh
    0       3    0.03  0.03
    1       3    0.06  0.04
    2       3    0.06  0.04
    """
    result = np.full((len(tests), 3), np.nan)
    values = tests[p].to_numpy(dtype=float)
    for rows in tests.groupby(family).indices.values():
        result[rows, 0] = np.isfinite(values[rows]).sum()
        result[rows, 1] = pg.multicomp(values[rows], method="holm")[1]
        result[rows, 2] = pg.multicomp(values[rows], method="fdr_bh")[1]
    return pd.DataFrame(result, tests.index, ["family", "p_holm", "p_bh"]).astype({"family": int})


def require_two_seeds(tests: pd.DataFrame) -> None:
    """Refuse tests within seeds of which none has two seeds.

    Args:
        tests: the table of `by_seed`.

    Raises:
        ScoresError: no contrast has two seeds with a score in each of its cells.
    """
    if not (tests["n"] > 1).any():
        raise ScoresError(
            "no difference between cells has two seeds with a score in each of its cells, so none can be tested within"
            " seeds; run more seeds"
        )


def _moments(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (cells,) counts, means and variances; a cell whose scores differ by rounding only has variance 0."""
    spread = (table.max() - table.min() > 1e-12 * table.abs().max()).to_numpy()
    variances = table.var(ddof=1).to_numpy()
    return table.count().to_numpy(), table.mean().to_numpy(), np.where(np.isnan(variances) | spread, variances, 0.0)


def _start(contrast: Contrast, error_term: str, n: int, estimate: float) -> dict[str, Any]:
    fields = (contrast.kind, contrast.factor, contrast.contrast, contrast.at, error_term, n, float(estimate))
    return dict(zip(COLUMNS, fields, strict=False))


def _t_test(estimate: float, se: float, df: float, confidence: float) -> dict[str, float]:
    if not se > 0:
        return {"se": se}
    t, half = estimate / se, special.stdtrit(df, (1 + confidence) / 2) * se
    tests = {"se": se, "ci_low": estimate - half, "ci_high": estimate + half}
    return tests | {"t": t, "df": df, "p": float(2 * special.stdtr(df, -abs(t)))}


def _finish(rows: list[dict[str, Any]], sizes: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*COLUMNS, *sizes])
    return table[[*COLUMNS]].join(corrected(table, ["kind", "factor"])).join(table[[*sizes]])
