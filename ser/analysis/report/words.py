"""The report's paragraphs: what was found, in short, and how, for the methods section of a paper."""

import platform
from importlib.metadata import version

from ser.analysis import designs, robust, standardised
from ser.analysis.equivalence import tost
from ser.analysis.report.context import Context
from ser.analysis.report.document import Section
from ser.errors import ScoresError

SOFTWARE = ("ser", "pingouin", "statsmodels", "scipy", "numpy", "pandas", "matplotlib")


def in_short(context: Context) -> Section:
    """Say which effects there are, whether the designs agree on them, and which differences do not matter."""
    alpha, comparison = context.settings.alpha, context.comparison
    design = next((name for name in ("within", "mixed", "between") if f"p_{name}" in comparison), None)
    paragraphs = []
    if design is not None:
        p, f = comparison[f"p_{design}"], comparison[f"F_{design}"]
        words = [
            f"{effect} (F = {f_value:.2f}, {designs.p_words(p_value)})"
            for effect, f_value, p_value in zip(comparison["effect"], f, p, strict=True)
        ]
        found = [word for word, value in zip(words, p, strict=True) if value < alpha]
        open_ = [word for word, value in zip(words, p, strict=True) if not value < alpha]
        text = (
            f"Effects on {context.metric} ({designs.DESIGNS[design]}, alpha = {alpha:g}): {'; '.join(found) or 'none'}."
        )
        paragraphs += [text + (f" Not significant: {'; '.join(open_)}." if open_ else "")]
        paragraphs += [designs.paragraph(comparison, alpha)]
    return Section("", [*paragraphs, *_differences(context)])


def _differences(context: Context) -> list[str]:
    """Say for each two levels what their difference is, and whether it matters."""
    alpha, margin = context.settings.alpha, context.settings.margin
    rows = tost(context.differences.query("kind == 'main'"), margin, alpha)
    found = [
        f"{verdict}: " + ", ".join(f"{row.contrast} ({row.estimate:+.4f})" for row in part.itertuples())
        for verdict, part in rows[rows["n"] > 1].groupby("verdict", sort=False)
    ]
    if not found:
        return []
    return [
        f"Mean differences in {context.metric} within seeds, against a margin of ±{margin:g}: {'; '.join(found)}."
        ' "Not significant" is not "no effect": only "equivalent" says that a difference is smaller than the margin.'
    ]


def methods(context: Context) -> Section:
    """Describe the analysis so that it can stand in a paper."""
    settings, scores = context.settings, context.usable
    if scores.empty:
        raise ScoresError("no score is a number, so there is nothing to analyse")
    sizes = scores.groupby(context.factors, observed=True)["value"].size()
    seeds = f"{sizes.min()}" if sizes.min() == sizes.max() else f"{sizes.min()} to {sizes.max()}"
    levels = " x ".join(f"{factor} ({', '.join(scores[factor].cat.categories)})" for factor in context.factors)
    versions = ", ".join(f"{name} {version(name)}" for name in SOFTWARE)
    return Section(
        "",
        [
            f"We analysed the {context.metric} of {len(scores)} scores: {levels}, {seeds} seeds for each of"
            f" {len(sizes)} cells, {scores['seed'].nunique()} different seeds. Between groups, scores were submitted"
            f" to a {max(len(context.there), 1)}-way analysis of variance (type {'I' * settings.typ} sums of"
            f" squares), with partial eta squared, partial omega squared and their {100 - 200 * settings.alpha:g} %"
            " intervals from the noncentral F distribution. Because all cells of one seed share a split and each"
            " trained model is scored on every test set, we repeated the analysis within seeds: repeated measures"
            " with the seed as subject (Greenhouse-Geisser corrected), and a linear mixed model (restricted maximum"
            " likelihood, Satterthwaite's degrees of freedom) with the seed and its interactions as random effects.",
            "Differences between levels were tested within seeds (paired t-tests), cell by cell (Welch) and with the"
            " pooled variance of all cells; p values were corrected after Holm and after Benjamini and Hochberg over"
            " the comparisons of one factor and kind. Effect sizes are d_z within seeds and Hedges g between groups,"
            f" with bias-corrected and accelerated bootstrap intervals ({standardised.RESAMPLES} resamples), and the"
            " common-language effect size; Bayes factors have a JZS prior of scale √2/2. Equivalence was tested with"
            f" two one-sided tests against a margin of ±{settings.margin:g}. Normality (Shapiro-Wilk) and equal"
            " variances (Levene, around the median) were tested, and every effect was tested anew without them:"
            f" Welch-James, and {robust.PERMUTATIONS} permutations or sign flips. The level of all tests was"
            f" {settings.alpha:g}. What these scores did not allow is named in its section.",
            f"Software: Python {platform.python_version()}, {versions}.",
        ],
    )
