"""Differences with their intervals against a margin: contrasts, gaps between groups, distance from published means."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ser.analysis.figures.style import GREY, PAGE, colour, columns_that_fit, look, text_width

MOST_LEVELS = 4
"""Levels of a factor of which every two are drawn; of more, the highest one is drawn against each other."""

MOST_ROWS = 60
"""Rows of a picture; with more, the simple contrasts are left to the table."""


def forest(differences: pd.DataFrame, margin: float, label: str) -> Figure:
    """Draw one row a difference; the panels of one factor share their axis.

    Args:
        differences: `factor`, `panel` (title), `name`, `estimate`, `low`, `high`, `strong` (drawn as a diamond), and
            where equivalence is tested the interval that decides it, `inner_low` and `inner_high`, drawn thick.
        margin: half width of the band that counts as no difference.
        label: what the horizontal axes show.
    """
    panels = list(differences.groupby(["factor", "panel"], sort=False))
    names = text_width([*differences["name"], " " * 8])
    columns = columns_that_fit(len(panels), names + max(1.5, text_width(differences["panel"])))
    rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
    heights = [max(len(panel) for _, panel in row) + 0.5 for row in rows]
    titles = 0.62 + 0.15 * differences["panel"].str.count("\n").max()
    each = min(0.22, max(0.11, (PAGE[1] - titles * len(rows)) / sum(heights)))
    with look():
        size = (PAGE[0] if columns > 1 else min(PAGE[0], names + 3.0), titles * len(rows) + each * sum(heights))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(len(rows), columns, height_ratios=[titles + each * height for height in heights])
        first: dict[str, Axes] = {}
        for index, ((factor, title), panel) in enumerate(panels):
            axes = figure.add_subplot(grid[index // columns, index % columns], sharex=first.get(factor))
            first.setdefault(factor, axes)
            _panel(axes, panel, margin, heights[index // columns], 8 if each > 0.15 else 6.5)
            axes.set_xlabel(label)
            axes.set_title(str(title), loc="left")
    return figure


def forest_caption(rows: pd.DataFrame, what: str, alpha: float, margin: float) -> str:
    """Return what `forest` draws of these rows, in words, as the caption of the picture.

    Args:
        rows: as `rows_of_contrasts` returns them.
        what: the differences, as the caption begins.
        alpha: level of the intervals.
        margin: as `forest` draws it.
    """
    caption = (
        f"{what}: thin lines are {100 * (1 - alpha):g} % intervals, thick lines the {100 - 200 * alpha:g} % intervals"
        f" that decide on equivalence, within the margin of ±{margin:g} (green) or not; both uncorrected."
    )
    if rows["strong"].any() and not rows["strong"].all():
        caption += " Diamonds: mean over the other factors."
    elif (rows["panel"] == rows["factor"]).any():
        caption += " Means over the other factors alone, of too many differences to draw."
    if rows["panel"].str.contains("(highest mean)", regex=False).any():
        caption += (
            f" Of a factor with more than {MOST_LEVELS} levels the one with the highest mean is drawn against each"
            " other one."
        )
    return caption + " Panels of one factor share their axis."


def rows_of_contrasts(differences: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """Return main and simple contrasts as `forest` draws them: a panel for each two levels, or for each factor.

    Args:
        differences: a table of `ser.analysis.comparisons`.
        alpha: level of the equivalence tests, whose 1 - 2 alpha interval is the inner one.
    """
    kept = differences[differences["kind"] != "interaction"].dropna(subset="estimate")
    half = stats.t.ppf(1 - alpha, kept["df"]) * kept["se"]
    kept = kept.assign(inner_low=kept["estimate"] - half, inner_high=kept["estimate"] + half)
    kept = kept.rename(columns={"ci_low": "low", "ci_high": "high"})
    columns = ["factor", "panel", "name", "estimate", "low", "high", "inner_low", "inner_high", "strong"]
    if kept.empty:
        return pd.DataFrame(columns=columns)
    rows = pd.concat([_rows_of(part) for _, part in kept.groupby("factor", sort=False)], ignore_index=True)
    if len(rows) > MOST_ROWS:
        main = kept[kept["kind"] == "main"]
        rows = pd.concat([_main_rows_of(part) for _, part in main.groupby("factor", sort=False)], ignore_index=True)
    return rows[columns]


def _rows_of(part: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one factor, a panel for each two levels."""
    main = part["kind"] == "main"
    if _many(main):
        return _highest_against_others(part[main])
    levels = part["at"].str.replace(r"[^,=]+=", " ", regex=True).str.strip()
    panel = part["factor"] + ":\n" + part["contrast"].str.replace(" - ", "\n- ")
    mean = "mean over others" if not main.all() else ""
    return part.assign(panel=panel, name=levels.where(~main, mean), strong=main)


def _main_rows_of(main: pd.DataFrame) -> pd.DataFrame:
    """Return the main contrasts of one factor, all in one panel."""
    if _many(main["kind"] == "main"):
        return _highest_against_others(main)
    return main.assign(panel=main["factor"], name=main["contrast"], strong=True)


def _many(main: pd.Series) -> bool:
    """Say whether so many main contrasts are those of more than `MOST_LEVELS` levels."""
    return bool(main.sum() > MOST_LEVELS * (MOST_LEVELS - 1) / 2)


def _highest_against_others(main: pd.DataFrame) -> pd.DataFrame:
    """Return the differences of the level with the highest mean to each other level."""
    pairs = main["contrast"].str.partition(" - ")[[0, 2]]
    gains = pd.concat([main.set_axis(pairs[0])["estimate"], -main.set_axis(pairs[2])["estimate"]])
    highest = str(gains.groupby(level=0).sum().idxmax())
    rows = main[(pairs == highest).any(axis=1)].copy()
    first = (pairs.loc[rows.index, 0] == highest).to_numpy()
    rows["name"] = np.where(first, pairs.loc[rows.index, 2], pairs.loc[rows.index, 0])
    for low, high in (("low", "high"), ("inner_low", "inner_high")):
        rows[low], rows[high] = rows[low].where(first, -rows[high]), rows[high].where(first, -rows[low])
    rows["estimate"] = rows["estimate"].where(first, -rows["estimate"])
    panel = main["factor"].iloc[0] + f":\n{highest} (highest mean)\n- each other"
    return rows.assign(panel=panel, strong=True).sort_values("estimate")


def _panel(axes: Axes, panel: pd.DataFrame, margin: float, height: float, size: float) -> None:
    axes.axvspan(-margin, margin, color=colour(2), alpha=0.15, lw=0)
    axes.axvline(0, color=GREY, lw=0.8)
    rows = np.arange(len(panel))
    axes.hlines(rows, panel["low"], panel["high"], color=colour(0), lw=1.0)
    if "inner_low" in panel:
        axes.hlines(rows, panel["inner_low"], panel["inner_high"], color=colour(0), lw=2.6)
    for shape, part in (("D", panel["strong"]), ("o", ~panel["strong"].astype(bool))):
        axes.plot(panel["estimate"][part], rows[part.to_numpy(bool)], shape, ms=4, color=colour(0))
    axes.set_yticks(rows, panel["name"], fontsize=size)
    axes.set_ylim(height - 0.9, -0.6)
    axes.grid(axis="y", visible=False)
    axes.locator_params(axis="x", nbins=4)
