"""Which emotions are taken for which: the confusion matrices of every cell, averaged over seeds."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ser.analysis.figures.style import PAGE, look

MOST_LABELS = 28
"""Labels that the panels of a row have room for."""
SMALLEST_TEXT = 3.0
"""Points."""


def matrices(confusions: pd.DataFrame, factors: list[str], order: list[str]) -> Figure:
    """Draw one matrix a cell: share of the clips of an emotion (rows) that were given each label (columns).

    Args:
        confusions: the table of `ser.analysis.confusions.mean_shares`.
        factors: the columns that make a cell; the last one makes the rows of panels.
        order: the emotions, in the order of the axes.
    """
    cells = list(confusions.groupby(factors[::-1], observed=True, sort=True))
    columns = min(3 if len(cells) <= 12 else 4, max(1, len(cells)), max(1, MOST_LABELS // len(order)))
    rows = -(-len(cells) // columns)
    with look():
        side, text, left, below = _sizes(order, columns, rows)
        gap = below + 0.05  # inches between rows of panels: labels, and the title of the next row
        width, height = left + 0.65 + (side + 0.1) * columns, 0.4 + (side + gap) * rows
        figure = Figure(figsize=(width, height))
        grid = figure.subplots(rows, columns, squeeze=False)
        figure.subplots_adjust(left / width, below / height, 1 - 0.8 / width, 1 - 0.4 / height, 0.08, gap / side)
        room = 72 * side / len(order)  # points of a row
        image = None
        for index, (axes, (levels, cell)) in enumerate(zip(grid.ravel(), cells, strict=False)):
            present = [emotion for emotion in order if emotion in set(cell["emotion"]) | set(cell["predicted"])]
            shares = cell.pivot(index="emotion", columns="predicted", values="share").reindex(present, columns=present)
            image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
            for (row, column), share in np.ndenumerate(shares.to_numpy()):
                if np.isfinite(share) and room > 2 * SMALLEST_TEXT:
                    axes.text(
                        column,
                        row,
                        f"{100 * share:.0f}",
                        ha="center",
                        va="center",
                        fontsize=min(6.5 if columns < 4 else 5.5, room / 2),
                        color="white" if share > 0.55 else "black",
                    )
            axes.set_xticks(range(len(present)), present, rotation=45, ha="right", rotation_mode="anchor")
            axes.set_yticks(range(len(present)), present if index % columns == 0 else [])
            axes.tick_params(labelsize=text)
            axes.grid(visible=False)
            axes.set_title("\n".join([" ".join(map(str, levels[:0:-1])), str(levels[0])]), fontsize=8)
        for axes in grid.ravel()[len(cells) :]:
            axes.set_visible(False)
        if image is not None:
            bar = figure.add_axes((1 - 0.55 / width, below / height, 0.12 / width, 1 - (below + 0.4) / height))
            figure.colorbar(image, cax=bar, label="share of the emotion's clips")
        for axes in grid[:, 0]:
            axes.set_ylabel("emotion")
        for axes in grid.ravel()[max(0, len(cells) - columns) : len(cells)]:
            axes.set_xlabel("predicted")
    return figure


def _sizes(order: list[str], columns: int, rows: int) -> tuple[float, float, float, float]:
    """Return the side of a panel in inches, the size of labels in points, and the margins left and below in inches.

    Panels fit on a page, but for those of so many labels that they would be unreadable there.
    """
    readable = 7 / 0.8 * len(order) / 72 if MOST_LABELS // len(order) < 2 else 0.0
    left, below = 0.95, 0.8
    for _ in range(2):  # margins follow from the labels, whose size follows from the side
        fitting = max((PAGE[1] - 0.4) / rows - below - 0.05, readable)
        side = min(1.75 if columns > 1 else 4.5, (PAGE[0] - left - 0.65) / columns - 0.1, fitting)
        text = min(7, max(0.8 * 72 * side / len(order), SMALLEST_TEXT))
        longest = 0.6 * text / 72 * max(map(len, order))
        left, below = max(0.95, 0.45 + longest), max(0.8, 0.45 + 0.7 * longest)
    return side, text, left, below
