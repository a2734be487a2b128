"""How many seeds: power before a sweep, and the verdicts as a sweep went on."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ser.analysis import sample_size
from ser.analysis.figures.style import GREY, PAGE, colour, columns_that_fit, legend_below, look, marker

TITLE = 25
"""Characters of a line of a panel's title."""

MOST_PANELS = 24
"""Effects that a page has room for, the main ones first."""

LOWEST_P = 1e-4
"""Smaller p values are drawn here."""


def power_curves(df_effect: int, cells: int, seeds: int, sd_seeds: float, margin: float, alpha: float) -> Figure:
    """Draw power over the number of seeds, on one axis: the F test between groups, and the paired tests within seeds.

    Args:
        df_effect: degrees of freedom of the effect of the left panel.
        cells: combinations of factor levels.
        seeds: of this sweep, drawn as a line.
        sd_seeds: standard deviation of the seeds' differences, for the right panel; NaN leaves it out.
        margin: the difference of the right panel.
        alpha: level of the tests.
    """
    most = max(150, int(seeds * 1.25))
    counts = np.unique(np.geomspace(2, most, 40).astype(int))
    with look():
        paired = bool(np.isfinite(sd_seeds) and sd_seeds > 0)
        figure = Figure(figsize=(PAGE[0] if paired else 3.6, 3.5), layout="constrained")
        left, *rest = figure.subplots(1, 1 + paired, sharey=True, squeeze=False)[0]
        for index, (name, f) in enumerate(sample_size.CONVENTIONS.items()):
            values = [sample_size.anova_power(f, df_effect, cells, cells * n, alpha) for n in counts]
            left.plot(counts, values, color=colour(index), label=f"{name}, f = {f:.2f}")
        left.set_title(f"Between groups: F test, df {df_effect},\n{cells} cells", loc="left")
        left.set_ylabel("power")
        for right in rest:
            found = [sample_size.difference_power(margin, sd_seeds, n, alpha) for n in counts]
            claimed = [sample_size.equivalence_power(margin, sd_seeds, n, alpha) for n in counts]
            right.plot(counts, found, color=colour(0), label=f"find a difference of {margin:g}")
            right.plot(counts, claimed, color=colour(1), ls="--", label=f"claim equivalence within {margin:g}")
            right.set_title(f"Within seeds: two cells,\nSD of differences {sd_seeds:.3f}", loc="left")
        for axes in (left, *rest):
            _seed_axis(axes, seeds, most)
            axes.axhline(0.8, color=GREY, lw=0.8, ls=":")
            axes.set_ylim(0, 1.02)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return figure


def verdicts(curve: pd.DataFrame, alpha: float) -> Figure:
    """Draw p after the first k seeds, one panel for each of the first `MOST_PANELS` effects, one line a design.

    Args:
        curve: the table of `ser.analysis.stability.after_seeds`.
        alpha: level of the tests.
    """
    effects = list(curve.groupby("effect", sort=False))[:MOST_PANELS]
    columns = columns_that_fit(len(effects), 2.1, 0.7)
    rows = -(-len(effects) // columns)
    most = int(curve["seeds"].max())
    with look():
        size = (min(PAGE[0], 0.8 + 2.6 * columns), min(PAGE[1], 0.9 + 1.7 * rows))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, (effect, part) in zip(grid.ravel(), effects, strict=False):
            axes.axhspan(LOWEST_P / 2, alpha, color=GREY, alpha=0.12, lw=0)
            for index, (design, line) in enumerate(part.groupby("design", sort=False)):
                style = {"color": colour(index), "ls": ("-", "--")[index], "label": design, "lw": 1.3}
                style |= {"marker": marker(index), "ms": 2.5}
                axes.plot(line["seeds"], line["p"].clip(lower=LOWEST_P), **style)
            axes.set_yscale("log")
            axes.set_ylim(LOWEST_P / 2, 1.3)
            axes.set_yticks([1e-4, 1e-3, 1e-2, 1e-1, 1], ["≤ .0001", ".001", ".01", ".1", "1"])
            axes.set_xlim(1.9, max(most, 3) + 0.1)
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
            axes.minorticks_off()
            axes.set_title(textwrap.fill(str(effect), TITLE), loc="left")
        for position, axes in enumerate(grid.ravel()):
            axes.set_visible(position < len(effects))
            if len(effects) - columns <= position < len(effects):  # the lowest of its column
                axes.set_xlabel("seeds")
                axes.tick_params(labelbottom=True)
        figure.supylabel("p after that many seeds", fontsize=9)
        legend_below(figure, figure.axes[0], "")
    return figure


def _seed_axis(axes: Axes, seeds: int, most: int) -> None:
    axes.axvline(seeds, color="black", lw=0.8)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    axes.text(seeds, 0.4, f"this sweep: {seeds}", fontsize=8, rotation=90, ha="center", va="center", bbox=box)
    axes.set_xscale("log")
    ticks = [n for n in (2, 5, 10, 20, 50, 100, 200, 500, 1000) if n <= most]
    axes.set_xticks(ticks, [str(n) for n in ticks])
    axes.minorticks_off()
    axes.set_xlabel("seeds for each cell")
