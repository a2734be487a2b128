"""Sections on the scores as they are: cells, what is missing, confusions, and the published cells beside them."""

import pandas as pd

from ser.analysis import published
from ser.analysis.cells import select
from ser.analysis.confusions import mean_shares
from ser.analysis.figures import cells as pictures
from ser.analysis.figures.confusions import matrices
from ser.analysis.figures.differences import forest
from ser.analysis.report.context import Context
from ser.analysis.report.document import Section, Table
from ser.analysis.summary import describe
from ser.errors import ScoresError
from ser.labels import in_order
from ser.schema import ALL, CEILING, FACTORS

MOST_MATRICES = 24
MOST_CELLS = 96
"""Cells that a page has room for."""


def cells(context: Context) -> Section:
    """Show every cell: Table 2's equivalent, all seeds, and the means."""
    table = describe(context.usable, context.factors)
    figures, metric = [], context.metric
    if not table.empty:
        shown, drawn, over = _that_fit(context)
        summary = describe(drawn, shown)
        caption = pictures.raincloud_caption(summary, metric) + over
        figures.append(context.draw("cells", caption, pictures.raincloud, drawn, summary, shown, metric))
        if context.there:
            caption = f"Mean {metric} with its 95 % interval; panels share their axis.{over}"
            figures.append(context.draw("interaction", caption, pictures.interaction, summary, shown, metric))
    caption = f"Each cell's {metric} over its seeds; 95 % t interval of the mean."
    return Section("", tables=[Table("cells", caption, table)], figures=figures)


def _that_fit(context: Context) -> tuple[list[str], pd.DataFrame, str]:
    """Return the factors whose cells fit a page, the scores of these cells, and in words what they are means over."""
    shown = context.there or context.factors[:1]
    while len(shown) > 1 and context.usable[shown].drop_duplicates().shape[0] > MOST_CELLS:
        shown = shown[:-1]
    over = [factor for factor in context.there if factor not in shown]
    if not over:
        return shown, context.usable, ""
    means = context.usable.groupby([*shown, "seed"], observed=True)["value"].mean().reset_index()
    return shown, means, f" Each score is the mean of a seed over {', '.join(over)}, whose cells do not fit a page."


def human_ceiling(context: Context) -> Section:
    """Show how well one rater agrees with the majority of the others, beside the scores, where votes were counted."""
    scores = context.scores[context.scores["group"] == ALL]
    keys = [key for key in ("trained_on", "dataset") if key == "dataset" or scores[key].nunique() > 1]
    if not scores["metric"].isin(CEILING).any():
        return Section("")
    means = scores.pivot_table(values="value", index=keys, columns="metric", aggfunc="mean")
    shown = ["human", "ci_low", "ci_high", "models", "clips"]
    parts = []
    for metric in ("accuracy", "uar"):
        columns = [*(f"human_{metric}{end}" for end in ("", "_low", "_high")), metric, "human_clips"]
        part = means.reindex(columns=columns).set_axis(shown, axis=1).dropna().reset_index()
        parts.append(part.assign(metric=metric))
    data = pd.concat(parts, ignore_index=True)[[*keys, "metric", *shown]].round({"clips": 0}).astype({"clips": int})
    caption = (
        "The human ceiling: one rater against the majority of the other raters of a clip, with its 95 % interval over"
        " clips, and the mean of the models, against the majority of all raters. All are means over the trainings,"
        " whose test parts may differ. A majority of few raters is itself uncertain, so that a model may be above."
    )
    return Section("", tables=[Table("human_ceiling", caption, data)])


def missing(context: Context) -> Section:
    """Say how many scores are missing, where, and why."""
    counts = context.counts
    lost = int((counts["nan"] + counts["absent"]).sum())
    seeds = int(counts[["n", "nan", "absent"]].sum(axis=1).max())
    if not lost and context.failures.empty:
        return Section("", [f"Every one of the {len(counts)} cells has a score for each of the {seeds} seed(s)."])
    notes, tables = [], []
    if lost:
        notes.append(
            f"{lost} of {len(counts) * seeds} scores are missing: {int(counts['nan'].sum())} are not a number,"
            f" {int(counts['absent'].sum())} are absent, {int(counts['failed'].sum())} of them from trainings that"
            " failed or have not ended. Each table names the number that it rests on."
        )
        caption = (
            "Scores of each cell: finite (n), not a number, absent, and known to have failed; the seeds concerned."
        )
        tables.append(Table("counts", caption, counts))
    if not context.failures.empty:
        notes.append(f"{len(context.failures)} training(s) failed or have not ended.")
        failures = context.failures.assign(error=context.failures["error"].astype(str).str.split("\n").str[0].str[:120])
        tables.append(Table("failures", "Trainings that failed or have not ended.", failures))
    return Section("", notes=notes, tables=tables)


def design(context: Context) -> Section:
    """Say which scores are kept to, which factors are no factors here, and which replicates are not independent."""
    notes = [f"Only scores with {column}={level} are analysed." for column, level in context.only.items()]
    if context.usable.empty:
        return Section("", notes=notes)
    notes += [
        f"{factor} has one level ({context.usable[factor].iloc[0]}), so it is left out of the tests."
        for factor in context.factors
        if factor not in context.there
    ]
    for factor in context.factors:
        lost = context.selected[factor].cat.categories.difference(context.usable[factor].cat.categories)
        notes += [
            f"{factor}={level} has no {context.metric} that is a number, so it is left out of the tests."
            for level in lost
        ]
    if context.seed_keys:
        key = context.seed_keys[0]
        notes.append(
            f"The sweep varied {', '.join(context.seed_keys)} beside the seed. Replicates are the combinations of both;"
            " those that share one of them are not independent, so p values are too small. For tests, analyse one level"
            f" at a time: only={{{key}:{context.scores[key].iloc[0]}}}."
        )
    return Section("", notes=notes)


def mixed_hardware(context: Context) -> Section:
    """Say where cells were trained with different precisions or on different devices, and which levels that concerns.

    Precision changes scores by rounding; where it goes with the levels of a factor it is part of their difference.
    """
    if context.hardware.empty:
        return Section("")
    recorded = context.hardware[(context.hardware[["device", "precision"]] != "").all(axis=1)]
    groups = recorded.groupby(["precision", "device"], sort=True).size()
    if len(groups) < 2:
        return Section("")
    counted = "; ".join(f"{count} in {precision} on {device}" for (precision, device), count in groups.items())
    kind = "precisions" if recorded["precision"].nunique() > 1 else "devices"
    text = f"The cells of this sweep were trained with different {kind}: {counted}."
    confounded = [
        factor
        for factor in context.factors
        if factor in recorded
        and recorded[factor].nunique() > 1
        and (recorded.groupby(factor)["precision"].nunique() == 1).all()
        and recorded["precision"].nunique() > 1
    ]
    if confounded:
        text += (
            f" The precision changes with {' and '.join(confounded)}, so that their differences are differences of"
            " precision as well: train one of the levels anew on the other's hardware before you believe them."
        )
    return Section("", notes=[text])


def corpora(context: Context) -> Section:
    """Say what is unusual about the corpora that cells were trained and tested on, such as clips that are missing."""
    if "notes" not in context.hardware:
        return Section("")
    lines = context.hardware["notes"].str.split("\n").explode()
    counts = lines[lines != ""].value_counts()
    of = len(context.hardware)
    notes = [line if count == of else f"{line} ({count} of {of} cells)" for line, count in counts.items()]
    return Section("", notes=notes)


def confusions(context: Context) -> Section:
    """Show the mean confusion matrix of every cell."""
    factors = [factor for factor in context.factors if factor in context.confusions.columns] or context.factors
    shares = mean_shares(context.confusions, factors)
    caption = "Share of each emotion's clips that were given each label, mean over seeds."
    tables = [Table("confusions", caption, shares, folded=True)]
    if shares.groupby(factors).ngroups > MOST_MATRICES:
        note = f"More than {MOST_MATRICES} cells: their confusion matrices are in confusions.csv alone."
        return Section("", notes=[note], tables=tables)
    order = in_order(shares["emotion"])
    caption = "Confusion matrices in per cent of each emotion's clips, mean over seeds."
    return Section("", tables=tables, figures=[context.draw("confusions", caption, matrices, shares, factors, order)])


def beside_published(context: Context) -> Section:
    """Set the sweep beside the published cells."""
    if context.metric != "accuracy":
        raise ScoresError(f"the published numbers are accuracies; this report is about {context.metric}")
    further = [factor for factor in context.there if factor not in (*FACTORS, "trained_on")]
    factors = [*FACTORS, "trained_on", *further]
    scores = select(context.scores, factors, context.metric, failures=context.failures)
    table = published.compare_published(describe(scores, factors))
    names = table[["model", "pretune", *further]].agg(", ".join, axis=1)
    drawn = pd.DataFrame({"panel": table["dataset"], "name": names, "estimate": table["difference"]})
    drawn = drawn.assign(factor="published", low=table["ci_low"], high=table["ci_high"], strong=False)
    caption = "Mean accuracy here minus the published one, with Welch's 95 % interval; green: within the margin."
    picture = context.draw("published", caption, forest, drawn, context.settings.margin, "difference of accuracy")
    caption = "The sweep's cells and the published ones (Table 2); Welch's 95 % interval of the difference."
    return Section("", tables=[Table("published", caption, table)], figures=[picture])
