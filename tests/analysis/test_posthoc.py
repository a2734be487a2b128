"""The published post-hoc tests against scipy, and Hedges' exact correction."""

import numpy as np
import pytest
from scipy import special, stats

from ser.analysis import posthoc
from ser.errors import ScoresError


def test_against_scipy_with_the_exact_correction(cases):
    scores, factors = cases("2 factors balanced")
    row = posthoc.pairwise(scores, factors).set_index("factor").loc["model"]
    a, b = (scores["value"][scores["model"] == level].to_numpy() for level in ("wav2vec2", "hubert"))
    assert (row["t"], row["p"]) == pytest.approx(tuple(stats.ttest_ind(a, b)))
    df = len(a) + len(b) - 2
    exact = special.gamma(df / 2) / special.gamma((df - 1) / 2) / (df / 2) ** 0.5
    d = (a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    assert row["hedges_g"] == pytest.approx(exact * d, rel=1e-12)


def test_one_seed_is_not_tested(cases):
    scores, factors = cases("3 factors balanced")
    with pytest.raises(ScoresError, match="a single seed"):
        posthoc.pairwise(scores[scores["seed"] == 0], factors)
