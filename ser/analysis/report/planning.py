"""Sections on how many seeds it takes, and where the spread over seeds comes from."""

from ser.analysis import comparisons, power_tables, stability, variance
from ser.analysis.figures.curves import MOST_PANELS, power_curves, verdicts
from ser.analysis.report.context import Context
from ser.analysis.report.document import Section, Table

SHOWN = ["effect", "f_observed", "f_detectable", "power_small", "power_medium", "power_large"]
SHOWN += ["power_observed", "seeds_small", "seeds_medium", "seeds_large", "seeds_observed"]


def planned(context: Context) -> Table | list[Table]:
    """Say how many seeds the design takes, which needs no scores; with them, `effects_power` says that and more."""
    if "between" in context.basis or not context.there:
        return []
    alpha = context.settings.alpha
    caption = (
        f"Between groups, alpha = {alpha:g}: seeds for each cell that give power .80 for a small, medium and large"
        " effect (Cohen's f .10, .25, .40; F with noncentrality f² N, as G*Power)."
    )
    levels = {factor: context.usable[factor].nunique() for factor in context.there}
    return Table("power_planned", caption, power_tables.planned_table(levels, alpha))


def effects_power(context: Context) -> Table:
    """Say what the between-groups analysis could find."""
    alpha = context.settings.alpha
    cells = int(context.between["df"].iloc[:-1].sum()) + 1
    caption = (
        f"Between groups, alpha = {alpha:g}: power of this sweep for a small, medium and large effect (Cohen's f .10,"
        " .25, .40) and for the observed one, which restates p and is no evidence of its own; smallest f with power"
        " .80; seeds for each cell that give power .80 (F with noncentrality f² N, as G*Power)."
    )
    return Table("power", caption, power_tables.effects_table(context.between, cells, alpha), SHOWN)


def differences_power(context: Context) -> Section:
    """Say how many seeds a difference of the margin takes."""
    alpha, margin = context.settings.alpha, context.settings.margin
    comparisons.require_two_seeds(context.differences)
    table = power_tables.power(context.usable, context.factors, margin, alpha)
    caption = (
        f"Seeds for power .80 at alpha = {alpha:g}, from the spread of this sweep: to find a difference of {margin:g}"
        f" within seeds (paired t-test), to claim equivalence within ±{margin:g} where the true difference is 0 (two"
        " one-sided paired tests), and to find it between groups; detectable: the difference that these seeds find"
        " with power .80. Each is for alpha over the number of rows of its kind and factor, the first step of the"
        " correction that the verdicts rest on. The SD has its 95 % interval: seeds grow with its square."
    )
    cells = context.usable.groupby(context.there, observed=True)["value"].size()
    simple = table[table["kind"] == ("simple" if len(context.there) > 1 else "main")]
    df_effect = min(context.usable[factor].nunique() for factor in context.there) - 1
    curves = (df_effect, len(cells), int(cells.max()), float(simple["sd_seeds"].median()), margin, alpha)
    text = "Power over the number of seeds, .80 dotted; right: at the median spread of the differences of two cells."
    shown = [
        "contrast",
        "at",
        "n",
        "sd_seeds",
        "sd_seeds_low",
        "sd_seeds_high",
        "detectable",
        "seeds_difference",
        "seeds_equivalence",
        "seeds_between",
    ]
    return Section(
        "",
        tables=[Table("power_differences", caption, table, shown)],
        figures=[context.draw("power", text, power_curves, *curves)],
    )


def verdicts_so_far(context: Context) -> Section:
    """Show the verdicts after fewer seeds."""
    alpha = context.settings.alpha
    curve = stability.after_seeds(context.usable, context.factors, alpha)
    caption = (
        f"The verdict with all complete seeds at alpha = {alpha:g}, and, where it is significant, from how many seeds"
        f" on: in the order of the seeds, and in {100 * stability.AGREEMENT:g} % of {stability.ORDERS} random orders."
        " The random orders draw from the same seeds, so this describes the sweep and is no forecast."
        " p within seeds is Greenhouse and Geisser's."
    )
    text = f"p after the first k seeds; grey: below alpha = {alpha:g}."
    if (left := curve["effect"].nunique() - MOST_PANELS) > 0:
        text += f" The first {MOST_PANELS} effects; {left} further ones are in the table."
    return Section(
        "",
        tables=[
            Table("settled", caption, stability.settled(curve)),
            Table("after_seeds", "F and p of the first k seeds, for every k.", curve, folded=True),
        ],
        figures=[context.draw("after_seeds", text, verdicts, curve, alpha)],
    )


def split_and_training(context: Context) -> Section:
    """Tell the spread due to the split from the spread due to the training seed."""
    table, lost = variance.components(context.scores, context.factors, context.metric)
    caption = (
        f"Standard deviation of {context.metric} due to the split, to the training seed, and to neither; 95 % intervals"
        " after Satterthwaite, rough with few splits and seeds; ∞: not bounded by these data."
    )
    shown = ["component", "splits", "training_seeds", "n", "sd", "sd_low", "sd_high", "share"]
    mean = variance.averaged(table)
    over = "Root of the mean variances over the cells, and their shares."
    return Section(
        "",
        notes=[f"Left out: {cell}." for cell in lost],
        tables=[
            Table("variance_mean", over, mean, ["component", "sd", "share"]),
            Table("variance", caption, table, [*context.factors, *shown]),
        ],
    )
