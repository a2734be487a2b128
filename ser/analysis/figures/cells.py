"""What every cell scored: all seeds, means with intervals, and how the factors interact."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from ser.analysis.figures.style import (
    GREY,
    PAGE,
    colour,
    columns_that_fit,
    legend_below,
    look,
    marker,
    text_width,
    titled,
)

FEWEST = 10
"""Scores of a cell whose density is drawn."""


def raincloud(scores: pd.DataFrame, cells: pd.DataFrame, factors: list[str], metric: str) -> Figure:
    """Draw every seed of every cell as a point, their density from `FEWEST` on, the mean with its interval.

    Panels share their axis; thirty cells in each fit a page.

    Args:
        scores: the table of `ser.analysis.cells.select` without NaN.
        cells: the table of `ser.analysis.summary.describe` for the same scores.
        factors: the last one makes the panels, if there are two at least.
        metric: what the horizontal axis shows.
    """
    inside, panels = (factors[:-1], factors[-1:]) if len(factors) > 1 else (factors, [])
    parts = list(scores.groupby(panels, observed=True)) if panels else [(("",), scores)]
    count = max(len(part.groupby(inside, observed=True)) for _, part in parts)
    joined = "\n" if count <= 8 else ", "
    keys = [key for _, part in parts for key, _ in part.groupby(inside, observed=True)]
    names = text_width([joined.join(map(str, key)) for key in keys])
    width = max(1.7, text_width([titled(panels, levels) for levels, _ in parts]))
    columns = columns_that_fit(len(parts), width, names)
    rows = -(-len(parts) // columns)
    row = min(max(0.5, 0.15 * len(inside)), (PAGE[1] / rows - 0.8) / count)
    with look():
        size = (min(PAGE[0], names + max(width, 2.4) * columns), (0.8 + row * count) * rows)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes in grid[len(parts) :]:
            axes.set_visible(False)
        colours = {level: colour(i) for i, level in enumerate(scores[inside[0]].cat.categories)}
        shown: list[str] = []
        for index, (axes, (levels, part)) in enumerate(zip(grid, parts, strict=False)):
            own = cells[cells[panels[0]] == levels[0]] if panels else cells
            clouds = list(part.groupby(inside, observed=True)["value"])
            for position, (key, values) in enumerate(clouds):
                summary = own[np.logical_and.reduce([own[f] == k for f, k in zip(inside, key, strict=True)])].iloc[0]
                _cloud(axes, position, values.to_numpy(), summary, colours[key[0]])
            labels = [joined.join(map(str, key)) for key, _ in clouds]
            repeated = index % columns > 0 and labels == shown  # they stand at the panel to the left
            font = 8 if row > 0.2 else 6.5
            axes.set_yticks(range(len(labels)), [""] * len(labels) if repeated else labels, fontsize=font)
            shown = labels
            axes.set_ylim(len(labels) - 0.45, -0.75)
            axes.grid(axis="y", visible=False)
            axes.tick_params(labelbottom=True)
            axes.locator_params(axis="x", nbins=5)
            axes.set_xlabel(metric)
            axes.set_title(titled(panels, levels), loc="left")
    return figure


def raincloud_caption(cells: pd.DataFrame, metric: str) -> str:
    """Return what `raincloud` draws of these cells, in words, as the caption of the picture."""
    dense = cells["n"] >= FEWEST
    density = ", its density" if dense.all() else f", its density where a cell has {FEWEST} scores or more"
    clouds = density if dense.any() else ""
    return (
        f"Every seed's {metric} (points){clouds} and the mean with its 95 % interval (black); panels share their axis."
    )


def interaction(cells: pd.DataFrame, factors: list[str], metric: str) -> Figure:
    """Draw the cell means with their intervals on one axis: lines, along the axis, and panels are factors.

    The factor with the most levels runs along the axis; of the others the first makes the lines.

    Args:
        cells: the table of `ser.analysis.summary.describe`.
        factors: those that vary, one at least.
        metric: what the vertical axis shows.
    """
    across = max(factors[1::-1], key=lambda factor: cells[factor].nunique())
    across = max([across, *factors[2:]], key=lambda factor: cells[factor].nunique())
    lines, *panels = [factor for factor in factors if factor != across] or [""]
    parts = list(cells.groupby(panels, observed=True)) if panels else [(("",), cells)]
    titles = [titled(panels, levels) for levels, _ in parts]
    names = cells[across].cat.categories
    width = max(1.9, text_width(titles), min(PAGE[0] - 0.6, 0.3 + 0.22 * len(names)))
    columns = columns_that_fit(len(parts), width, 0.6)
    rows = -(-len(parts) // columns)
    turned = 0.3 + text_width(names) * len(names) > (PAGE[0] - 0.6) / columns
    with look():
        below = text_width(names) if turned else 0.2
        height = min(2.0 + 0.15 * len(panels) + below, (PAGE[1] - 0.8) / rows)
        size = (PAGE[0] if columns > 1 or turned else 3.6, 0.6 + height * rows)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axes in grid[len(parts) :]:
            axes.set_visible(False)
        for axes, (_, part), title in zip(grid, parts, titles, strict=False):
            groups = list(part.groupby(lines, observed=True)) if lines else [("", part)]
            apart = min(0.06, 0.6 / len(groups))
            for index, (level, line) in enumerate(groups):
                positions = line[across].cat.codes + (index - (len(groups) - 1) / 2) * apart
                half = (line["ci_high"] - line["mean"]).fillna(0)
                style = {"color": colour(index), "marker": marker(index), "capsize": 2, "ms": 4, "label": str(level)}
                axes.errorbar(positions, line["mean"], half, lw=1.0, **style)
            axes.set_xticks(range(len(names)), names, rotation=90 if turned else 0)
            axes.set_xlim(-0.4, len(names) - 0.6)
            axes.tick_params(labelleft=True)
            axes.set_xlabel(across)
            axes.set_title(title, loc="left")
        figure.supylabel(f"{metric} (mean, 95 % interval)", fontsize=8.5)
        if lines:
            legend_below(figure, figure.axes[0], lines)
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
