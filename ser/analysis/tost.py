"""Whether a difference is too small to matter: two one-sided tests, since "not significant" is not "no effect"."""

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.comparisons import corrected, paired_contrasts

VERDICTS = {
    (True, True): "different, but within the margin",
    (True, False): "different",
    (False, True): "equivalent",
    (False, False): "undecided",
}
"""(differs from 0, lies within the margin) to words."""
NO_SPREAD, UNTESTED = "no spread", "not tested: fewer than two seeds"
"""Verdicts where nothing can be tested."""


def equivalence(scores: pd.DataFrame, factors: list[str], margin: float, alpha: float = 0.05) -> pd.DataFrame:
    """Test within seeds whether each difference of levels lies within the margin, as `tost`.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: its columns that make a cell.
        margin: largest difference that counts as none, in the unit of the scores, above 0.
        alpha: level of the verdicts.

    Raises:
        ScoresError: no factor varies, or every score is the same.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("model == 'hubert' and dataset == 'emovo'")
    >>> table = equivalence(scores, ["pretune"], margin=0.02)
    >>> table[["contrast", "n", "estimate", "tost_low", "tost_high", "verdict"]].round(4)
        contrast    n  estimate  tost_low  tost_high     verdict
    0  it - none  110    0.0016    -0.006     0.0092  equivalent
    """
    return tost(paired_contrasts(scores, factors, 1 - alpha), margin, alpha)


def tost(differences: pd.DataFrame, margin: float, alpha: float = 0.05) -> pd.DataFrame:
    """Test each difference against -margin and +margin (Schuirmann 1987), beside the test against 0.

    t = (estimate ± margin) / se with the error term and the degrees of freedom of the table; the p of equivalence is
    the larger of the two one-sided ones. Equivalence at level alpha is the same as a 1 - 2 alpha interval within the
    margin.

    Args:
        differences: a table of `ser.analysis.comparisons`; interaction contrasts are left out.
        margin: largest difference that counts as none, in the unit of the metric.
        alpha: level of the verdicts, which rest on p values corrected after Holm over the rows of one kind and factor.

    Returns:
        One row a difference: `kind`, `factor`, `contrast`, `at`, `error_term`, `n`, `estimate`, `tost_low`, `tost_high`
        (the 1 - 2 alpha interval, uncorrected), `margin`, `df`, `p_lower` and `p_upper` (one-sided, against -margin
        and +margin), `p_tost`, `p_tost_holm`, `p_holm` (against 0), `verdict`.

    >>> values = [0.5, 0.6, 0.7, 0.502, 0.601, 0.703]
    >>> table = pd.DataFrame({"encoder": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": values})
    >>> tost(paired_contrasts(table, ["encoder"]), margin=0.01)[["contrast", "estimate", "p_tost", "verdict"]].round(4)
      contrast  estimate  p_tost     verdict
    0    b - a     0.002  0.0026  equivalent
    """
    table = differences[differences["kind"] != "interaction"].reset_index(drop=True)
    se, df = table["se"].where(table["se"] > 0), table["df"]
    half = stats.t.ppf(1 - alpha, df) * se
    lower, upper = (table["estimate"] + margin) / se, (table["estimate"] - margin) / se
    result = table[["kind", "factor", "contrast", "at", "error_term", "n", "estimate"]].assign(
        tost_low=table["estimate"] - half,
        tost_high=table["estimate"] + half,
        margin=margin,
        df=df,
        p_lower=stats.t.sf(lower, df),
        p_upper=stats.t.cdf(upper, df),
    )
    result["p_tost"] = np.fmax(result["p_lower"], result["p_upper"])
    result["p_tost_holm"] = corrected(result, ["kind", "factor"], "p_tost")["p_holm"]
    result["p_holm"] = table["p_holm"]
    differs, within = result["p_holm"] < alpha, result["p_tost_holm"] < alpha
    verdicts = [VERDICTS[pair] for pair in zip(differs, within, strict=True)]
    return result.assign(
        verdict=np.select([se.isna() & (table["se"] == 0), se.isna()], [NO_SPREAD, UNTESTED], verdicts)
    )
