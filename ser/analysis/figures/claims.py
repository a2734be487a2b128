"""All contrasts at a glance: for new speakers and for these speakers, one colour a verdict."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ser.analysis.claims.table import DIFFERENT, EQUIVALENT, UNDECIDED, UNTESTED
from ser.analysis.figures.style import GREY, look, text_width

COLOURS = {DIFFERENT: "#0072B2", EQUIVALENT: "#00795A", UNDECIDED: "#B85000", UNTESTED: "#6B6B6B"}
"""Verdict to colour, in pictures and in words; readers who are colour-blind can tell them apart."""
MARKS = {DIFFERENT: "D", EQUIVALENT: "s", UNDECIDED: "o", UNTESTED: "x"}
ROW = 0.24


def overview(rows: pd.DataFrame, margin: float, metric: str) -> Figure:
    """Draw one row a contrast, all on one axis: the wide claim in its verdict's colour, the narrow one in grey.

    Args:
        rows: `factor`, `name`, `estimate`, `low`, `high`, `verdict` (of new speakers), and `these`, `these_low`,
            `these_high` (of these speakers); NaN where there is none.
        margin: half width of the band that counts as no difference.
        metric: what differs.
    """
    groups = list(rows.groupby("factor", sort=False))
    lines = len(rows) + len(groups)
    names = text_width([*rows["name"], *rows["factor"]])
    with look():
        figure = Figure(figsize=(max(6.0, 3.6 + names), 1.1 + ROW * lines), layout="constrained")
        axes = figure.add_subplot()
        axes.axvspan(-margin, margin, color=COLOURS[EQUIVALENT], alpha=0.15, lw=0)
        axes.axvline(0, color=GREY, lw=0.8)
        ticks, labels, at = [], [], 0
        for factor, part in groups:
            ticks.append(at)
            labels.append(str(factor))
            at += 1
            for row in part.itertuples():
                if pd.notna(row.these_low):
                    axes.plot([row.these_low, row.these_high], [at + 0.24] * 2, color=GREY, lw=1)
                if pd.notna(row.these):
                    axes.plot([row.these], [at + 0.24], "|", color=GREY, ms=5)
                if pd.notna(row.low):
                    axes.plot([row.low, row.high], [at - 0.08] * 2, color=COLOURS[row.verdict], lw=2)
                if pd.notna(row.estimate):
                    axes.plot([row.estimate], [at - 0.08], MARKS[row.verdict], color=COLOURS[row.verdict], ms=5)
                ticks.append(at)
                labels.append(f"{row.name}  ")
                at += 1
        axes.set_yticks(ticks, labels)
        for tick, label in zip(axes.get_yticklabels(), labels, strict=True):
            if not label.endswith("  "):
                tick.set_fontweight("bold")
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(at - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"difference of {metric}")
        handles = [
            Line2D([], [], color=COLOURS[verdict], marker=MARKS[verdict], lw=2, ms=5, label=verdict)
            for verdict in COLOURS
            if (rows["verdict"] == verdict).any()
        ]
        handles.append(Line2D([], [], color=GREY, marker="|", lw=1, ms=5, label="these speakers alone"))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure
