"""Sentences of the report that few sweeps need: each from scores of which it is true, and not from others."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser.analysis import assumptions, ranks
from ser.analysis.cells import select
from ser.analysis.claims import claims
from ser.analysis.claims.clips import with_standard_keys
from ser.analysis.claims.table import SPEAKERS, THESE
from ser.analysis.corpora import across_corpora
from ser.analysis.published import compare_published, rebuild_scores
from ser.analysis.report import planning, ranking, words
from ser.analysis.report import scores as scores_sections
from ser.analysis.report.context import Context
from ser.analysis.settings import AnalysisSettings
from ser.analysis.summary import describe
from ser.errors import ScoresError
from tests.analysis.studies import study


def scores_of(levels: dict[str, list[str]], seeds: int) -> pd.DataFrame:
    """Give noise as tidy scores of every cell and seed."""
    rows = [(*cell, seed) for cell in product(*levels.values()) for seed in range(seeds)]
    table = pd.DataFrame(rows, columns=[*levels, "seed"])
    values = np.random.default_rng(1).normal(0.6, 0.02, len(table))
    return with_standard_keys(table.assign(group="all", metric="accuracy", value=values))


@pytest.fixture
def context(monkeypatch):
    """Give what sections read of scores without speakers; `drawn` keeps the captions and data of its figures."""

    def make(scores: pd.DataFrame, confusions: pd.DataFrame | None = None) -> Context:
        settings = AnalysisSettings(
            metric="accuracy", only=None, factors=None, margin=0.01, alpha=0.05, typ=2, reference=None
        )
        tables = (scores, pd.DataFrame() if confusions is None else confusions, pd.DataFrame())
        made = Context(*tables, settings, Path("unused"), ThreadPoolExecutor(1))
        made.testing["all"] = made.painters.submit(claims, scores, None)
        return made

    make.drawn = {}
    monkeypatch.setattr(
        Context, "draw", lambda self, name, caption, chart, *data: make.drawn.update({name: (caption, data)})
    )
    return make


def test_nothing_is_ranked_of_two_levels(context):
    with pytest.raises(ScoresError, match=r"^no factor but dataset and trained_on has 3 levels, so nothing is ranked"):
        ranking.leaderboards(context(scores_of({"model": ["a", "b"], "dataset": ["x", "y", "z"]}, 3)))


@pytest.mark.parametrize(("factors", "said"), [(5, " The first 24 effects; 7 further ones are in the table."), (4, "")])
def test_panels_of_more_effects_than_a_page_holds(context, factors, said):
    planning.verdicts_so_far(context(scores_of({f"factor{number}": ["a", "b"] for number in range(factors)}, 3)))
    assert context.drawn["after_seeds"][0] == f"p after the first k seeds; grey: below alpha = 0.05.{said}"


def test_cells_that_do_not_fit_a_page_are_averaged_within_seeds(context, monkeypatch):
    scores = scores_of({"model": ["a", "b"], "pooling": ["max", "mean"], "weights": ["x", "y"]}, 3)
    scores_sections.cells(context(scores))
    assert "Each score is the mean" not in context.drawn["cells"][0]
    monkeypatch.setattr(scores_sections, "MOST_CELLS", 4)
    scores_sections.cells(context(scores))
    caption, (drawn, summary, shown, _) = context.drawn["cells"]
    assert caption.endswith(" Each score is the mean of a seed over weights, whose cells do not fit a page.")
    assert shown == ["model", "pooling"]
    assert summary["n"].tolist() == [3] * 4
    first = scores.query("model == 'a' and pooling == 'max' and seed == 0")["value"]
    assert drawn["value"].iloc[0] == pytest.approx(first.mean())


def test_confusions_of_more_cells_than_are_drawn(context, monkeypatch):
    scores = scores_of({"model": ["a", "b"]}, 2)
    rows = product("ab", range(2), ["anger", "joy"], ["anger", "joy"], [3])
    confusions = pd.DataFrame(rows, columns=["model", "seed", "emotion", "predicted", "count"])
    made = context(scores, confusions)
    assert not scores_sections.confusions(made).notes
    monkeypatch.setattr(scores_sections, "MOST_MATRICES", 1)
    assert scores_sections.confusions(made).notes == [
        "More than 1 cells: their confusion matrices are in confusions.csv alone."
    ]


@pytest.mark.parametrize(
    ("spreads", "seeds", "said"),
    [
        ((0.02, 0.02), 30, "No test of normality or of equal variances rejects, so the parametric tests may be read"),
        ((0.02, 0.02), 5, "but few scores or seeds cannot show much: read the tests without assumptions beside them."),
        (
            (0.002, 0.05),
            30,
            "Rejected: equal variances between groups (1 of 1 tests). Where variances differ,",
        ),
    ],
)
def test_assumptions(spreads, seeds, said):
    quantiles = np.random.default_rng(0).permutation(stats.norm.ppf((np.arange(seeds) + 0.5) / seeds))
    other = np.random.default_rng(1).permutation(quantiles)
    table = pd.DataFrame({"model": list("ab") * seeds, "seed": np.repeat(range(seeds), 2)})
    table["value"] = 0.6 + np.column_stack([quantiles * spreads[0], other * spreads[1]]).ravel()
    assert said in assumptions.conclusion(assumptions.check(table, ["model"], 0.05))


def test_no_assumption_can_be_tested_without_spread():
    table = pd.DataFrame({"model": list("ab") * 2, "seed": [0, 0, 1, 1], "value": [0.5, 0.6, 0.5, 0.6]})
    said = assumptions.conclusion(assumptions.check(table, ["model"], 0.05))
    assert said.startswith("None of the assumptions could be tested. Not tested: ")


def test_a_wider_claim_that_takes_the_narrower_one_says_so():
    noted, silent = 0, 0
    for seed in range(8):
        found = claims(*study({"model": ["a", "b"]}, 3, 8, (0.05, 0.01, 0.05), {}, random_seed=seed))
        found = found.set_index("population")
        narrow, wide = found.loc[THESE], found.loc[SPEAKERS]
        half = (wide["ci_high"] - wide["ci_low"]) / 2
        takes = wide["p"] == narrow["p"] or half == pytest.approx((narrow["ci_high"] - narrow["ci_low"]) / 2)
        assert ("p or interval of the narrower claim, which is wider" in wide["note"]) == takes
        noted, silent = noted + takes, silent + (not takes)
    assert noted


def test_methods_name_what_was_run(context):
    text = " ".join(words.methods(context(scores_of({"model": ["a", "b"]}, 8))).paragraphs)
    assert "we ran the analysis within seeds: repeated measures with the seed as subject" in text
    assert "Effects were tested anew without equal variances (Welch and James), without normality (4999" in text
    assert "The level of all tests was 0.05." in text
    alone = " ".join(words.methods(context(scores_of({"model": ["a", "b"]}, 1))).paragraphs)
    assert "we ran the analysis within seeds" not in alone
    assert "Effects were tested anew" not in alone


def test_two_treatments_are_not_ranked_by_friedman():
    with pytest.raises(ScoresError, match="Friedman's test compares 3 treatments or more, here are 2; read Wilcoxon's"):
        ranks.friedman(pd.DataFrame({"a": [1, 2, 3], "b": [2, 3, 4]}))


def test_one_level_has_nothing_to_be_compared_with_over_corpora():
    scores = scores_of({"model": ["a"], "dataset": ["x", "y"]}, 3)[["model", "dataset", "seed", "value"]]
    with pytest.raises(ScoresError, match="there is one level of model, and nothing to compare it with"):
        across_corpora(scores, "model")


def test_cells_of_another_corpus_are_not_set_beside_the_published_ones():
    scores = rebuild_scores().assign(trained_on="emodb")
    factors = ["model", "pretune", "dataset", "trained_on"]
    with pytest.raises(ScoresError, match="the published models were trained on emozionalmente, these on emodb"):
        compare_published(describe(select(scores.assign(group="all", metric="accuracy"), factors), factors))
