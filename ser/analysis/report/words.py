"""The report's paragraphs: what was found, in short, and how, for the methods section of a paper."""

import platform
from importlib.metadata import version

from ser.analysis import designs, robust, standardised
from ser.analysis.claims.table import THESE, UNTESTED
from ser.analysis.report.context import Context, allowed
from ser.analysis.report.document import Section
from ser.errors import ScoresError

SOFTWARE = ("ser-grid", "pingouin", "statsmodels", "scipy", "numpy", "pandas", "matplotlib")


def effects(context: Context) -> Section:
    """Say which effects there are, on which scores that rests, and whether the designs agree."""
    alpha, comparison = context.settings.alpha, context.comparison
    design = _preferred(context)
    p, f = comparison[f"p_{design}"], comparison[f"F_{design}"]
    words = [
        f"{effect} (F = {f_value:.2f}, {designs.p_words(p_value)})"
        for effect, f_value, p_value in zip(comparison["effect"], f, p, strict=True)
    ]
    found = [word for word, value in zip(words, p, strict=True) if value < alpha]
    open_ = [word for word, value in zip(words, p, strict=True) if value >= alpha]
    untested = comparison["effect"][p.isna()]
    text = (
        f"Effects on {context.metric} ({designs.DESIGNS[design]}: {context.basis[design]}; alpha = {alpha:g}):"
        f" {'; '.join(found) or 'none significant' if len(untested) < len(p) else 'none tested'}."
    )
    text += f" Not significant: {'; '.join(open_)}." if open_ else ""
    text += f" Not tested, for want of spread: {'; '.join(untested)}." if len(untested) else ""
    return Section("", [text])


def disagreement(context: Context) -> str:
    """Say where the designs disagree, with what they rest on where that differs."""
    unequal = None if context.complete else context.basis
    return designs.paragraph(context.comparison, context.settings.alpha, unequal, context.shared)


def _preferred(context: Context) -> str:
    """Return the design to read first: within seeds if all are complete, else the mixed model, which uses all scores.

    Raises:
        ScoresError: no design could be run; the reason is that of the design between groups, which asks for least.
    """
    ran = [name for name in designs.DESIGNS if name in context.basis]
    if not ran:
        _ = context.between  # raises
    within = context.tests[1]
    whole = within is not None and within["n_seeds"].iloc[0] == within["n_seeds_all"].iloc[0]
    order = ("within", "mixed", "between") if whole else ("mixed", "within", "between")
    return next(name for name in order if name in ran)


def methods(context: Context) -> Section:
    """Describe the analysis so that it can stand in a paper: what was run, and nothing else."""
    scores = context.usable
    if scores.empty:
        raise ScoresError("no score is a number, so there is nothing to analyse")
    sizes = scores.groupby(context.factors, observed=True)["value"].size()
    replicate, different = "combination of seeds" if context.seed_keys else "seed", scores["seed"].nunique()
    seeds = "" if sizes.min() == sizes.max() else f"{sizes.min()} to "
    seeds += _number(sizes.max(), replicate)
    levels = " x ".join(f"{factor} ({', '.join(scores[factor].cat.categories)})" for factor in context.factors)
    kept = "".join(f", only {column}={level}" for column, level in context.only.items())
    versions = ", ".join(f"{name} {version(name)}" for name in SOFTWARE)
    data = (
        f"We analysed the {context.metric} of {_number(len(scores), 'score')}: {levels}{kept}, {seeds} for each of"
        f" {_number(len(sizes), 'cell')}{'' if different == sizes.min() else f', {different} different ones'}."
    )
    return Section(
        "",
        [
            " ".join([data, *_designs(context)]),
            *[" ".join(sentences) for sentences in [_comparisons(context), _claims(context)] if sentences],
            f"The level of all tests was {context.settings.alpha:g}. What these scores did not allow is named in its"
            f" section. Software: Python {platform.python_version()}, {versions}.",
        ],
    )


def _designs(context: Context) -> list[str]:
    """Describe the designs that were run."""
    settings, sentences = context.settings, []
    if "between" in context.basis:
        sentences.append(
            f"Between groups, scores were submitted to a {len(context.there)}-way analysis of variance (type"
            f" {'I' * settings.typ} sums of squares), with partial eta squared, partial omega squared and their"
            f" {100 - 200 * settings.alpha:g} % intervals from the noncentral F distribution."
        )
    within = {
        "within": "repeated measures with the seed as subject (Greenhouse-Geisser corrected)",
        "mixed": "a linear mixed model (restricted maximum likelihood, Satterthwaite's degrees of freedom) with random"
        f" effects {', '.join(_random_effects(context))}",
    }
    ran = [words for name, words in within.items() if name in context.basis]
    if ran:
        sentences.append(f"Because {context.shared}, we ran the analysis within seeds: {', and '.join(ran)}.")
    return sentences


def _random_effects(context: Context) -> list[str]:
    """Return the random effects of the mixed model, as far as it was run."""
    return list(context.mixed[1]["component"][:-1]) if "mixed" in context.basis else []


def _comparisons(context: Context) -> list[str]:
    """Describe the comparisons of cells and the tests without assumptions, as far as there were two seeds."""
    sentences, margin = [], context.settings.margin
    compared = allowed(lambda: context.differences)
    if compared is not None and (compared["n"] > 1).any():
        sentences.append(
            "Differences between levels were tested within seeds (paired t-tests), cell by cell (Welch) and with the"
            " pooled variance of all cells; p values were corrected after Holm and after Benjamini and Hochberg over"
            " the comparisons of one factor and kind. Effect sizes are d_z within seeds and Hedges g between groups,"
            f" with intervals from the noncentral t distribution (from {standardised.FEWEST} seeds on), and the"
            " common-language effect size; Bayes factors have a JZS prior of scale √2/2. Equivalence was tested with"
            f" two one-sided tests against a margin of ±{margin:g}."
        )
    checks = allowed(lambda: context.assumptions)
    tested = [] if checks is None else checks.query("holds in ('yes', 'no')")["assumption"].unique()
    tests = {"normality": "normality (Shapiro-Wilk)", "equal variances": "equal variances (Levene, around the median)"}
    assumed = [words for name, words in tests.items() if name in tested]
    if assumed:
        sentences.append(f"We tested {' and '.join(assumed)}.")
    free = {
        "without equal variances (Welch and James)": lambda: context.robust_between,
        f"without normality ({robust.PERMUTATIONS} permutations between groups)": lambda: context.robust_between,
        "without normality and sphericity (sign flips of whole seeds)": lambda: context.robust_within,
    }
    ran = [words for words, test in free.items() if allowed(test) is not None]
    if ran:
        sentences.append(f"Effects were tested anew {', '.join(ran)}.")
    return sentences


def _claims(context: Context) -> list[str]:
    """Describe how claims about new speakers were tested, as far as there were predictions."""
    claims = allowed(lambda: context.claims)
    if claims is None:
        return []
    tested = claims[(claims["verdict"] != UNTESTED) & (claims["population"] != THESE)]
    if tested.empty:
        return []
    methods = {
        population: "; ".join(sorted(set(part["method"])))
        for population, part in tested.groupby("population", sort=False)
    }
    tests = ", ".join(f"for {population}: {method}" for population, method in methods.items())
    return [
        f"Claims beyond the speakers of the test sets take seeds and speakers as random ({tests}). A wider claim took"
        " the larger p and the larger half-width of itself and of the narrower one; p values were corrected after Holm"
        " over the contrasts of one population, factor and kind."
    ]


def _number(count: int, what: str) -> str:
    """Return "1 seed", "2 seeds", "9 combinations of seeds"."""
    if count == 1:
        return f"1 {what}"
    first, *rest = what.split(" of ")
    return " of ".join([f"{count} {first}s", *rest])
