"""The published experiment as data: Table 2 of the paper, its tests, and scores rebuilt from them.

The rebuilt scores make the published F, t and p an end-to-end test of this package, and a sweep can be set beside
the published cells.
"""

from importlib.resources import files

import numpy as np
import pandas as pd
from scipy import stats

from ser.errors import ScoresError
from ser.schema import ALL, FACTORS, SCORE_COLUMNS

TRAINED_ON = "emozionalmente"
"""The corpus that every published model was trained on."""


def read_cells() -> pd.DataFrame:
    """Return Table 2, one row a cell: model, pretune, dataset, n, mean, std, min, max of the accuracy over the seeds.

    `std` is the population standard deviation (divided by n), as printed in the paper.

    >>> read_cells()[["model", "pretune", "dataset", "n", "mean", "std"]].head(2)
          model pretune         dataset    n    mean     std
    0  wav2vec2      it  emozionalmente  110  0.7825  0.0166
    1  wav2vec2    none  emozionalmente  110  0.7810  0.0195
    """
    return _read("published.csv")


def read_tests() -> pd.DataFrame:
    """Return the published tests: `test` (anova or posthoc), `effect`, `statistic` (F or t), `value` and `p`.

    The ANOVA is three-way between groups, F(1, 872); the post-hoc tests are two-tailed t-tests over all 880 scores,
    whose sign the paper does not give.

    >>> read_tests().head(2)
        test   effect statistic     value      p
    0  anova    model         F  431.2770  <.001
    1  anova  pretune         F    7.5911   <.01
    """
    return _read("published_tests.csv")


def rebuild_scores(seed: int = 0) -> pd.DataFrame:
    """Return 880 accuracies whose cells have exactly the published n, means and population standard deviations.

    Normal draws, standardised cell by cell; which seed got which score is not published, so the correlation between
    cells is arbitrary and only between-groups tests are reproduced.

    Returns:
        The tidy table of `ser.schema.SCORE_COLUMNS`.

    >>> rebuild_scores().groupby(["model", "pretune", "dataset"])["value"].mean().head(2).round(4)
    model   pretune  dataset
    hubert  it       emovo             0.5227
                     emozionalmente    0.7604
    Name: value, dtype: float64
    """
    random = np.random.default_rng(seed)
    cells = read_cells()
    scores = cells.loc[cells.index.repeat(cells["n"])].reset_index(drop=True)
    cell = scores.groupby(["model", "pretune", "dataset"])
    draws = cell["n"].transform(lambda n: _standardised(random.standard_normal(len(n))))
    scores = scores.assign(
        trained_on=TRAINED_ON,
        seed=cell.cumcount(),
        group=ALL,
        metric="accuracy",
        value=scores["mean"] + scores["std"] * draws,
    )
    return scores[list(SCORE_COLUMNS)]


def compare_published(cells: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Set the cells of a sweep beside the published ones.

    The interval is Welch's, from the means, standard deviations and numbers of both.

    Args:
        cells: the table of `ser.analysis.summary.describe` for model, pretune and dataset; for trained_on, if it is
            to be checked; and for any others that vary, which tell the cells apart that share a published one.
        confidence: coverage of the interval.

    Returns:
        One row a cell that both have: model, pretune, dataset, the other factors, `n`, `mean`, `published_n`,
        `published_mean`, `difference` (here minus published), `ci_low`, `ci_high` (NaN where n is 1).

    Raises:
        ScoresError: the sweep has no cell with the published labels, or none that was trained on the same corpus.

    >>> from ser.analysis.summary import describe
    >>> table = compare_published(describe(rebuild_scores(seed=1), ["model", "pretune", "dataset"]))
    >>> table[["n", "published_n", "ci_low", "ci_high"]].round(3).head(2)  # the same means, so around 0
         n  published_n  ci_low  ci_high
    0  110          110  -0.008    0.008
    1  110          110  -0.005    0.005
    """
    keys, paper = list(FACTORS), read_cells()
    both = cells.astype(dict.fromkeys(keys, "str")).merge(paper, on=keys, suffixes=("", "_p"))
    if both.empty:
        labels = "; ".join(f"{key}: {', '.join(paper[key].unique())}" for key in keys)
        raise ScoresError(f"no cell of the sweep has the labels of the published ones ({labels})")
    if "trained_on" in both:
        corpora = both["trained_on"].astype(str)
        if not (corpora == TRAINED_ON).any():
            raise ScoresError(
                f"the published models were trained on {TRAINED_ON}, these on {', '.join(corpora.unique())}"
            )
        both = both[corpora == TRAINED_ON].reset_index(drop=True)
    further = [column for column in cells.columns[: cells.columns.get_loc("n")] if column not in (*keys, "trained_on")]
    own, published = both["sd"] ** 2 / both["n"], both["std_p"] ** 2 / (both["n_p"] - 1)
    df = (own + published) ** 2 / (own**2 / (both["n"] - 1) + published**2 / (both["n_p"] - 1))
    half = stats.t.ppf((1 + confidence) / 2, df) * (own + published) ** 0.5
    difference = both["mean"] - both["mean_p"]
    return (
        both[[*keys, *further, "n", "mean"]]
        .astype(dict.fromkeys(further, "str"))
        .assign(
            published_n=both["n_p"],
            published_mean=both["mean_p"],
            difference=difference,
            ci_low=difference - half,
            ci_high=difference + half,
        )
    )


def _standardised(draws: np.ndarray) -> np.ndarray:
    return (draws - draws.mean()) / draws.std()


def _read(name: str) -> pd.DataFrame:
    with (files(__package__) / name).open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)
