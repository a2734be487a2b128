"""Where the published design and the right one disagree, as a table and in words."""

from collections.abc import Mapping

import pandas as pd

DESIGNS = {"between": "between groups", "within": "within seeds", "mixed": "mixed model"}


def compare(
    between: pd.DataFrame | None, within: pd.DataFrame | None, mixed: pd.DataFrame | None, alpha: float = 0.05
) -> pd.DataFrame:
    """Set the p values of the designs side by side.

    Args:
        between: the table of `ser.analysis.factorial.anova`, None where it could not be run.
        within: the table of `ser.analysis.repeated.anova` (read at `p_gg`), or None.
        mixed: the tests of `ser.analysis.mixed.anova`, or None.
        alpha: level of the verdicts.

    Returns:
        One row an effect: `effect`, F and p of each design that was run (`F_between`, `p_between`, ...), and `agree`
        ("yes" or "no"): whether all of them fall on the same side of alpha.
    """
    columns: dict[str, pd.Series] = {}
    for name, table, p in (("between", between, "p"), ("within", within, "p_gg"), ("mixed", mixed, "p")):
        if table is not None:
            tests = table.dropna(subset=p).set_index("effect")
            columns |= {f"F_{name}": tests["F"], f"p_{name}": tests[p]}
    result = pd.DataFrame(columns)
    order = [effect for table in (between, within, mixed) if table is not None for effect in table["effect"]]
    result = result.reindex([effect for effect in dict.fromkeys(order) if effect in result.index])
    p = result.filter(like="p_")
    result["agree"] = ((p < alpha).where(p.notna()).nunique(axis=1) <= 1).map({True: "yes", False: "no"})
    return result.rename_axis("effect").reset_index()


def basis(between: pd.DataFrame | None, within: pd.DataFrame | None, mixed: pd.DataFrame | None) -> dict[str, str]:
    """Say for each design that was run which scores it rests on; the arguments are those of `compare`."""
    words = {}
    if between is not None:
        words["between"] = f"{between['design'].iloc[0].rpartition(', ')[2]}, {between['n'].iloc[0]} scores"
    if within is not None:
        words["within"] = f"{within['n_seeds'].iloc[0]} of {within['n_seeds_all'].iloc[0]} seeds"
    if mixed is not None:
        words["mixed"] = f"type III, {mixed['n'].iloc[0]} scores of {mixed['n_seeds'].iloc[0]} seeds"
    return words


def paragraph(
    comparison: pd.DataFrame,
    alpha: float = 0.05,
    unequal: Mapping[str, str] | None = None,
    shared: str = "all cells of one seed share its split",
) -> str:
    """Say in words where the designs disagree, and which one to trust.

    Args:
        comparison: the table of `compare`.
        alpha: level of the verdicts.
        unequal: where seeds lack a cell, the scores that each design rests on (`basis`): another reason to disagree.
        shared: why the scores of one seed are not independent.
    """
    there = [name for name in DESIGNS if f"p_{name}" in comparison]
    if len(there) < 2:
        return "Only one design could be run, so there is nothing to compare."
    names = " and ".join([", ".join(DESIGNS[name] for name in there[:-1]), DESIGNS[there[-1]]])
    apart = comparison[comparison["agree"] == "no"]
    if apart.empty:
        verdict = f"At alpha = {alpha:g} the designs ({names}) agree on every effect."
    else:
        parts = []
        for _, row in apart.iterrows():
            words = ", ".join(f"{DESIGNS[name]} {p_words(row[f'p_{name}'])}" for name in there)
            parts.append(f"{row['effect']} ({words})")
        verdict = f"At alpha = {alpha:g} the designs ({names}) disagree on {len(apart)} of {len(comparison)} effects: "
        verdict += "; ".join(parts) + "."
    if unequal:
        rests = "; ".join(f"{DESIGNS[name]}: {unequal[name]}" for name in there)
        verdict += (
            f" Where seeds lack a cell, they rest on different scores or weigh them differently ({rests}), which is a"
            " reason to disagree of its own."
        )
    return (
        f"{verdict} {shared[0].upper()}{shared[1:]}, so"
        " scores of one seed are not independent: where the designs disagree, the analysis within seeds, and the mixed"
        " model where seeds are incomplete, say what other seeds would show on these very speakers. The claims say what"
        " new speakers would."
    )


def p_words(p: float) -> str:
    """Return p as it stands in a sentence."""
    if pd.isna(p):
        return "not tested"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")
