"""What the parametric tests take for granted, tested: normality, equal variances, sphericity."""

from typing import Any

import numpy as np
import pandas as pd
import pingouin as pg

from ser.analysis.contrasts import interaction_contrasts, main_contrasts
from ser.analysis.design import cell_names, seeds_by_cells

FEWEST = 4
"""Scores that a test of normality needs (pingouin)."""

FEW = 20
"""Scores below which a test of normality that does not reject says little: of samples of 20 from an exponential
distribution one in six still passes, of uniform ones four in five."""


def check(scores: pd.DataFrame, factors: list[str], alpha: float = 0.05) -> pd.DataFrame:
    """Test the assumptions of both designs.

    Between groups: normality within each cell (Shapiro and Wilk), equal variances of all cells (Levene's test around
    the median; Brown and Forsythe 1974). Within seeds: normality of the seeds' differences for each main and
    interaction contrast. With many seeds these tests find deviations that do not matter, with few they find none: the
    report sets tests without the assumptions (`ser.analysis.robust`) beside the parametric ones either way.
    Sphericity has its own column in `ser.analysis.repeated.repeated_measures`.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.
        alpha: level of the tests.

    Returns:
        One row a test: `design`, `assumption`, `where`, `test`, `n`, `statistic`, `p`, `holds` ("yes", "no", or why
        it could not be tested).

    Raises:
        ScoresError: no factor varies, or every score is the same.

    >>> from ser.analysis.published import rebuild_scores
    >>> table = check(rebuild_scores().query("pretune == 'none'"), ["model", "dataset"])
    >>> table[["assumption", "test", "n", "holds"]].iloc[3:6].round(3)
            assumption             test    n holds
    3        normality     Shapiro-Wilk  110   yes
    4  equal variances  Levene (median)  440    no
    5        normality     Shapiro-Wilk  110   yes
    """
    table = seeds_by_cells(scores, factors)
    rows = []
    for cell_name, cell in zip(cell_names(table.columns), table.to_numpy().T, strict=True):
        rows.append(_normality("between groups", cell_name, cell[~np.isnan(cell)], alpha))
    rows.append(_equal_variances(table, alpha))
    for contrast in [*main_contrasts(table.columns), *interaction_contrasts(table.columns)]:
        involved = contrast.weights != 0
        differences = (table.loc[:, involved] @ contrast.weights[involved]).dropna().to_numpy()
        rows.append(_normality("within seeds", f"{contrast.factor}: {contrast.contrast}", differences, alpha))
    return pd.DataFrame(rows, columns=["design", "assumption", "where", "test", "n", "statistic", "p", "holds"])


def conclusion(checks: pd.DataFrame) -> str:
    """Say in a sentence or two which assumptions fail, and what a reader does then.

    Args:
        checks: the table of `check`.

    >>> checks = pd.DataFrame({"design": ["within seeds"], "assumption": "normality", "n": 30, "holds": "yes"})
    >>> conclusion(checks)
    'No test of normality or of equal variances rejects, so the parametric tests may be read as they stand.'
    """
    failed = checks[checks["holds"] == "no"]
    untested = checks[~checks["holds"].isin(["yes", "no"])]
    missing = [
        f"{assumption} {design} ({len(rows)} of {_tests(checks, design, assumption)} tests; {reasons})"
        for (design, assumption), rows in untested.groupby(["design", "assumption"], sort=False)
        for reasons in [", ".join(rows["holds"].str.removeprefix("not tested: ").unique())]
    ]
    gap = f" Not tested: {'; '.join(missing)}." if missing else ""
    if failed.empty and len(untested) == len(checks):
        return f"None of the assumptions could be tested.{gap}"
    if failed.empty:
        few = checks["n"][checks["assumption"] == "normality"].min() < FEW
        verdict = "so the parametric tests may be read as they stand."
        if few or missing:
            verdict = "but few scores or seeds cannot show much: read the tests without assumptions beside them."
        return f"No test of normality or of equal variances rejects, {verdict}{gap}"
    parts = []
    for (design, assumption), rows in failed.groupby(["design", "assumption"], sort=False):
        parts.append(f"{assumption} {design} ({len(rows)} of {_tests(checks, design, assumption)} tests)")
    return (
        f"Rejected: {'; '.join(parts)}. Where variances differ, read the Welch-James test; where normality fails and"
        " seeds are few, the permutation and sign-flip tests; where all agree, nothing depends on the assumption."
        f"{gap}"
    )


def _tests(checks: pd.DataFrame, design: str, assumption: str) -> int:
    return int(((checks["design"] == design) & (checks["assumption"] == assumption)).sum())


def _normality(design: str, where: str, values: np.ndarray, alpha: float) -> dict[str, Any]:
    row: dict[str, Any] = {
        "design": design,
        "assumption": "normality",
        "where": where,
        "test": "Shapiro-Wilk",
        "n": len(values),
    }
    if len(values) < FEWEST:
        return row | {"holds": f"not tested: fewer than {FEWEST} seeds"}
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return row | {"holds": "not tested: no spread"}
    test = pg.normality(values, alpha=alpha).iloc[0]
    return row | {"statistic": float(test["W"]), "p": float(test["pval"]), "holds": "yes" if test["normal"] else "no"}


def _equal_variances(table: pd.DataFrame, alpha: float) -> dict[str, Any]:
    cells = [table[cell].dropna().to_numpy() for cell in table.columns]
    row: dict[str, Any] = {"design": "between groups", "assumption": "equal variances", "where": "all cells"}
    row |= {"test": "Levene (median)", "n": sum(map(len, cells))}
    if min(map(len, cells)) < 2:
        return row | {"holds": "not tested: a cell with fewer than two scores"}
    if all(np.ptp(np.abs(cell - np.median(cell))) <= 1e-12 for cell in cells):
        return row | {"holds": "not tested: no spread"}
    test = pg.homoscedasticity(cells, method="levene", alpha=alpha).iloc[0]
    return row | {
        "statistic": float(test["W"]),
        "p": float(test["pval"]),
        "holds": "yes" if test["equal_var"] else "no",
    }
