"""Sections on many levels: a leaderboard whose places are groups, and what holds for other corpora."""

import pandas as pd

from ser.analysis import ranks
from ser.analysis.corpora import across_corpora
from ser.analysis.designs import p_words
from ser.analysis.figures.ranks import critical_difference_diagram
from ser.analysis.report.context import Context
from ser.analysis.report.document import Figure, Section, Table
from ser.errors import ScoresError
from ser.schema import lower_is_better

FEWEST_CORPORA = 5
"""Corpora from which on ranks are taken over them: Friedman's test of fewer can hardly reject (Demsar 2006)."""
CORPORA = ("dataset", "trained_on")
"""Columns whose levels are corpora, and so blocks, not treatments."""


def leaderboards(context: Context) -> Section:
    """Rank the levels of every factor that has three or more, over corpora or over seeds."""
    treatments = _treatments(context)
    if not treatments:
        raise ScoresError(f"no factor but {' and '.join(CORPORA)} has {ranks.FEWEST} levels, so nothing is ranked")
    block = "dataset" if _corpora(context) >= FEWEST_CORPORA else "seed"
    paragraphs = [_blocks_in_words(context, block)]
    tables: list[Table] = []
    figures: list[Figure] = []
    notes: list[str] = []
    for factor in treatments:
        try:
            words, made, drawn = _ranked(context, factor, block)
        except ScoresError as reason:
            notes.append(f"{factor}: {reason}.")
            continue
        paragraphs.append(words)
        tables += made
        figures += drawn
    return Section("", paragraphs, notes, tables=tables, figures=figures)


def other_corpora(context: Context) -> list[Table]:
    """Estimate the differences for corpora that were not run, where there are enough that were."""
    corpora = _corpora(context)
    if corpora < FEWEST_CORPORA:
        raise ScoresError(
            f"{corpora} test set(s): what holds for other corpora is not estimated from fewer than {FEWEST_CORPORA}"
        )
    settings = context.settings
    caption = (
        "Differences of {factor} for other corpora and seeds: corpora and seeds crossed, both random; p after Holm over"
        f" the pairs; verdicts against the margin of ±{settings.margin:g}."
    )
    factors = [factor for factor in context.there if factor not in CORPORA]
    return [
        Table(
            f"corpora_{factor}",
            caption.format(factor=factor),
            across_corpora(_numbers(context), factor, "dataset", settings.margin, settings.alpha),
        )
        for factor in factors
    ]


def _treatments(context: Context) -> list[str]:
    return [
        factor for factor in context.there if factor not in CORPORA and context.usable[factor].nunique() >= ranks.FEWEST
    ]


def _corpora(context: Context) -> int:
    return int(context.usable["dataset"].nunique()) if "dataset" in context.usable else 0


def _numbers(context: Context) -> pd.DataFrame:
    return context.usable[[*context.factors, "seed", "value"]]


def _blocks_in_words(context: Context, block: str) -> str:
    if block == "seed":
        return (
            "Ranks are taken within seeds, so they hold for these corpora and speakers alone;"
            f" from {FEWEST_CORPORA} test sets on they are taken within test sets, and hold for others of their kind."
        )
    return f"Ranks are taken within the {_corpora(context)} test sets, whose difficulty so does not count."


def _ranked(context: Context, factor: str, block: str) -> tuple[str, list[Table], list[Figure]]:
    """Return what is said, tabled and drawn of one factor."""
    lower, alpha = lower_is_better(context.metric), context.settings.alpha
    table = ranks.blocks_by_treatments(_numbers(context), factor, block)
    test = ranks.friedman(table)
    critical = ranks.critical_difference(table.shape[1], len(table), alpha)
    board = ranks.leaderboard(_numbers(context), factor, block, lower, alpha)
    pairs = ranks.compare_ranks(table, lower)
    blocks = f"{len(table)} {'test sets' if block == 'dataset' else 'seeds'}"
    words = (
        f"{factor}, {table.shape[1]} levels over {blocks}: Friedman's χ²({test['df']}) = {test['chi_squared']:.2f},"
        f" {p_words(test['p'])}; after Iman and Davenport F({test['df']}, {test['df_error']}) = {test['F']:.2f},"
        f" {p_words(test['p_F'])}. Mean ranks that differ by less than {critical:.2f} (Nemenyi, alpha = {alpha:g})"
        " share a letter: their order is no finding."
    )
    captions = {
        "leaderboard": f"Mean ranks of {factor} over {blocks}, 1 the best; levels that share a letter are one group.",
        "pairs": (
            f"Every two levels of {factor} over {blocks}: Nemenyi's p, Wilcoxon's with Holm's correction, and the"
            " probability that the first scores better."
        ),
    }
    made = [
        Table(f"leaderboard_{factor}", captions["leaderboard"], board),
        Table(f"ranks_{factor}", captions["pairs"], pairs, folded=True),
    ]
    caption = f"Mean ranks of {factor}; a bar joins those that Nemenyi's test cannot tell apart."
    order = ranks.mean_ranks(table, lower)
    drawn = context.draw(f"ranks_{factor}", caption, critical_difference_diagram, order, pairs, critical, alpha)
    return words, made, [drawn]
