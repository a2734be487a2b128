"""One look for all figures, and their files; colours that colour-blind readers can tell apart (Okabe and Ito 2008)."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from colorsys import hls_to_rgb
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of a font

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # yellow is no line on white
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
FORMATS = ("png", "svg", "pdf")
DOTS_PER_INCH = 150
GREY = "#777777"
PAGE = (7.0, 9.5)
"""Inches that a figure may take: the text of a page, so that nothing is scaled down in print."""

RULES: Any = {
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


@contextmanager
def look(name: str = "") -> Iterator[None]:
    """Apply the look inside a block; `name` makes the identifiers in an SVG the same at every run."""
    with matplotlib.rc_context(RULES | {"svg.hashsalt": name}):
        yield


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write the figure in all formats, the same bytes for the same figure, and return the files."""
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    paths = [folder / f"{name}.{suffix}" for suffix in FORMATS]
    with look(name):
        if (engine := figure.get_layout_engine()) is not None:
            engine.execute(figure)
            figure.set_layout_engine("none")  # laid out once for all formats
        for path in paths:
            figure.savefig(path, dpi=DOTS_PER_INCH, metadata=undated[path.suffix[1:]])
    return paths


def paint(folder: Path, name: str, chart: Callable[..., Figure], *data: Any) -> None:
    """Draw a chart and save it, where figures are drawn in a process of their own."""
    save(chart(*data), folder, name)


def colour(index: int) -> str:
    """Return the colour of the level at this position: of the palette, then further hues, no two alike.

    >>> len({colour(index) for index in range(60)})
    60
    """
    if index < len(PALETTE):
        return PALETTE[index]
    hue, lightness = 0.618034 * index % 1, (0.3, 0.45, 0.6)[index % 3]  # neighbours in number are far apart in hue
    return to_hex(hls_to_rgb(hue, lightness, 0.6))


def marker(index: int) -> str:
    """Return the marker of the level at this place."""
    return MARKERS[index % len(MARKERS)]


def columns_that_fit(panels: int, width: float, beside: float = 0.0) -> int:
    """Return how many of the panels, each so wide, stand beside each other on a page, `beside` left for labels."""
    return max(1, min(panels, int((PAGE[0] - beside) / width)))


def text_width(texts: Iterable[str]) -> float:
    """Return the room in inches that the longest line of these texts takes at the size of titles."""
    return 0.2 + 0.072 * max((len(line) for text in texts for line in str(text).split("\n")), default=0)


def titled(factors: Sequence[str], levels: Sequence[object]) -> str:
    """Return a panel's title: one factor and its level a line."""
    return "\n".join(f"{factor}: {level}" for factor, level in zip(factors, levels, strict=False))


def legend_below(figure: Figure, axes: Axes, title: str) -> None:
    """Put one legend for all panels under them, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    fitting = max(1, int(figure.get_figwidth() / (text_width(labels) + 0.5)))
    figure.legend(handles, labels, title=title, loc="outside lower center", ncols=min(len(labels), 6, fitting))
