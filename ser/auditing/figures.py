"""One figure of a corpus, from its measured clips."""

from typing import Final

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser.analysis.figures.style import GREY, colour, look
from ser.labels import in_order
from ser.schema import GENDERS

MOST_SPEAKERS: Final = 30
"""With more speakers, a histogram of clips per speaker is drawn in place of the table."""


def draw_corpus(clips: pd.DataFrame, name: str) -> Figure:
    """Draw labels, speakers, durations, loudness and pauses; channel offsets of stereo corpora, else peaks.

    Args:
        clips: a manifest with the columns of `ser.auditing.measure.measure`; clips with a problem are not drawn.
        name: name of the corpus.
    """
    with look(name):
        figure = Figure(figsize=(11, 6), layout="constrained")
        panels = figure.subplots(2, 3)
        _emotions(panels[0, 0], clips)
        _speakers(figure, panels[0, 1], clips)
        usable = clips[clips["problem"].isna()]
        _histogram(panels[0, 2], usable["duration_s"], "seconds", "durations")
        _histogram(panels[1, 0], usable["loudness_lufs"], "LUFS", "loudness")
        _histogram(panels[1, 1], 100 * usable["pause"], "% of the clip", "pauses (40 dB below the loudest)")
        if usable["offset_ms"].notna().any():
            _histogram(panels[1, 2], usable["offset_ms"], "ms", "second channel after the first")
        else:
            _histogram(panels[1, 2], usable["peak_dbfs"], "dBFS", "peaks")
    return figure


def _emotions(axes: Axes, clips: pd.DataFrame) -> None:
    counts = pd.crosstab(clips["emotion"], clips["gender"]).pipe(lambda table: table.loc[list(in_order(table.index))])
    left = np.zeros(len(counts))
    for index, gender in enumerate(gender for gender in GENDERS if gender in counts):
        axes.barh(counts.index, counts[gender], left=left, color=colour(index), label=gender)
        left += counts[gender].to_numpy()
    axes.invert_yaxis()
    axes.set(title="clips by emotion and gender", xlabel="clips")
    axes.legend(fontsize=7)


def _speakers(figure: Figure, axes: Axes, clips: pd.DataFrame) -> None:
    counts = pd.crosstab(clips["speaker"], clips["emotion"]).pipe(lambda table: table[list(in_order(table.columns))])
    if len(counts) > MOST_SPEAKERS:
        _histogram(axes, counts.sum(axis=1), "clips of a speaker", f"{len(counts)} speakers")
        return
    image = axes.imshow(counts, cmap=matplotlib.colormaps["Blues"], aspect="auto", vmin=0)
    axes.set_xticks(range(counts.shape[1]), counts.columns, rotation=40, ha="right", fontsize=7)
    axes.set_yticks(range(len(counts)), counts.index, fontsize=7)
    axes.grid(visible=False)
    axes.set(title="clips by speaker and emotion")
    figure.colorbar(image, ax=axes)


def _histogram(axes: Axes, values: pd.Series, unit: str, title: str) -> None:
    finite = values[np.isfinite(values.to_numpy(float))].to_numpy(float)
    if len(finite):
        axes.hist(finite, bins=40, color=colour(0))
        axes.axvline(float(np.median(finite)), color=GREY, linestyle="--", linewidth=1)
    axes.set(title=title, xlabel=unit, ylabel="clips")
