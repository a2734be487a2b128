"""Sections on what would narrow the interval for new speakers: seeds or speakers, and how many."""

from collections.abc import Iterator

import pandas as pd

from ser.analysis.claims.planning import SOURCES, Aim, Components, components_of, enough, power_table
from ser.analysis.claims.table import SPEAKERS
from ser.analysis.report.context import Context
from ser.analysis.report.document import Table
from ser.errors import ScoresError

SEEDS, SPEAKERS_PLANNED = (3, 5, 10, 20, 30, 50, 110), (6, 12, 24, 60, 120, 431)
"""What the tables of power show, beside the numbers of the sweep."""


def _rows(context: Context) -> pd.DataFrame:
    """Return the main and simple contrasts whose variance for new speakers is known by what it comes from."""
    claims = context.claims
    return claims[
        (claims["population"] == SPEAKERS) & (claims["kind"] != "interaction") & claims["share_speaker"].notna()
    ]


def shares(context: Context) -> Table:
    """Say for each contrast what its variance is made of, and after how many seeds one more is hardly worth it."""
    rows = _rows(context)
    if rows.empty:
        raise ScoresError("what would help for new speakers cannot be said without a variance of seeds and speakers")
    table = rows[["factor", "contrast", "at", "seeds", "speakers"]].assign(
        share_seed=rows["share_seed"].fillna(0.0),
        share_speaker=rows["share_speaker"],
        share_residual=rows["share_residual"].fillna(0.0),
        seeds_enough=[enough(row, context.settings.alpha) for _, row in rows.iterrows()],
    )
    caption = (
        "New speakers: the variance of each difference by what it comes from, seeds, speakers, and what is left (their"
        " interaction and single clips), and the seeds after which one more narrows the interval by less than 2 %."
        " Where speakers have the largest share, more seeds do not help."
    )
    return Table("help", caption, table)


def power_for_speakers(context: Context) -> Iterator[Table]:
    """Show the power over seeds x speakers at the median components of the contrasts."""
    rows = _rows(context)
    if rows.empty:
        return
    found = pd.DataFrame([components_of(row) for _, row in rows.iterrows()])
    median = Components(*found.median())
    seeds, speakers = (
        sorted({*planned, int(rows[name].min()), int(rows[name].max())})
        for name, planned in (("seeds", SEEDS), ("speakers", SPEAKERS_PLANNED))
    )
    margin, alpha = context.settings.margin, context.settings.alpha
    spreads = ", ".join(f"{name} {getattr(median, name) ** 0.5:.4f}" for name in SOURCES)
    aims: tuple[tuple[Aim, str], ...] = (
        ("difference", f"find a difference of {margin:g}"),
        ("equivalence", f"claim equivalence within ±{margin:g}"),
    )
    for aim, words in aims:
        caption = (
            f"Power to {words} for new speakers at alpha = {alpha:g}, over seeds (rows) and speakers (columns), at"
            f" the median spread of the main and simple contrasts (SD: {spreads}), up to .03 high below 6 seeds."
        )
        table = power_table(median, seeds, speakers, margin, alpha, aim)
        yield Table(f"power_{aim}", caption, table)
