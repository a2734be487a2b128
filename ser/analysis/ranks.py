"""Many encoders on many corpora: mean ranks, who differs from whom, and how probable an improvement is (Demsar 2006).

The blocks are what a comparison is repeated over: corpora, or seeds. Within a block only the order of the treatments
counts, so corpora of different difficulty weigh alike.
"""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import scikit_posthocs
from scipy import stats

from ser.analysis.comparisons import corrected
from ser.analysis.design import tidy
from ser.analysis.levels import level_texts, ordered
from ser.errors import ScoresError

FEWEST = 3
"""Treatments that Friedman's test compares; two are Wilcoxon's."""


def blocks_by_treatments(scores: pd.DataFrame, treatment: str, block: str = "seed") -> pd.DataFrame:
    """Return the mean score of every treatment in every block that has all of them.

    Args:
        scores: a table with columns `value`, `seed`, the treatment and the block; scores that share both are averaged.
        treatment: what is compared, as `model`.
        block: what the comparison is repeated over, as `dataset` (corpora) or `seed`.

    Raises:
        ScoresError: there are fewer than two treatments, or fewer than two blocks with all of them.

    >>> table = pd.DataFrame({"model": list("abab"), "seed": [0, 0, 1, 1], "value": [0.5, 0.6, 0.6, 0.8]})
    >>> blocks_by_treatments(table, "model")
    model    a    b
    seed
    0      0.5  0.6
    1      0.6  0.8
    """
    keys = [column for column in scores.columns if column not in ("seed", "value")]
    cleaned = tidy(scores, keys)
    by_block = cleaned["seed"] if block == "seed" else ordered(level_texts(cleaned[block]))
    table = cleaned.groupby([by_block, treatment], observed=True)["value"].mean().unstack(treatment)
    complete = table.dropna()
    if table.shape[1] < 2 or len(complete) < 2:
        raise ScoresError(
            f"ranks need two levels of {treatment} and two of {block} that have them all; there are {table.shape[1]}"
            f" and {len(complete)} (of {len(table)})"
        )
    return complete


def mean_ranks(table: pd.DataFrame, lower_is_better: bool = False) -> pd.DataFrame:
    """Return each treatment's mean rank over the blocks, 1 the best, ties shared.

    Args:
        table: blocks by treatments.
        lower_is_better: as for errors and calibration.

    Returns:
        One row a treatment, the best first: its name, `n` (blocks), `mean` (of the scores), `rank`.

    >>> mean_ranks(pd.DataFrame({"a": [0.5, 0.6], "b": [0.6, 0.8], "c": [0.6, 0.7]}))
      treatment  n  mean  rank
    0         b  2  0.70  1.25
    1         c  2  0.65  1.75
    2         a  2  0.55  3.00
    """
    ranks = table.rank(axis=1, ascending=lower_is_better)
    result = pd.DataFrame(
        {
            "treatment": table.columns.astype(str),
            "n": len(table),
            "mean": table.mean().to_numpy(),
            "rank": ranks.mean().to_numpy(),
        }
    )
    return result.sort_values("rank", ignore_index=True, kind="stable")


def friedman(table: pd.DataFrame) -> dict[str, float]:
    """Test that all treatments have the same rank: Friedman's χ² and the F of Iman and Davenport (1980).

    F is less conservative where blocks are few: F = (N - 1) χ² / (N (k - 1) - χ²) with k - 1 and (k - 1) (N - 1)
    degrees of freedom.

    Args:
        table: blocks by treatments, three at least.

    Returns:
        `n` (blocks), `treatments`, `chi_squared`, `df`, `p`, `F`, `df_error`, `p_F`.

    Raises:
        ScoresError: there are two treatments only.

    >>> test = friedman(pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 3, 4, 5], "c": [3, 4, 5, 4.5]}))
    >>> round(test["chi_squared"], 2), round(test["p"], 3)
    (6.5, 0.039)
    """
    n, treatments = table.shape
    if treatments < FEWEST:
        raise ScoresError(
            f"Friedman's test compares {FEWEST} treatments or more, here are {treatments}; read Wilcoxon's"
        )
    if (table.nunique(axis=1) == 1).all():
        raise ScoresError("every treatment has the same score in every block, so ranks are not tested")
    chi_squared, p = stats.friedmanchisquare(*table.to_numpy().T)
    df, df_error = treatments - 1, (treatments - 1) * (n - 1)
    left = n * df - chi_squared
    f = (n - 1) * chi_squared / left if left > 1e-9 else np.inf
    found = {"n": n, "treatments": treatments, "chi_squared": float(chi_squared), "df": df, "p": float(p)}
    return found | {"F": float(f), "df_error": df_error, "p_F": float(stats.f.sf(f, df, df_error))}


def critical_difference(treatments: int, blocks: int, alpha: float = 0.05) -> float:
    """Return the difference of mean ranks that Nemenyi's test finds: q √(k (k + 1) / 6 N), q of the studentised range.

    >>> round(critical_difference(treatments=4, blocks=14), 3)  # Demsar 2006: 2.569 √(4 · 5 / (6 · 14))
    1.254
    """
    q = stats.studentized_range.isf(alpha, treatments, np.inf) / 2**0.5
    return float(q * (treatments * (treatments + 1) / (6 * blocks)) ** 0.5)


def compare_ranks(table: pd.DataFrame, lower_is_better: bool = False) -> pd.DataFrame:
    """Compare each two treatments: Nemenyi's test of ranks, Wilcoxon's of differences, probability of improvement.

    Nemenyi's p allows for all pairs. Wilcoxon's signed-rank test (exact where no difference is 0 or tied) is corrected
    after Holm, and does not depend on which other treatments are there (Benavoli et al. 2016). With n blocks its p is
    2 / 2ⁿ at least.

    Args:
        table: blocks by treatments.
        lower_is_better: as for errors and calibration.

    Returns:
        One row a pair, the better mean rank first: `a`, `b`, `n`, `difference` (mean a - mean b), `rank_difference`
        (b - a), `p_nemenyi`, `p_wilcoxon`, `p_wilcoxon_holm`, `p_improvement` (`improvement`); NaN where no block
        differs.

    >>> table = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 4, 6, 8], "c": [3.5, 4.5, 6.2, 8.7]})
    >>> compare_ranks(table)[["a", "b", "rank_difference", "p_nemenyi", "p_wilcoxon"]].round(3)
       a  b  rank_difference  p_nemenyi  p_wilcoxon
    0  c  b              1.0      0.333       0.125
    1  c  a              2.0      0.013       0.125
    2  b  a              1.0      0.333       0.125
    """
    order = mean_ranks(table, lower_is_better).set_index("treatment")
    named = table.set_axis(table.columns.astype(str), axis=1)
    nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(named.reset_index(drop=True))
    rows = []
    for a, b in combinations(order.index, 2):
        differences = (named[a] - named[b]).to_numpy()
        rows.append(
            {
                "a": a,
                "b": b,
                "n": len(table),
                "difference": differences.mean(),
                "rank_difference": order.loc[b, "rank"] - order.loc[a, "rank"],
                "p_nemenyi": float(nemenyi.loc[a, b]),
                "p_wilcoxon": _wilcoxon(differences),
                "p_improvement": improvement(named[a].to_numpy(), named[b].to_numpy(), lower_is_better),
            }
        )
    result = pd.DataFrame(rows)
    holm = corrected(result.assign(family="pairs"), ["family"], "p_wilcoxon")["p_holm"]
    result.insert(7, "p_wilcoxon_holm", holm)
    return result


def improvement(a: np.ndarray, b: np.ndarray, lower_is_better: bool = False) -> float:
    """Return P(a is better than b) + P(equal) / 2 over all pairs of scores (Agarwal et al. 2021), .5 where alike.

    >>> improvement(np.array([3, 4]), np.array([1, 3]))
    0.875
    """
    gaps = np.asarray(a)[:, None] - np.asarray(b)[None, :]
    return float(((np.sign(-gaps if lower_is_better else gaps) + 1) / 2).mean())


def groups(ranks: pd.DataFrame, critical: float) -> list[list[str]]:
    """Return the largest sets of treatments, next to each other in rank, that do not differ by the critical difference.

    Args:
        ranks: the table of `mean_ranks`.
        critical: as `critical_difference` returns it.

    >>> groups(pd.DataFrame({"treatment": list("abcd"), "rank": [1.0, 1.8, 2.4, 3.9]}), critical=1.0)
    [['a', 'b'], ['b', 'c'], ['d']]
    """
    names, values = ranks["treatment"].tolist(), ranks["rank"].to_numpy()
    found: list[list[str]] = []
    for start, value in enumerate(values):
        members = [name for name, other in zip(names[start:], values[start:], strict=True) if other - value < critical]
        if not (found and set(members) <= set(found[-1])):
            found.append(members)
    return found


def leaderboard(
    scores: pd.DataFrame, treatment: str, block: str = "seed", lower_is_better: bool = False, alpha: float = 0.05
) -> pd.DataFrame:
    """Return the treatments in the order of their mean ranks, with the groups that cannot be told apart.

    Treatments that share a letter do not differ by Nemenyi's test: a place in the list is no finding.

    Args:
        scores: as for `blocks_by_treatments`.
        treatment: what is compared.
        block: what the comparison is repeated over.
        lower_is_better: as for errors and calibration.
        alpha: level of the test.

    Returns:
        One row a treatment: the treatment, `n` (blocks), `mean`, `rank`, `group` (letters).

    Raises:
        ScoresError: as `blocks_by_treatments`.

    >>> values = [0.50, 0.61, 0.60, 0.52, 0.66, 0.67, 0.55, 0.63, 0.64, 0.50, 0.60, 0.61]
    >>> table = pd.DataFrame({"model": list("abc") * 4, "seed": np.repeat(range(4), 3), "value": values})
    >>> leaderboard(table, "model")
      model  n    mean  rank group
    0     c  4  0.6300  1.25     A
    1     b  4  0.6250  1.75    AB
    2     a  4  0.5175  3.00     B
    """
    table = blocks_by_treatments(scores, treatment, block)
    ranks = mean_ranks(table, lower_is_better)
    critical = critical_difference(table.shape[1], len(table), alpha)
    letters = dict.fromkeys(ranks["treatment"], "")
    for index, members in enumerate(groups(ranks, critical)):
        for name in members:
            letters[name] += chr(ord("A") + index) if index < 26 else f" {index + 1}"
    return ranks.assign(group=ranks["treatment"].map(letters)).rename(columns={"treatment": treatment})


def _wilcoxon(differences: np.ndarray) -> float:
    if not np.any(differences):
        return np.nan
    with warnings.catch_warnings():  # scipy warns where ties make the exact distribution approximate
        warnings.simplefilter("ignore")
        return float(stats.wilcoxon(differences).pvalue)
