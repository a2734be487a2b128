"""What every cell scored: all seeds, means with intervals, and how the factors interact."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ser.analysis.figures.style import GREY, colour, legend_below, look, marker, text_width, titled

FEWEST = 10
"""Scores of a cell whose density is drawn."""

MOST_COLUMNS = 4
"""Panels beside each other."""


def raincloud(scores: pd.DataFrame, cells: pd.DataFrame, factors: list[str], metric: str) -> Figure:
    """Draw every seed of every cell as a point, their density above, the mean with its interval below.

    Args:
        scores: the table of `ser.analysis.cells.select` without NaN.
        cells: the table of `ser.analysis.summary.describe` for the same scores.
        factors: the last one makes the panels, if there are two at least.
        metric: what the horizontal axis shows.
    """
    inside, panels = (factors[:-1], factors[-1:]) if len(factors) > 1 else (factors, [])
    parts = list(scores.groupby(panels, observed=True)) if panels else [(("",), scores)]
    count = max(len(part.groupby(inside, observed=True)) for _, part in parts)
    height = 1.0 + max(0.62, 0.16 * len(inside)) * count
    with look():
        longest = text_width([str(level) for factor in inside for level in scores[factor].cat.categories])
        width = max(4.2, longest + max(2.8, text_width([titled(panels, levels) for levels, _ in parts])))
        rows = -(-len(parts) // MOST_COLUMNS)
        columns = min(MOST_COLUMNS, len(parts))
        figure = Figure(figsize=(max(6.0, width * columns), height * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[len(parts) :]:
            axes.set_visible(False)
        for axes, (levels, part) in zip(grid, parts, strict=False):
            own = cells[cells[panels[0]] == levels[0]] if panels else cells
            names = []
            colours = {level: colour(i) for i, level in enumerate(scores[inside[0]].cat.categories)}
            for place, (key, values) in enumerate(part.groupby(inside, observed=True)["value"]):
                summary = own[np.logical_and.reduce([own[f] == k for f, k in zip(inside, key, strict=True)])].iloc[0]
                _cloud(axes, place, values.to_numpy(), summary, colours[key[0]])
                names.append("\n".join(map(str, key)))
            axes.set_yticks(range(len(names)), names)
            axes.set_ylim(len(names) - 0.45, -0.75)
            axes.grid(axis="y", visible=False)
            axes.set_xlabel(metric)
            axes.set_title(titled(panels, levels), loc="left")
    return figure


def interaction(cells: pd.DataFrame, factors: list[str], metric: str) -> Figure:
    """Draw the cell means with their intervals: first factor as lines, second along the axis, the others as panels.

    The panels differ in height, but have one scale, so that slopes can be compared.

    Args:
        cells: the table of `ser.analysis.summary.describe`.
        factors: those that vary, one at least.
        metric: what the vertical axis shows.
    """
    lines, across, panels = (factors[:1], factors[1], factors[2:]) if len(factors) > 1 else ([], factors[0], [])
    parts = list(cells.groupby(panels, observed=True)) if panels else [(("",), cells)]
    spans = [
        part["ci_high"].fillna(part["mean"]).max() - part["ci_low"].fillna(part["mean"]).min() for _, part in parts
    ]
    span = max(*spans, 1e-3) * 1.15
    titles = [titled(panels, levels) for levels, _ in parts]
    names = cells[across].cat.categories
    width = max(2.7, text_width(titles), 0.3 + len(names) * text_width(names))
    rows = -(-len(parts) // MOST_COLUMNS)
    columns = min(MOST_COLUMNS, len(parts))
    with look():
        height = 2.6 + 0.16 * len(panels)
        figure = Figure(figsize=(max(3.6, 0.6 + width * columns), 0.6 + height * rows), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[len(parts) :]:
            axes.set_visible(False)
        for axes, (_, part), title in zip(grid, parts, titles, strict=False):
            groups = list(part.groupby(lines, observed=True)) if lines else [(("",), part)]
            for index, (level, line) in enumerate(groups):
                places = line[across].cat.codes + (index - (len(groups) - 1) / 2) * 0.06
                half = (line["ci_high"] - line["mean"]).fillna(0)
                style = {"color": colour(index), "marker": marker(index), "capsize": 3, "label": str(level[0])}
                axes.errorbar(places, line["mean"], half, **style)
            axes.set_xticks(range(len(names)), names)
            axes.set_xlim(-0.4, len(names) - 0.6)
            middle = (part["ci_high"].fillna(part["mean"]).max() + part["ci_low"].fillna(part["mean"]).min()) / 2
            axes.set_ylim(middle - span / 2, middle + span / 2)
            axes.set_xlabel(across)
            axes.set_title(title, loc="left")
        figure.supylabel(f"{metric} (mean, 95 % interval)", fontsize=9)
        if lines:
            legend_below(figure, figure.axes[0], lines[0])
    return figure


def _cloud(axes: Axes, place: int, values: np.ndarray, summary: pd.Series, shade: str) -> None:
    jitter = np.random.default_rng(place).uniform(0.05, 0.22, len(values))
    axes.scatter(
        values, place + jitter, s=float(np.clip(200 / len(values), 6, 20)), color=shade, alpha=0.45, linewidths=0
    )
    if len(values) >= FEWEST and np.ptp(values) > 1e-9 * abs(values).max():
        grid = np.linspace(values.min() - np.ptp(values) * 0.1, values.max() + np.ptp(values) * 0.1, 80)
        density = stats.gaussian_kde(values)(grid)
        axes.fill_between(
            grid, place - 0.04, place - 0.04 - 0.5 * density / density.max(), color=shade, alpha=0.35, lw=0
        )
    half = summary["ci_high"] - summary["mean"]
    axes.errorbar(
        summary["mean"], place, xerr=half if np.isfinite(half) else 0, fmt="o", ms=4, color="black", capsize=3
    )
    axes.axhline(place, color=GREY, lw=0.3, zorder=0)
