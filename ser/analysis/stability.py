"""The verdict after the first k seeds, from the sweep itself: were so many seeds needed?"""

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis.design import complete_seeds, effect_basis, effect_name, effects, names
from ser.analysis.factorial import require_factorial

ORDERS = 200
"""Random orders of the seeds."""

VERDICTS, UNTESTED = {True: "significant", False: "not significant"}, "not tested: no spread"

AGREEMENT = 0.95
"""Share of the random orders that must give the final verdict."""


def after_seeds(
    scores: pd.DataFrame, factors: list[str], alpha: float = 0.05, orders: int = ORDERS, seed: int = 0
) -> pd.DataFrame:
    """Test every effect on the first k seeds, for every k, in the order of the seeds and in random orders.

    Only seeds with a score in every cell count, so both designs are balanced. Within seeds, p is Greenhouse and
    Geisser's, as in `ser.analysis.repeated.repeated_measures`. The random orders draw from the same seeds, so near the
    end they must agree: the curve describes this sweep, it is no forecast.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`).
        factors: those with one level are left out.
        alpha: level of the tests.
        orders: how many random orders.
        seed: of the orders.

    Returns:
        One row a k (2 or more), effect and design ("between groups", "within seeds"): `seeds`, `effect`, `design`, `F`,
        `p`, `significant` (of the first k seeds; missing where there is no test), `share_significant` (of the random
        orders).

    Raises:
        ScoresError: as `ser.analysis.factorial.anova`, or fewer than two seeds are complete.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("pretune == 'none' and dataset == 'emovo' and seed < 4")
    >>> curve = after_seeds(scores, ["model"], orders=20)
    >>> curve.query("design == 'within seeds'")[["seeds", "F", "p", "significant"]].round(3)
       seeds      F      p  significant
    3      2  2.120  0.383        False
    4      3  6.864  0.120        False
    5      4  2.293  0.227        False
    """
    complete = complete_seeds(require_factorial(scores, factors))
    values, cells = complete.to_numpy() - complete.to_numpy().mean(), complete.columns
    random = np.random.default_rng(seed)
    order = np.vstack([np.arange(len(values)), *(random.permutation(len(values)) for _ in range(orders))])
    k = np.arange(1, len(values) + 1)
    rounding = (1e-12 * np.abs(values).max()) ** 2
    ordered = values[order]  # (orders, seeds, cells)
    inside = (np.cumsum(ordered**2, axis=1) - np.cumsum(ordered, axis=1) ** 2 / k[:, None]).sum(axis=2)
    tables = []
    for effect in effects(names(cells)):
        contrasts = ordered @ effect_basis(cells, effect)
        df = contrasts.shape[2]
        explained = (np.cumsum(contrasts, axis=1) ** 2).sum(axis=2) / k
        left = np.cumsum((contrasts**2).sum(axis=2), axis=1) - explained
        for design, error, df_error, epsilon in (
            ("between groups", inside, len(cells) * (k - 1), 1.0),
            ("within seeds", left, df * (k - 1), _epsilons(contrasts, left)),
        ):
            spread = np.where(error > k * rounding, error, np.nan)[:, 1:]
            f = explained[:, 1:] / df / (spread / df_error[1:])
            p = stats.f.sf(f, df * epsilon, df_error[1:] * epsilon)
            tables.append(
                pd.DataFrame(
                    {
                        "seeds": k[1:],
                        "effect": effect_name(effect),
                        "design": design,
                        "F": f[0],
                        "p": p[0],
                        "significant": pd.array(p[0] < alpha, "boolean"),
                        "share_significant": (p[1:] < alpha).mean(axis=0),
                    }
                )
            )
    result = pd.concat(tables, ignore_index=True)
    return result.assign(significant=result["significant"].where(result["p"].notna()))


def _epsilons(contrasts: np.ndarray, error: np.ndarray) -> np.ndarray | float:
    """Return Greenhouse and Geisser's epsilon after two seeds, three and so on.

    Args:
        contrasts: (orders, seeds, df), scores on orthonormal contrasts.
        error: (orders, seeds), the sum of their squared deviations after each seed, which is the trace of S.

    Returns:
        (orders, seeds - 1): tr(S)² / (df tr(S²)); 1 where df is 1.
    """
    df = contrasts.shape[2]
    if df == 1:
        return 1.0
    k = np.arange(2, contrasts.shape[1] + 1)
    squares = np.empty((len(contrasts), len(k)))
    for order, scores in enumerate(contrasts):  # one at a time: df² numbers a seed
        products, sums = np.cumsum(scores[:, :, None] * scores[:, None, :], axis=0)[1:], np.cumsum(scores, axis=0)[1:]
        squares[order] = ((products - sums[:, :, None] * sums[:, None, :] / k[:, None, None]) ** 2).sum(axis=(1, 2))
    with np.errstate(all="ignore"):
        return error[:, 1:] ** 2 / (df * squares)


def settled(curve: pd.DataFrame) -> pd.DataFrame:
    """Say from how many seeds on each effect that is significant with all of them was so.

    What is not significant has no such number: a test with few seeds finds little, so it "agreed" from the start.

    Args:
        curve: the table of `after_seeds`.

    Returns:
        One row an effect and design: `effect`, `design`, `seeds` (all), `p`, `verdict` (with all seeds),
        `settled_in_order` (seeds from which it was significant without a break, in the order of the seeds),
        `settled_in_any_order` (from which on `AGREEMENT` of the random orders found it); NaN where it is not
        significant, or not tested.

    >>> from ser.analysis.published import rebuild_scores
    >>> scores = rebuild_scores().query("pretune == 'none' and seed < 10")
    >>> settled(after_seeds(scores, ["model", "dataset"]))[["effect", "design", "verdict", "settled_in_order"]].tail(2)
                effect          design          verdict  settled_in_order
    4  model x dataset  between groups  not significant               NaN
    5  model x dataset    within seeds  not significant               NaN
    """
    rows = []
    for (effect, design), part in curve.groupby(["effect", "design"], sort=False):
        p, found = part["p"].iloc[-1], part["significant"].fillna(False).astype(bool)
        in_order, in_any_order = np.nan, np.nan
        if found.iloc[-1]:
            in_order = _from(part["seeds"], found)
            in_any_order = _from(part["seeds"], part["share_significant"] >= AGREEMENT)
        rows.append(
            {
                "effect": effect,
                "design": design,
                "seeds": part["seeds"].iloc[-1],
                "p": p,
                "verdict": VERDICTS[bool(found.iloc[-1])] if np.isfinite(p) else UNTESTED,
                "settled_in_order": in_order,
                "settled_in_any_order": in_any_order,
            }
        )
    return pd.DataFrame(rows)


def _from(seeds: pd.Series, holds: pd.Series) -> float:
    """Return the first number of seeds from which on the condition holds to the end; NaN if it does not at the end."""
    broken = seeds[~holds]
    return float(seeds.min() if broken.empty else seeds[seeds > broken.max()].min())
