"""How numbers and column names are shown: full precision stays in the CSV files, the report rounds."""

import math
from numbers import Integral, Real

import pandas as pd

LABELS = {
    "std": "SD (population)",
    "sd": "SD",
    "ci": "interval",
    "df_error": "error df",
    "p_gg": "p (GG)",
    "p_holm": "p (Holm)",
    "p_bh": "p (BH)",
    "p_welch": "p (Welch-James)",
    "p_permutation": "p (permutation)",
    "p_sign_flip": "p (sign flips)",
    "p_between": "p (between)",
    "p_within": "p (within)",
    "p_mixed": "p (mixed)",
    "F_between": "F (between)",
    "F_pooled": "F pooled",
    "p_holm_pooled": "p pooled (Holm)",
    "F_Welch": "F Welch",
    "p_holm_Welch": "p Welch (Holm)",
    "F_seeds": "F seeds",
    "p_holm_seeds": "p seeds (Holm)",
    "F_within": "F (within)",
    "F_mixed": "F (mixed)",
    "p_tost": "p equivalent",
    "p_tost_holm": "p equivalent (Holm)",
    "epsilon": "ε (GG)",
    "partial_eta_squared": "partial η²",
    "partial_omega_squared": "partial ω²",
    "generalized_eta_squared": "generalized η²",
    "d_z": "d_z",
    "g": "Hedges g",
    "hedges_g": "Hedges g",
    "log10_bf": "log10 BF",
    "tost": "interval",
    "n_a": "n (a)",
    "n_b": "n (b)",
    "n_seeds": "seeds",
    "sd_seeds": "SD of seeds' differences",
    "sd_seeds interval": "SD interval",
    "sd_cells": "SD within cells",
    "f_observed": "f observed",
    "f_detectable": "f detectable",
    "share_seed": "share of seeds",
    "share_speaker": "share of speakers",
    "share_residual": "share of what is left",
    "seeds_enough": "seeds that suffice",
    "seeds_difference": "seeds (difference)",
    "seeds_equivalence": "seeds (equivalence)",
    "seeds_between": "seeds (between)",
    "settled_in_order": "significant from (in order)",
    "settled_in_any_order": "significant from (random orders)",
}
"""Column name to heading; any other column shows its name with spaces."""

DECIMALS = {name: 2 for name in ("F", "t", "g", "hedges_g", "d_z", "log10_bf", "welch_F", "superiority", "share")}
DECIMALS |= {name: 3 for name in ("epsilon", "statistic", "f_observed", "f_detectable")}
DECIMALS |= {name: 1 for name in ("df", "df_error", "seeds", "speakers", "sentences")}
DECIMALS |= {f"share_{name}": 2 for name in ("seed", "speaker", "residual")}


def table_of_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it is shown: headings for columns, limits joined as "[low, high]", rounded numbers."""
    shown = {}
    for column in shown_columns(table):
        if (name := column.removesuffix("_low")) != column and f"{name}_high" in table.columns:
            limits = zip(table[column], table[f"{name}_high"], strict=True)
            values = [f"[{number(name, low)}, {number(name, high)}]" if pd.notna(low) else "" for low, high in limits]
            column = name if name in ("ci", "tost") else f"{name} interval"
        else:
            values = [number(column, value) for value in table[column]]
        shown[heading(column)] = values
    return pd.DataFrame(shown, dtype=object)


def shown_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that stand in the shown table: an upper limit stands with its lower one."""
    limits = {f"{column.removesuffix('_low')}_high" for column in table.columns if str(column).endswith("_low")}
    return [column for column in table.columns if column not in limits]


def heading(column: str) -> str:
    """Return what stands above a column."""
    if column.endswith(" interval"):
        return f"{heading(column.removesuffix(' interval'))} interval"
    return LABELS.get(column, column.replace("_", " "))


def number(column: str, value: object) -> str:
    """Return a value as text: p to three decimals or "<.001", whole numbers whole, NaN empty."""
    if isinstance(value, str) or not isinstance(value, Real):
        return "" if value is None else str(value)
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞" if float(value) > 0 else "-∞"
    if column == "p" or column.startswith("p_"):
        return "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")
    decimals = DECIMALS.get(column, 2 if column.startswith(("F_", "power_")) else 4)
    if isinstance(value, Integral) or (
        float(value).is_integer() and (decimals == 1 or column.startswith(("seeds_", "settled_")))
    ):
        return f"{float(value):.0f}"
    return f"{float(value):z.{decimals}f}"
