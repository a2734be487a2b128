"""Sections on for whom a difference holds, and on what would narrow it: seeds or speakers."""

import pandas as pd

from ser.analysis.claims.table import POPULATIONS, UNTESTED
from ser.analysis.report.context import Context
from ser.analysis.report.document import Section, Table

SHOWN = ["population", "contrast", "at", "seeds", "speakers", "estimate", "over_clips", "ci_low", "ci_high", "df", "p"]
SHOWN += ["p_holm", "p_tost_holm", "verdict"]
MOST_REASONS = 3


def four_widths(context: Context) -> Section:
    """Show every main and simple contrast for the four populations, and all of them as claims.csv."""
    claims = context.claims
    caption = (
        f"{context.metric}: every contrast for four populations. These speakers: seeds alone; new speakers: seeds and"
        " speakers crossed, both random; new speakers and sentences: sentences too; another corpus of this kind: seeds"
        " with Nadeau and Bengio's correction, n_test / n_train in speakers, validation counted with training. A wider"
        " claim takes the larger p and half-width of itself and of the narrower one. estimate: mean over speakers; over"
        " clips: difference of the scores over all clips."
    )
    everything = "All contrasts with their methods and notes; components and shares of the variance are in the CSV."
    order = claims.assign(place=pd.Categorical(claims["population"], POPULATIONS))
    main = order[order["kind"] == "main"].sort_values(["place"], kind="stable").drop(columns="place")
    return Section(
        "",
        notes=_untested(claims),
        tables=[
            Table("claims_main", caption, main, SHOWN),
            Table("claims", everything, claims, [*SHOWN, "method", "note"], folded=True),
        ],
    )


def groups(context: Context) -> Section:
    """Show the gap between groups of speakers for new speakers, whose number it rests on."""
    claims = context.group_claims
    caption = (
        "Gap between groups of speakers for the four populations: the speakers of each group are a sample of their own,"
        ' so the gap rests on their number, whatever the number of seeds. Columns as under "For whom it holds".'
    )
    shown = claims[claims["kind"] != "interaction"]
    return Section(
        "",
        notes=_untested(claims),
        tables=[
            Table("claims_groups", caption, shown, SHOWN, folded=True),
        ],
    )


def _untested(claims: pd.DataFrame) -> list[str]:
    """Say for each population which contrasts could not be tested, and why."""
    rows = claims[(claims["verdict"] == UNTESTED) & (claims["note"] != "")]
    totals = claims.groupby("population").size()
    return [
        f"{population[0].upper()}{population[1:]}: {len(part)} of {totals[population]} contrasts are not tested:"
        f" {'; '.join(list(dict.fromkeys(part['note']))[:MOST_REASONS])}."
        for population, part in rows.groupby("population", sort=False)
    ]
