"""Differences with their intervals against a margin: contrasts, gaps between groups, distance from published means."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ser.analysis.figures.style import GREY, colour, look, text_width

MOST_COLUMNS = 3


def forest(differences: pd.DataFrame, margin: float, label: str) -> Figure:
    """Draw one row a difference, each panel with its own scale.

    Args:
        differences: `panel` (title), `name`, `estimate`, `low`, `high`, `strong` (drawn as a diamond).
        margin: half width of the band that counts as no difference.
        label: what the horizontal axes show.
    """
    panels = list(differences.groupby("panel", sort=False))
    most = max(len(panel) for _, panel in panels)
    columns = min(MOST_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    names = text_width([*differences["name"], " " * 8])
    width = columns * max(2.1 + names, names + text_width(differences["panel"]))
    height = 1.0 + 0.16 * differences["panel"].str.count("\n").max() + 0.27 * most
    with look():
        figure = Figure(figsize=(max(width, 4.0), lines * height), layout="constrained")
        for index, (title, panel) in enumerate(panels):
            axes = figure.add_subplot(lines, columns, index + 1)
            axes.axvspan(-margin, margin, color=colour(2), alpha=0.15, lw=0)
            axes.axvline(0, color=GREY, lw=0.8)
            places = np.arange(len(panel))
            for place, row in zip(places, panel.itertuples(), strict=True):
                reach = [[row.estimate - row.low], [row.high - row.estimate]] if np.isfinite(row.low) else None
                axes.errorbar(
                    row.estimate, place, xerr=reach, fmt="D" if row.strong else "o", ms=5, capsize=2, color=colour(0)
                )
            axes.set_yticks(places, panel["name"])
            axes.set_ylim(most - 0.4, -0.6)
            axes.grid(axis="y", visible=False)
            axes.locator_params(axis="x", nbins=4)
            axes.set_xlabel(label)
            axes.set_title(str(title), loc="left")
    return figure


def rows_of_contrasts(differences: pd.DataFrame) -> pd.DataFrame:
    """Return main and simple contrasts as `forest` draws them: a panel for each two levels.

    Args:
        differences: a table of `ser.analysis.comparisons`.
    """
    rows = differences[differences["kind"] != "interaction"].dropna(subset="estimate")
    levels = rows["at"].str.replace(r"[^,=]+=", " ", regex=True).str.strip()
    return pd.DataFrame(
        {
            "panel": rows["factor"] + ":\n" + rows["contrast"].str.replace(" - ", "\n- "),
            "name": levels.where(rows["kind"] == "simple", "mean over others" if differences["at"].any() else ""),
            "estimate": rows["estimate"],
            "low": rows["ci_low"],
            "high": rows["ci_high"],
            "strong": rows["kind"] == "main",
        }
    )
