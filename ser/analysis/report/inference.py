"""Sections on what the scores show: both designs, contrasts, equivalence, assumptions, groups."""

from collections.abc import Iterator

import pandas as pd

from ser.analysis import assumptions, comparisons, designs, factorial, groups, posthoc, robust
from ser.analysis.contrasts import all_contrasts, main_contrasts, simple_contrasts
from ser.analysis.equivalence import tost
from ser.analysis.figures.differences import forest, rows_of_contrasts
from ser.analysis.report.context import Context
from ser.analysis.report.document import Figure, Section, Table
from ser.analysis.simple_effects import simple_main_effects
from ser.errors import ScoresError

ETA = ["partial_eta_squared", "partial_eta_squared_low", "partial_eta_squared_high"]
OMEGA = ["partial_omega_squared", "partial_omega_squared_low", "partial_omega_squared_high"]
DIFFERENCE = ["contrast", "at", "n", "estimate", "ci_low", "ci_high", "t", "p_holm", "p_bh"]


def between(context: Context) -> Table:
    """Run the published analysis of variance."""
    table = context.between
    caption = (
        f"{context.metric}: analysis of variance between groups, every score taken as independent; type"
        f" {'I' * context.settings.typ} sums of squares, error term: within cells, pooled; {_level(context)} intervals"
        " of the effect sizes from the noncentral F."
    )
    return Table("anova", caption, table, ["effect", "df", "df_error", "F", "p", *ETA, *OMEGA])


def pairwise(context: Context) -> Table:
    """Run the published post-hoc tests."""
    caption = (
        "Post-hoc t-tests, two-tailed, as published: two levels over all scores, whatever the other factors, whose"
        " spread counts as error; corrected over the pairs of one factor."
    )
    table = posthoc.pairwise(context.usable, context.factors)
    return Table("posthoc", caption, table, [column for column in table.columns if column != "error_term"])


def within(context: Context) -> Table:
    """Run the repeated-measures analysis of variance."""
    table = context.within
    caption = (
        f"{context.metric}: repeated measures with the seed as subject, over the {table['n_seeds'].iloc[0]} of"
        f" {table['n_seeds_all'].iloc[0]} seeds that have a score in every cell; error term: the effect's interaction"
        f" with the seed; GG: Greenhouse and Geisser's correction; {_level(context)} intervals."
    )
    shown = ["effect", "df", "df_error", "F", "p", "epsilon", "p_gg", *ETA, "generalized_eta_squared"]
    return Table("repeated", caption, table, shown)


def mixed_model(context: Context) -> Iterator[Table]:
    """Fit the linear mixed model."""
    tests, variances = context.mixed
    caption = (
        f"{context.metric}: linear mixed model, all {tests['n'].iloc[0]} scores of {tests['n_seeds'].iloc[0]} seeds;"
        " random effects: the seed and its interaction with every effect below the highest; type III F tests with"
        " Satterthwaite's degrees of freedom."
    )
    yield Table("mixed", caption, tests, ["effect", "F", "df", "df_error", "p"])
    caption = "Variance components of the mixed model (restricted maximum likelihood)."
    yield Table("mixed_variances", caption, variances, ["component", "sd", "share"])


def compared(context: Context) -> Section:
    """Say where the designs disagree."""
    table = context.comparison
    text = designs.paragraph(table, context.settings.alpha)
    shown = [column for column in table.columns if not column.startswith("F_")]
    caption = f"p of every effect by design; agree: all on one side of alpha = {context.settings.alpha:g}."
    return Section("", [text], tables=[Table("designs", caption, table, shown)])


def simple(context: Context) -> Iterator[Table]:
    """Run the simple main effects."""
    table = simple_main_effects(context.usable, context.factors)
    short = {comparisons.POOLED: "pooled", comparisons.WELCH: "Welch", comparisons.PAIRED: "seeds"}
    wide_table = table[["factor", "at"]].drop_duplicates().set_index(["factor", "at"])
    for error_term, name in short.items():
        rows = table[table["error_term"] == error_term].set_index(["factor", "at"])
        wide_table = wide_table.assign(**{f"F_{name}": rows["F"], f"p_{name}": rows["p_holm"]})
    caption = (
        "Simple main effects: each factor at every combination of the others, under three error terms: within cells,"
        " pooled over all cells; within the compared cells, separate variances (Welch); differences between seeds"
        " (paired). p corrected after Holm over one factor's rows of one error term."
    )
    yield Table("simple_effects", caption, wide_table.reset_index())
    yield Table(
        "simple_effects_all", "The same with numbers, degrees of freedom and uncorrected p.", table, folded=True
    )


def contrasts(context: Context) -> Section:
    """Compare cells within seeds, and beside that under the other error terms."""
    by_seed, table = context.differences, context.by_cells
    asked, confidence = all_contrasts(table.columns), 1 - context.settings.alpha
    level = f"{100 * confidence:g} %"
    caption = (
        f"Differences within seeds: paired t-tests with {level} intervals, corrected over the rows of one kind and"
        " factor; d_z: mean over SD of the seeds' differences, with bootstrap (BCa) interval; superiority: share of"
        " seeds above 0; BF: Bayes factor against no difference (JZS, scale √2/2)."
    )
    sizes = ["d_z", "d_z_low", "d_z_high", "superiority", "log10_bf"]
    differences, interactions = (by_seed[(by_seed["kind"] == "interaction") == crossed] for crossed in (False, True))
    tables = [Table("contrasts_within_seeds", caption, differences, [*DIFFERENCE, *sizes])]
    if not interactions.empty:
        caption = "Interaction contrasts within seeds: differences of differences; columns as above."
        tables.append(Table("contrasts_interactions", caption, interactions, [*DIFFERENCE, *sizes]))
    caption = (
        "The same contrasts, scores taken as independent, each cell with its own variance (Welch, Satterthwaite);"
        f" {level} intervals; Hedges g with bootstrap (BCa) interval; superiority: P(a > b) over all pairs of scores."
    )
    welch = comparisons.per_cell(table, asked, confidence)
    shown = [*DIFFERENCE, "g", "g_low", "g_high", "superiority"]
    tables.append(Table("contrasts_per_cell", caption, welch, shown, folded=True))
    caption = (
        "The same contrasts, scores taken as independent, one variance pooled over all cells; Hedges g over its root."
    )
    pooled = comparisons.pooled(table, asked, confidence)
    tables.append(Table("contrasts_pooled", caption, pooled, [*DIFFERENCE, "g"], folded=True))
    caption = (
        f"Differences within seeds with {level} intervals, diamonds: mean over the other factors; green: within the"
        f" margin of ±{context.settings.margin:g}."
    )
    return Section("", tables=tables, figures=_forest(context, "contrasts", caption, by_seed))


def equivalence(context: Context) -> Iterator[Table]:
    """Test every difference against the margin."""
    alpha, margin = context.settings.alpha, context.settings.margin
    shown = ["contrast", "at", "n", "estimate", "tost_low", "tost_high", "p_tost_holm", "p_holm", "verdict"]
    caption = (
        f"Two one-sided tests within seeds against a margin of ±{margin:g} in {context.metric}: {_level(context)}"
        " interval; both p corrected after Holm over the rows of one kind and factor."
    )
    yield Table("equivalence", caption, tost(context.differences, margin, alpha), shown)
    caption = "The same between groups, each cell with its own variance (Welch)."
    simple = [*main_contrasts(context.by_cells.columns), *simple_contrasts(context.by_cells.columns)]
    welch = tost(comparisons.per_cell(context.by_cells, simple), margin, alpha)
    yield Table("equivalence_per_cell", caption, welch, shown, folded=True)


def assumption_checks(context: Context) -> Section:
    """Test the assumptions."""
    checks = assumptions.check(context.usable, context.factors, context.settings.alpha)
    caption = f"Tests of the assumptions at alpha = {context.settings.alpha:g}."
    table = Table("assumptions", caption, checks, folded=True)
    return Section("", [assumptions.conclusion(checks)], tables=[table])


def without_assumptions(context: Context) -> Iterator[Table]:
    """Run the tests that need no normality and no equal variances, beside the parametric ones."""
    parametric = factorial.anova(context.usable, context.factors, 3).dropna(subset="F")[["effect", "p"]]
    free = robust.between(context.usable, context.factors)
    caption = (
        "Between groups (type III): p of the parametric test, of Welch and James' for unequal variances, and of"
        f" {robust.PERMUTATIONS} permutations (Freedman and Lane)."
    )
    table = parametric.merge(free, on="effect")
    yield Table("robust_between", caption, table, ["effect", "p", "p_welch", "p_permutation"])
    table = context.within[["effect", "p_gg"]]
    table = table.merge(robust.within(context.usable, context.factors), on="effect")
    caption = f"Within seeds: p of the parametric test, and of {robust.PERMUTATIONS} sign flips of whole seeds."
    yield Table("robust_within", caption, table, ["effect", "n_seeds", "p_gg", "p_sign_flip"])


def speaker_groups(context: Context) -> Section:
    """Compare the groups of speakers."""
    settings = context.settings
    found = groups.gaps(context.scores, context.factors, context.metric, settings.margin, settings.alpha)
    differences, verdicts = found["gaps"], found["equivalence"]
    level = f"{100 * (1 - settings.alpha):g} %"
    shown = ["contrast", "at", "n", "estimate", "tost_low", "tost_high", "p_tost_holm", "p_holm", "verdict"]
    caption = (
        f"Gap in {context.metric} between groups of speakers within the same trained model:"
        f" {_level(context)} interval, test of a difference and of equivalence within"
        f" ±{settings.margin:g}, both corrected after Holm."
    )
    tables = [Table("groups", caption, verdicts, shown)]
    caption = f"All contrasts that involve the group of speakers, paired by seed; {level} intervals."
    sizes = ["d_z", "d_z_low", "d_z_high", "superiority", "log10_bf"]
    tables.append(Table("groups_contrasts", caption, differences, [*DIFFERENCE, *sizes], folded=True))
    notes = []
    try:
        table = groups.anova(context.scores, context.factors, context.metric)
        caption = "Repeated measures with the group of speakers as one more factor: the effects that involve it."
        tables.append(
            Table("groups_anova", caption, table, ["effect", "n_seeds", "F", "df", "df_error", "p", "p_gg", *ETA])
        )
    except ScoresError as reason:
        notes.append(f"Repeated measures with the group as a factor: {reason}")
    caption = f"Gap between groups with {level} interval, diamonds: mean over all cells; green: within the margin."
    return Section("", notes=notes, tables=tables, figures=_forest(context, "groups", caption, differences))


def _level(context: Context) -> str:
    """Return the coverage of intervals that agree with one-sided tests, so with F and with the equivalence tests."""
    return f"{100 - 200 * context.settings.alpha:g} %"


def _forest(context: Context, name: str, caption: str, differences: pd.DataFrame) -> list[Figure]:
    rows = rows_of_contrasts(differences)
    if rows.empty:  # no seed has both cells of any difference
        return []
    return [context.draw(name, caption, forest, rows, context.settings.margin, f"difference of {context.metric}")]
