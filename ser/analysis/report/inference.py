"""Sections on what the scores show: both designs, contrasts, equivalence, assumptions."""

from collections.abc import Iterator

import pandas as pd

from ser.analysis import assumptions, comparisons, factorial, posthoc, robust
from ser.analysis.contrasts import all_contrasts, main_contrasts, simple_contrasts
from ser.analysis.figures.differences import forest, forest_caption, rows_of_contrasts
from ser.analysis.report.context import Context
from ser.analysis.report.document import Figure, Section, Table
from ser.analysis.report.words import disagreement
from ser.analysis.simple_effects import simple_main_effects
from ser.analysis.standardised import FEWEST
from ser.analysis.tost import tost
from ser.errors import ScoresError

ETA = ["partial_eta_squared", "partial_eta_squared_low", "partial_eta_squared_high"]
OMEGA = ["partial_omega_squared", "partial_omega_squared_low", "partial_omega_squared_high"]
NAMED = ["contrast", "at", "n"]
DIFFERENCE = [*NAMED, "estimate", "ci_low", "ci_high", "t", "p_holm", "p_bh"]
SIZES = ["d_z", "d_z_low", "d_z_high", "superiority", "log10_bf"]
EQUIVALENCE = [*NAMED, "estimate", "tost_low", "tost_high", "p_tost_holm", "p_holm", "verdict"]


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


def mixed_model(context: Context) -> Section:
    """Fit the linear mixed model."""
    tests, variances = context.mixed
    caption = (
        f"{context.metric}: linear mixed model, all {tests['n'].iloc[0]} scores of {tests['n_seeds'].iloc[0]} seeds;"
        f" random effects: {', '.join(variances['component'][:-1])}; type III F tests with Satterthwaite's degrees of"
        " freedom."
    )
    variance_caption = "Variance components of the mixed model (restricted maximum likelihood)."
    notes = [f"The mixed model is not to be trusted here: {why}." for why in tests["caution"].unique() if why]
    tables = [
        Table("mixed", caption, tests, ["effect", "F", "df", "df_error", "p"]),
        Table("mixed_variances", variance_caption, variances, ["component", "sd", "share"]),
    ]
    return Section("", notes=notes, tables=tables)


def compared(context: Context) -> Section:
    """Say where the designs disagree."""
    table = context.comparison
    if table.empty:
        raise ScoresError("no design could be run, so there is nothing to compare")
    shown = [column for column in table.columns if not column.startswith("F_")]
    caption = f"p of every effect by design; agree: all on one side of alpha = {context.settings.alpha:g}."
    return Section("", [disagreement(context)], tables=[Table("designs", caption, table, shown)])


def simple(context: Context) -> Iterator[Table]:
    """Run the simple main effects."""
    table = simple_main_effects(context.usable, context.factors)
    short = {comparisons.POOLED: "pooled", comparisons.WELCH: "Welch", comparisons.PAIRED: "seeds"}
    wide_table = table[["factor", "at"]].drop_duplicates().set_index(["factor", "at"])
    for error_term, name in short.items():
        rows = table[table["error_term"] == error_term].set_index(["factor", "at"])
        wide_table = wide_table.assign(**{f"F_{name}": rows["F"], f"p_holm_{name}": rows["p_holm"]})
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
    """Compare cells within seeds."""
    by_seed = context.differences
    comparisons.require_two_seeds(by_seed)
    level = f"{100 * (1 - context.settings.alpha):g} %"
    caption = (
        f"Differences within seeds: paired t-tests with {level} intervals, corrected over the rows of one kind and"
        " factor."
    )
    differences, interactions = (by_seed[(by_seed["kind"] == "interaction") == crossed] for crossed in (False, True))
    tables = [Table("contrasts_within_seeds", caption, differences, DIFFERENCE)]
    if not interactions.empty:
        caption = "Interaction contrasts within seeds: differences of differences; columns as above."
        tables.append(Table("contrasts_interactions", caption, interactions, DIFFERENCE))
    caption = (
        "How large these differences are without their unit. d_z: mean over SD of the seeds' differences, with"
        f" interval from the noncentral t, from {FEWEST} seeds on; superiority: share of seeds above 0; BF: Bayes"
        " factor against no difference (JZS, scale √2/2), above 0 in favour of one."
    )
    tables.append(Table("contrasts_sizes", caption, by_seed[["kind", *NAMED, *SIZES]]))
    return Section("", tables=tables, figures=draw_forest(context, "contrasts", "Differences within seeds", by_seed))


def contrasts_between(context: Context) -> Iterator[Table]:
    """Compare the same cells with their scores taken as independent."""
    table, confidence = context.by_cells, 1 - context.settings.alpha
    asked = all_contrasts(table.columns)
    welch = comparisons.per_cell(table, asked, confidence)
    if welch["p"].notna().any():
        caption = (
            "The contrasts with scores taken as independent, each cell with its own variance (Welch, Satterthwaite);"
            f" {100 * confidence:g} % intervals; Hedges g with interval from the noncentral t; superiority: P(a > b)"
            " over all pairs of scores."
        )
        shown = [*DIFFERENCE, "g", "g_low", "g_high", "superiority"]
        yield Table("contrasts_per_cell", caption, welch, shown, folded=True)
    pooled = comparisons.pooled(table, asked, confidence)
    if pooled["p"].notna().any():
        caption = (
            "The contrasts with scores taken as independent, one variance pooled over all cells; Hedges g over its"
            " root."
        )
        yield Table("contrasts_pooled", caption, pooled, [*DIFFERENCE, "g"], folded=True)


def equivalence(context: Context) -> Table:
    """Test every difference against the margin."""
    comparisons.require_two_seeds(context.differences)
    alpha, margin = context.settings.alpha, context.settings.margin
    caption = (
        f"Two one-sided tests within seeds against a margin of ±{margin:g} in {context.metric}. {verdict(context)}"
    )
    return Table("equivalence", caption, tost(context.differences, margin, alpha), EQUIVALENCE)


def equivalence_between(context: Context) -> Iterator[Table]:
    """Test the same differences with their scores taken as independent."""
    alpha, margin = context.settings.alpha, context.settings.margin
    simple = [*main_contrasts(context.by_cells.columns), *simple_contrasts(context.by_cells.columns)]
    welch = tost(comparisons.per_cell(context.by_cells, simple), margin, alpha)
    if welch["p_tost"].notna().any():
        caption = "The same between groups, each cell with its own variance (Welch)."
        yield Table("equivalence_per_cell", caption, welch, EQUIVALENCE, folded=True)


def assumption_checks(context: Context) -> Section:
    """Test the assumptions."""
    checks = context.assumptions
    caption = f"Tests of the assumptions at alpha = {context.settings.alpha:g}."
    table = Table("assumptions", caption, checks, folded=True)
    return Section("", [assumptions.conclusion(checks)], tables=[table])


def robust_between(context: Context) -> Table:
    """Run the tests between groups that need no normality and no equal variances, beside the parametric ones."""
    parametric = factorial.anova(context.usable, context.factors, 3).dropna(subset="F")[["effect", "p"]]
    caption = (
        "Between groups (type III): p of the parametric test, of Welch and James' for unequal variances, and of"
        f" {robust.PERMUTATIONS} permutations (Freedman and Lane)."
    )
    table = parametric.merge(context.robust_between, on="effect")
    return Table("robust_between", caption, table, ["effect", "p", "p_welch", "p_permutation"])


def robust_within(context: Context) -> Section:
    """Run the tests within seeds that need no normality, beside the parametric ones."""
    found, alpha = context.robust_within, context.settings.alpha
    table = context.within[["effect", "p_gg"]].merge(found, on="effect")
    n, patterns, smallest = found[["n_seeds", "patterns", "p_smallest"]].iloc[0]
    every = "all" if n <= robust.ENUMERATED else f"{patterns - 1:.0f} random"
    caption = f"Within seeds: p of the parametric test, and of sign flips of whole seeds ({every} patterns of signs)."
    notes = []
    if smallest >= alpha:
        notes.append(
            f"With {n:.0f} seeds no p of the sign flips can be below {smallest:.4g}: p < {alpha:g} is impossible with"
            f" fewer than {robust.seeds_for(alpha)} seeds."
        )
    shown = ["effect", "n_seeds", "p_gg", "p_sign_flip"]
    return Section("", notes=notes, tables=[Table("robust_within", caption, table, shown)])


def _level(context: Context) -> str:
    """Return the coverage of intervals that agree with one-sided tests, so with F and with the equivalence tests."""
    return f"{100 - 200 * context.settings.alpha:g} %"


def verdict(context: Context) -> str:
    """Say what the columns of `tost` rest on: the interval is of one difference, the verdict of a family of them."""
    return (
        f"The {_level(context)} interval is uncorrected, for one difference taken alone; the verdict rests"
        " on both p corrected after Holm over the rows of one kind and factor, so it can be undecided where the"
        " interval lies within the margin."
    )


def draw_forest(context: Context, name: str, what: str, differences: pd.DataFrame) -> list[Figure]:
    """Return the figure of differences with their intervals; none where no seed has both cells of any."""
    alpha, margin = context.settings.alpha, context.settings.margin
    rows = rows_of_contrasts(differences, alpha)
    if rows.empty:
        return []
    caption = forest_caption(rows, what, alpha, margin)
    return [context.draw(name, caption, forest, rows, margin, f"difference of {context.metric}")]
