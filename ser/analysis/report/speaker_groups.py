"""Sections on the groups of speakers: what is missing of them, their gaps, and their effects."""

from ser.analysis import comparisons, groups
from ser.analysis.cells import inventory
from ser.analysis.report.context import Context
from ser.analysis.report.document import Section, Table
from ser.analysis.report.inference import DIFFERENCE, EQUIVALENCE, ETA, SIZES, draw_forest, verdict


def gaps(context: Context) -> Section:
    """Compare the groups of speakers."""
    settings = context.settings
    found = groups.gaps(context.scores, context.factors, context.metric, settings.margin, settings.alpha)
    comparisons.require_two_seeds(found["gaps"])
    level = f"{100 * (1 - settings.alpha):g} %"
    caption = (
        f"Gap in {context.metric} between groups of speakers within the same trained model: tests of a difference and"
        f" of equivalence within ±{settings.margin:g}. {verdict(context)}"
    )
    tables = [Table("groups", caption, found["equivalence"], EQUIVALENCE)]
    caption = f"All contrasts that involve the group of speakers, paired by seed; {level} intervals."
    tables.append(Table("groups_contrasts", caption, found["gaps"], [*DIFFERENCE, *SIZES], folded=True))
    return Section("", tables=tables, figures=draw_forest(context, "groups", "Gaps between groups", found["gaps"]))


def effects(context: Context) -> Section:
    """Run repeated measures with the group of speakers as one more factor."""
    table, left_out = groups.group_effects(context.scores, context.factors, context.metric)
    caption = "Repeated measures with the group of speakers as one more factor: the effects that involve it."
    notes = [
        f"{group} is left out of the repeated measures below: fewer than two seeds have its score in every cell."
        for group in left_out
    ]
    shown = ["effect", "n_seeds", "F", "df", "df_error", "p", "p_gg", *ETA]
    return Section("", notes=notes, tables=[Table("groups_anova", caption, table, shown)])


def missing(context: Context) -> Section:
    """Say which scores of the groups are missing."""
    if not groups.scored(context.scores, context.metric):
        return Section("")
    table = inventory(context.scores, [*context.factors, groups.GROUP], context.metric, None, context.failures)
    lost = table["nan"] + table["absent"]
    if not lost.any():
        return Section("")
    parts = (
        table.assign(lost=lost, expected=table["n"] + lost)
        .groupby(groups.GROUP, observed=True)[["lost", "expected"]]
        .sum()
    )
    named = ", ".join(f"{group} {row.lost} of {row.expected}" for group, row in parts.iterrows() if row.lost)
    note = (
        f"Scores of the groups that are missing: {named}. A group has no score where no speaker of it is in the test"
        " set; each gap rests on the seeds that have both groups (n)."
    )
    caption = "Scores of each cell and group: finite (n), not a number, absent, and known to have failed."
    return Section("", notes=[note], tables=[Table("groups_counts", caption, table, folded=True)])
