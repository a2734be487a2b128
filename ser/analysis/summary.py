"""Table 2's equivalent: what every cell of the sweep scored."""

import pandas as pd
from scipy import stats

from ser.analysis.design import tidy


def describe(scores: pd.DataFrame, factors: list[str], confidence: float = 0.95) -> pd.DataFrame:
    """Describe the scores of every cell.

    Args:
        scores: any tidy table (`ser.analysis.design.tidy`); NaN values are left out of every column, `n` included.
        factors: the columns that make a cell.
        confidence: coverage of the t interval of the mean, mean ± t(n - 1) · sd / √n.

    Returns:
        One row a cell: the factors, `n`, `mean`, `std` (population, divided by n, as the paper's Table 2), `sd`
        (sample, divided by n - 1), `min`, `max`, `ci_low`, `ci_high`. `sd` and the interval are NaN where n is 1.

    >>> table = pd.DataFrame({"encoder": ["a"] * 3, "seed": [0, 1, 2], "value": [0.5, 0.6, 0.7]})
    >>> describe(table, ["encoder"]).round(3)
      encoder  n  mean    std   sd  min  max  ci_low  ci_high
    0       a  3   0.6  0.082  0.1  0.5  0.7   0.352    0.848
    """
    cells = tidy(scores, factors).groupby(factors, observed=True)["value"]
    table = cells.agg(n="size", mean="mean", sd="std", min="min", max="max").reset_index()
    half = stats.t.ppf((1 + confidence) / 2, (table["n"] - 1).where(table["n"] > 1)) * table["sd"] / table["n"] ** 0.5
    table["std"] = (table["sd"] * ((table["n"] - 1) / table["n"]) ** 0.5).where(table["n"] > 1, 0.0)
    table["ci_low"], table["ci_high"] = table["mean"] - half, table["mean"] + half
    return table[[*factors, "n", "mean", "std", "sd", "min", "max", "ci_low", "ci_high"]]
