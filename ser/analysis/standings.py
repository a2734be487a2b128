"""One leaderboard over several sources: who is ahead of whom, and who cannot be told apart."""

from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.claims.estimate import p_against, p_within
from ser.analysis.claims.table import verdicts
from ser.analysis.comparisons import PAIRED, WELCH, corrected

ENTRY: Final = "entry"
"""The column that names a treatment of a source."""


def pairs(scores: pd.DataFrame, margin: float, alpha: float = 0.05) -> pd.DataFrame:
    """Compare each two entries: within the seeds that they share, or as independent groups of seeds.

    Two seeds that both have are enough to compare within them; otherwise Welch's test is used.

    Args:
        scores: one row an entry and seed: `entry`, `seed`, `value`.
        margin: largest difference that counts as none.
        alpha: level of the verdicts, after Holm over all pairs.

    Returns:
        One row a pair, in the order of the means: `a`, `b`, `error_term`, `n` (seeds in common, or of both together),
        `estimate` (a - b), `se`, `df`, `ci_low`, `ci_high`, `p`, `p_tost`, `p_holm`, `p_tost_holm`, `verdict`.

    >>> values = [0.50, 0.52, 0.51, 0.70, 0.71, 0.72]
    >>> table = pd.DataFrame({"entry": list("aaabbb"), "seed": [0, 1, 2] * 2, "value": values})
    >>> pairs(table, margin=0.01)[["a", "b", "n", "estimate", "df", "verdict"]].round(3)
       a  b  n  estimate   df    verdict
    0  b  a  3       0.2  2.0  different
    """
    values = {str(name): part.set_index("seed")["value"].dropna() for name, part in scores.groupby(ENTRY, sort=False)}
    order = sorted(values, key=lambda name: -values[name].mean())
    rows = [{"a": a, "b": b} | _difference(values[a], values[b], margin, alpha) for a, b in combinations(order, 2)]
    columns = ["a", "b", "error_term", "n", "estimate", "se", "df", "ci_low", "ci_high", "p", "p_tost"]
    table = pd.DataFrame(rows, columns=columns).assign(family="pairs")
    for p in ("p", "p_tost"):
        table[f"{p}_holm"] = corrected(table, ["family"], p)["p_holm"]
    return table.drop(columns="family").assign(verdict=verdicts(table, alpha))


def board(
    scores: pd.DataFrame, compared: pd.DataFrame, lower_is_better: bool = False, alpha: float = 0.05
) -> pd.DataFrame:
    """Return the entries from best to worst, with the groups that cannot be told apart.

    Entries that share a letter do not differ after Holm's correction: their order is no finding.

    Args:
        scores: as for `pairs`.
        compared: what `pairs` returns.
        lower_is_better: as for errors and calibration.
        alpha: level of the intervals and of the groups.

    Returns:
        `entry`, `seeds`, `mean`, `sd`, `ci_low`, `ci_high` (of the mean over seeds, these speakers given) and `group`.

    >>> values = [0.50, 0.52, 0.51, 0.70, 0.71, 0.72, 0.71, 0.70, 0.73]
    >>> table = pd.DataFrame({"entry": list("aaabbbccc"), "seed": [0, 1, 2] * 3, "value": values})
    >>> board(table, pairs(table, margin=0.01))[["entry", "seeds", "mean", "group"]].round(3)
      entry  seeds   mean group
    0     c      3  0.713     A
    1     b      3  0.710     A
    2     a      3  0.510     B
    """
    rows = [{ENTRY: str(name)} | _summary(part["value"], alpha) for name, part in scores.groupby(ENTRY, sort=False)]
    table = pd.DataFrame(rows).sort_values("mean", ascending=lower_is_better, ignore_index=True, kind="stable")
    different = compared[compared["verdict"] == "different"]
    apart = {frozenset(pair) for pair in zip(different["a"], different["b"], strict=True)}
    return table.assign(group=letters(table[ENTRY].tolist(), apart))


def letters(order: list[str], apart: set[frozenset[str]]) -> list[str]:
    """Return for each entry the letters of the runs of neighbours of which no two differ.

    >>> letters(["a", "b", "c"], {frozenset("ac")})
    ['A', 'AB', 'B']
    """
    runs: list[range] = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not any(frozenset((order[end], name)) in apart for name in order[start:end]):
            end += 1
        if not runs or end > runs[-1].stop:
            runs.append(range(start, end))
    names = [chr(ord("A") + index) if index < 26 else f" {index + 1}" for index in range(len(runs))]
    return ["".join(name for name, run in zip(names, runs, strict=True) if index in run) for index in range(len(order))]


def _summary(values: pd.Series, alpha: float) -> dict[str, Any]:
    values = values.dropna()
    n, mean, sd = len(values), values.mean(), values.std(ddof=1)
    half = stats.t.ppf(1 - alpha / 2, n - 1) * sd / n**0.5 if n > 1 else np.nan
    return {"seeds": n, "mean": mean, "sd": sd, "ci_low": mean - half, "ci_high": mean + half}


def _difference(a: pd.Series, b: pd.Series, margin: float, alpha: float) -> dict[str, Any]:
    """Return the difference of two entries with its error, within seeds if they share two."""
    shared = a.index.intersection(b.index)
    if len(shared) > 1:
        differences = (a[shared] - b[shared]).to_numpy()
        term, n, df = PAIRED, len(shared), float(len(shared) - 1)
        estimate, se = float(differences.mean()), float(differences.std(ddof=1) / n**0.5)
    else:
        term, n, estimate = WELCH, len(a) + len(b), float(a.mean() - b.mean())
        parts = [part.var(ddof=1) / len(part) if len(part) > 1 else np.nan for part in (a, b)]
        se = float(sum(parts) ** 0.5)
        below = sum(part**2 / (len(values) - 1) for part, values in zip(parts, (a, b), strict=True) if len(values) > 1)
        df = float(sum(parts) ** 2 / below) if below > 0 else np.nan
    row = {"error_term": term, "n": n, "estimate": estimate, "se": se, "df": df}
    if not (se > 1e-12 and df > 0):
        return row | dict.fromkeys(("ci_low", "ci_high", "p", "p_tost"), np.nan)
    half = stats.t.ppf(1 - alpha / 2, df) * se
    tests = {"p": p_against(estimate, se, df), "p_tost": p_within(estimate, se, df, margin)}
    return row | {"ci_low": estimate - half, "ci_high": estimate + half} | tests
