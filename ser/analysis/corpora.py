"""For other corpora: every two treatments on many corpora, seeds and corpora crossed, both random.

The difference of seed s on corpus c is d_sc = delta + a_s + b_c + e_sc: the model of `ser.analysis.claims.crossed` with
corpora in the place of speakers. It is the claim that Demsar (2006) tests by ranks, with its size and its interval.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ser.analysis.claims.crossed import crossed
from ser.analysis.claims.estimate import Estimate, p_against, p_within
from ser.analysis.claims.table import DIFFERENT, EQUIVALENT, UNDECIDED, UNTESTED
from ser.analysis.comparisons import corrected
from ser.analysis.design import tidy
from ser.analysis.levels import level_texts, ordered
from ser.errors import ScoresError


def across_corpora(
    scores: pd.DataFrame, treatment: str, corpus: str = "dataset", margin: float = 0.01, alpha: float = 0.05
) -> pd.DataFrame:
    """Estimate the difference of every two treatments for corpora and seeds that were not run.

    Args:
        scores: any tidy table with the columns `seed`, `value`, the treatment and the corpus; scores that share them
            are averaged.
        treatment: what is compared, as `model`.
        corpus: the column of the corpora, as `dataset`.
        margin: largest difference that counts as none.
        alpha: level of the verdicts; intervals cover 1 - alpha.

    Returns:
        One row a pair: `a`, `b`, `seeds`, `corpora` (that both were run on), `estimate` (a - b), `se`, `ci_low`,
        `ci_high`, `df`, `p`, `p_tost`, `p_holm`, `p_tost_holm`, `sd_seed`, `sd_corpus`, `sd_residual`, `verdict`.

    Raises:
        ScoresError: there are fewer than two treatments, corpora or seeds.

    >>> random = np.random.default_rng(0)
    >>> table = pd.DataFrame(
    ...     [(m, c, s, 0.1 * c + 0.05 * (m == "b") + random.normal(0, 0.01)) for m in "ab" for c in range(6)
    ...      for s in range(3)], columns=["model", "dataset", "seed", "value"])
    >>> across_corpora(table, "model")[["a", "b", "seeds", "corpora", "estimate", "verdict"]].round(3)
       a  b  seeds  corpora  estimate    verdict
    0  b  a      3        6     0.054  different
    """
    keys = [column for column in scores.columns if column not in ("seed", "value")]
    cleaned = tidy(scores, keys)
    corpora = ordered(level_texts(cleaned[corpus])).rename(corpus)
    values = cleaned.groupby([treatment, "seed", corpora], observed=True)["value"].mean().unstack(corpus)
    names = values.groupby(level=0, observed=True).mean().mean(axis=1).sort_values(ascending=False).index
    if len(names) < 2:
        raise ScoresError(f"there is one level of {treatment}, and nothing to compare it with")
    rows = [_row(values.loc[a], values.loc[b], a, b, margin, alpha) for a, b in combinations(names, 2)]
    table = pd.DataFrame(rows).assign(family="pairs")
    for p in ("p", "p_tost"):
        table[f"{p}_holm"] = corrected(table, ["family"], p)["p_holm"]
    cases = [table["p"].isna(), table["p_tost_holm"] < alpha, table["p_holm"] < alpha]
    return table.drop(columns="family").assign(verdict=np.select(cases, [UNTESTED, EQUIVALENT, DIFFERENT], UNDECIDED))


def _row(a: pd.DataFrame, b: pd.DataFrame, name_a: Any, name_b: Any, margin: float, alpha: float) -> dict[str, Any]:
    differences = (a - b).dropna(how="all").dropna(how="all", axis=1)
    seeds, corpora = differences.shape
    if seeds < 2 or corpora < 2:
        raise ScoresError(
            f"{name_a} and {name_b} share {seeds} seed(s) and {corpora} corpora with scores of both; two of each are"
            " needed to say what holds for others"
        )
    found = crossed(differences.to_numpy(float), np.ones(differences.shape))
    low, high = found.interval(1 - alpha) if found.variance > 0 else (np.nan, np.nan)
    return {
        "a": str(name_a),
        "b": str(name_b),
        "seeds": seeds,
        "corpora": corpora,
        "estimate": found.value,
        "se": found.se,
        "ci_low": low,
        "ci_high": high,
        "df": found.df,
        "p": p_against(found.value, found.se, found.df),
        "p_tost": p_within(found.value, found.se, found.df, margin),
    } | _spreads(found)


def _spreads(found: Estimate) -> dict[str, float]:
    names = {"seed": "sd_seed", "speaker": "sd_corpus", "residual": "sd_residual"}
    return {column: found.components.get(name, np.nan) ** 0.5 for name, column in names.items()}
