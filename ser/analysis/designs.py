"""Where the published design and the right one disagree, as a table and in words."""

from collections.abc import Mapping

import pandas as pd

DESIGNS = {"between": "between groups", "within": "within seeds", "mixed": "mixed model"}


def compare_designs(
    between: pd.DataFrame | None, within: pd.DataFrame | None, mixed: pd.DataFrame | None, alpha: float = 0.05
) -> pd.DataFrame:
    """Set the p values of the designs side by side.

    Args:
        between: the table of `ser.analysis.factorial.anova`, None where it could not be run.
        within: the table of `ser.analysis.repeated.repeated_measures` (read at `p_gg`), or None.
        mixed: the tests of `ser.analysis.mixed.mixed_model`, or None.
        alpha: level of the verdicts.

    Returns:
        One row an effect: `effect`, F and p of each design that was run (`F_between`, `p_between`, ...), and `agree`:
        "yes" or "no", whether all of them fall on the same side of alpha, or "not compared" where fewer than two
        designs were run or one of them has no test of the effect.
    """
    columns: dict[str, pd.Series] = {}
    for name, table, p in (("between", between, "p"), ("within", within, "p_gg"), ("mixed", mixed, "p")):
        if table is not None:
            tests = table[table["effect"] != "residual"].set_index("effect")
            columns |= {f"F_{name}": tests["F"], f"p_{name}": tests[p]}
    result = pd.DataFrame(columns)
    order = [effect for table in (between, within, mixed) if table is not None for effect in table["effect"]]
    result = result.reindex([effect for effect in dict.fromkeys(order) if effect in result.index])
    p = result.filter(like="p_")
    result["agree"] = ((p < alpha).nunique(axis=1) <= 1).map({True: "yes", False: "no"})
    result.loc[p.isna().any(axis=1) | (p.shape[1] < 2), "agree"] = "not compared"
    return result.rename_axis("effect").reset_index()


def basis(between: pd.DataFrame | None, within: pd.DataFrame | None, mixed: pd.DataFrame | None) -> dict[str, str]:
    """Say for each design that was run which scores it rests on; the arguments are those of `compare_designs`."""
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
        comparison: the table of `compare_designs`.
        alpha: level of the verdicts.
        unequal: where seeds lack a cell, the scores that each design rests on (`basis`): another reason to disagree.
        shared: why the scores of one seed are not independent.
    """
    present = [name for name in DESIGNS if f"p_{name}" in comparison]
    if present == ["between"]:
        return (
            f"Only the design between groups could be run. It takes all scores as independent; where {shared}, they are"
            " not, and its p values are wrong."
        )
    if len(present) < 2:
        return "Only one design could be run, so there is nothing to compare."
    names = " and ".join([", ".join(DESIGNS[name] for name in present[:-1]), DESIGNS[present[-1]]])
    apart, compared = comparison[comparison["agree"] == "no"], comparison[comparison["agree"] != "not compared"]
    if compared.empty:
        verdict = f"No effect was tested by every design ({names}), so there is nothing to compare."
    elif apart.empty:
        every = "every effect" if len(compared) == len(comparison) else f"{len(compared)} of {len(comparison)} effects"
        verdict = f"At alpha = {alpha:g} the designs ({names}) agree on {every}."
    else:
        parts = []
        for _, row in apart.iterrows():
            words = ", ".join(f"{DESIGNS[name]} {p_words(row[f'p_{name}'])}" for name in present)
            parts.append(f"{row['effect']} ({words})")
        verdict = f"At alpha = {alpha:g} the designs ({names}) disagree on {len(apart)} of {len(comparison)} effects: "
        verdict += "; ".join(parts) + "."
    left = comparison["effect"][comparison["agree"] == "not compared"]
    if len(left) and not compared.empty:
        verdict += f" Not tested by every design: {'; '.join(left)}."
    if unequal:
        rests = "; ".join(f"{DESIGNS[name]}: {unequal[name]}" for name in present)
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
    """Return p as a sentence gives it: "p = .012", "p < .001", "not tested".

    >>> p_words(0.0004), p_words(0.012)
    ('p < .001', 'p = .012')
    """
    if pd.isna(p):
        return "not tested"
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")
