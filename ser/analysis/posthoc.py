"""The published post-hoc tests: two levels of one factor compared over every score, whatever the other factors."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pingouin as pg

from ser.analysis.comparisons import corrected
from ser.analysis.design import names, require_replicates, seeds_by_cells, tidy
from ser.analysis.standardised import hedges_g


def pairwise(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Compare each two levels of each factor with Student's t-test, two-tailed, over all scores.

    The error term is the pooled variance of the two groups, so the spread due to the other factors counts as error and
    the scores of one seed count as independent: the published choice, kept for comparison.

    Returns:
        One row a pair: `factor`, `a`, `b`, `error_term`, `n_a`, `n_b`, `difference` (mean a - mean b), `t`, `df`, `p`,
        `p_holm` and `p_bh` (over the `family` of one factor's pairs), `hedges_g`.

    Raises:
        ScoresError: no factor varies, every score is the same, or no cell has two scores.

    >>> from ser.analysis.published import rebuild_scores
    >>> pairwise(rebuild_scores(), ["model", "pretune", "dataset"])[["factor", "a", "b", "t", "df"]].round(2)
        factor               a       b      t   df
    0    model        wav2vec2  hubert   4.87  878
    1  pretune              it    none   0.64  878
    2  dataset  emozionalmente   emovo  96.45  878
    """
    scores = tidy(scores, factors)
    table = seeds_by_cells(scores, factors)
    require_replicates(table)
    rows = []
    for factor in names(table.columns):
        for b, a in combinations(scores[factor].cat.categories, 2):
            x, y = (scores["value"][scores[factor] == level].to_numpy() for level in (a, b))
            row = {"factor": factor, "a": a, "b": b, "error_term": "two groups, pooled", "n_a": len(x), "n_b": len(y)}
            rows.append(row | {"difference": x.mean() - y.mean()} | _student(x, y))
    table = pd.DataFrame(rows)
    return pd.concat([table.drop(columns="hedges_g"), corrected(table, ["factor"]), table["hedges_g"]], axis=1)


def _student(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return t, df, p and Hedges' g; NaN where a group has one score, or neither has spread."""
    if min(len(x), len(y)) < 2 or all(np.ptp(values) <= 1e-12 * np.abs(values).max() for values in (x, y)):
        return dict.fromkeys(("t", "df", "p", "hedges_g"), np.nan)
    with warnings.catch_warnings():  # scipy warns where one of the groups has no spread
        warnings.simplefilter("ignore", RuntimeWarning)
        test = pg.ttest(x, y, correction=False).iloc[0]
    return {"t": test["T"], "df": test["dof"], "p": test["p_val"], "hedges_g": float(hedges_g(x, y))}
