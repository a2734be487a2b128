"""Critical-difference diagrams: mean ranks on a line, those that cannot be told apart joined (Demsar 2006)."""

import pandas as pd
import scikit_posthocs
from matplotlib.figure import Figure

from ser.analysis.figures.style import PAGE, colour, look, text_width


def critical_difference_diagram(ranks: pd.DataFrame, pairs: pd.DataFrame, critical: float, alpha: float) -> Figure:
    """Draw the mean ranks, the best at the left, and a bar over those that Nemenyi's test cannot tell apart.

    Args:
        ranks: the table of `ser.analysis.ranks.mean_ranks`.
        pairs: the table of `ser.analysis.ranks.compare_ranks`.
        critical: the critical difference, which the title names.
        alpha: level of the test.
    """
    names = list(ranks["treatment"])
    p = pd.DataFrame(1.0, names, names)
    for row in pairs.itertuples():
        p.loc[row.a, row.b] = p.loc[row.b, row.a] = row.p_nemenyi
    with look():
        figure = Figure(
            figsize=(min(PAGE[0], 3.4 + 2 * text_width(names)), 1.2 + 0.2 * len(names)), layout="constrained"
        )
        axes = figure.add_subplot()
        scikit_posthocs.critical_difference_diagram(
            dict(zip(names, ranks["rank"], strict=True)),
            p,
            alpha=alpha,
            ax=axes,
            label_fmt_left="{label} ({rank:.2f})",
            label_fmt_right="({rank:.2f}) {label}",
            color_palette={name: colour(0) for name in names},
            crossbar_props={"color": "black", "marker": "o", "markersize": 3},
            text_h_margin=0.05,
        )
        axes.grid(visible=False)
        axes.set_title(f"Mean rank, 1 is best; critical difference {critical:.2f} (alpha = {alpha:g})", loc="left")
    return figure
