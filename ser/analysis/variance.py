"""How much of the spread over seeds is the split, and how much the initialisation, where the two were varied apart."""

import numpy as np
import pandas as pd
from scipy import stats

from ser.analysis import reml
from ser.analysis.cells import select
from ser.analysis.design import wide
from ser.errors import ScoresError

SPLIT = "seed.split"


def components(
    scores: pd.DataFrame, factors: list[str], metric: str = "accuracy", confidence: float = 0.95
) -> tuple[pd.DataFrame, list[str]]:
    """Estimate, in every cell, the variances of the split, of the training seed, and of what is left.

    Crossed random effects, score = mean + split + training seed + rest, by restricted maximum likelihood; in R
    `lmer(value ~ 1 + (1 | split) + (1 | seed))`. The rest holds the interaction of the two and all that no seed fixes.

    Assumes normal effects. Intervals after Satterthwaite: k θ / χ²(k) with k = 2 θ² / Var(θ), rough where k is small.
    Where k is below 1, that χ² says nothing: the limits are 0 and infinity. So is an upper limit beyond the range of
    the cell's scores: the data do not bound the component.

    Args:
        scores: the tidy table of `ser.schema.check_scores`, with `seed` (of the training) and `seed.split`.
        factors: the columns that make a cell.
        metric: one of the metrics in the table.
        confidence: coverage of the intervals.

    Returns:
        One row a cell and component ("split", "training seed", "rest"): the factors, `splits`, `training_seeds`, `n`,
        `component`, `variance`, `sd`, `sd_low`, `sd_high` (NaN where the variance is 0), `share` of the total variance.
        And for each cell that the components cannot be told of, its name and why.

    Raises:
        ScoresError: the split seed was not varied apart from the training seed, or they are crossed in no cell.
    """
    if SPLIT not in scores.columns:
        raise ScoresError(
            "the split and the training share one seed, so their variances cannot be told apart; sweep both to do so:"
            " seed.split=0,1,2,3,4 seed.value=0,1,2,3,4"
        )
    scores = select(scores, [*factors, SPLIT], metric).dropna(subset="value")
    tables, lost = [], []
    for levels, cell in scores.groupby(factors, observed=True):
        grid = wide(cell.assign(**{SPLIT: cell[SPLIT].cat.remove_unused_categories()}), [SPLIT])
        cell_levels = dict(zip(factors, map(str, levels), strict=True))
        try:
            tables.append(_cell(_crossed(grid), confidence).assign(**cell_levels))
        except ScoresError as reason:
            lost.append(f"{', '.join(f'{factor}={level}' for factor, level in cell_levels.items())}: {reason}")
    if not tables:
        raise ScoresError("; ".join(lost) or "no score is a number, so there is nothing to analyse")
    result = pd.concat(tables, ignore_index=True)
    return result[[*factors, *(column for column in result.columns if column not in factors)]], lost


def averaged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean variance of each component over the cells, its square root and its share of their sum.

    Args:
        table: that of `components`.

    >>> averaged(pd.DataFrame({"component": ["split", "rest"] * 2, "variance": [1.0, 3.0, 3.0, 5.0]}))
      component  variance        sd     share
    0     split       2.0  1.414214  0.333333
    1      rest       4.0  2.000000  0.666667
    """
    mean = table.groupby("component", sort=False)["variance"].mean().reset_index()
    return mean.assign(sd=mean["variance"] ** 0.5, share=mean["variance"] / mean["variance"].sum())


def _crossed(grid: pd.DataFrame) -> np.ndarray:
    """Return the (training seeds, splits) scores of a cell, or refuse them."""
    if not ((grid.count() > 1).any() and (grid.count(axis=1) > 1).any()):
        raise ScoresError("no split was trained with two seeds, or no seed on two splits; cross them")
    return grid.to_numpy()


def _cell(grid: np.ndarray, confidence: float) -> pd.DataFrame:
    """Estimate the components of one cell from its (training seeds, splits) scores, NaN where there is none."""
    seeds, splits = (index.ravel() for index in np.indices(grid.shape))
    same = [splits[:, None] == splits, seeds[:, None] == seeds, np.eye(grid.size)]
    fitted = reml.fit(grid.reshape(1, -1), np.ones((grid.size, 1)), np.array(same, dtype=float))
    variances = fitted.variances
    limits = np.full((3, 2), np.nan)
    free = variances > 0
    df = 2 * variances[free] ** 2 / np.diag(fitted.variances_covariance)
    tails = np.array([(1 + confidence) / 2, (1 - confidence) / 2])
    limits[free] = np.sqrt((df * variances[free])[:, None] / stats.chi2.ppf(tails, np.fmax(df, 1)[:, None]))
    limits[free] = np.where((df < 1)[:, None], (0, np.inf), limits[free])
    limits[limits[:, 1] > np.nanmax(grid) - np.nanmin(grid), 1] = np.inf
    return pd.DataFrame(
        {
            "splits": len(np.unique(splits)),
            "training_seeds": len(np.unique(seeds)),
            "n": int(np.isfinite(grid).sum()),
            "component": ["split", "training seed", "rest"],
            "variance": variances,
            "sd": variances**0.5,
            "sd_low": limits[:, 0],
            "sd_high": limits[:, 1],
            "share": variances / variances.sum(),
        }
    )
