"""The pictures: they fit a page, panels that are compared share an axis, captions promise what is drawn."""

from functools import cache
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.transforms import Bbox
from scipy import stats

from ser.analysis import describe, paired_contrasts, stability
from ser.analysis.cells import select
from ser.analysis.comparisons import pooled
from ser.analysis.confusions import mean_shares
from ser.analysis.contrasts import main_contrasts, simple_contrasts
from ser.analysis.design import seeds_by_cells
from ser.analysis.figures import style
from ser.analysis.figures.cells import interaction, raincloud, raincloud_caption
from ser.analysis.figures.confusions import matrices
from ser.analysis.figures.curves import power_curves, verdicts
from ser.analysis.figures.differences import forest, forest_caption, rows_of_contrasts
from ser.schema import EMOTIONS
from tests.analysis.conftest import grid, with_values

SIZES = {
    "small": ({"model": ["hubert", "wav2vec2"], "pretune": ["none", "it"], "dataset": ["emodb", "emovo"]}, 5),
    "one factor": ({"model": ["hubert", "wav2vec2"]}, 5),
    "30 levels": ({"model": [f"encoder_{i:02d}" for i in range(30)], "dataset": ["emodb", "emovo"]}, 10),
    "30 levels last": ({"dataset": ["emodb", "emovo"], "model": [f"encoder_{i:02d}" for i in range(30)]}, 3),
    "long names": (
        {
            "model": ["wav2vec2_large_xlsr", "hubert_large_ll60k", "wavlm_base_plus_sd"],
            "pretune": ["none", "it"],
            "dataset": ["emozionalmente_test", "emovo_by_speaker"],
            "training.learning_rate": ["1e-05", "5e-05"],
        },
        3,
    ),
}


@cache
def scores_of(size: str) -> tuple[pd.DataFrame, list[str]]:
    levels, seeds = SIZES[size]
    table, random = grid(levels, seeds), np.random.default_rng(0)
    gains = {level: random.normal(0, 0.02) for names in levels.values() for level in names}
    values = 0.6 + random.normal(0, 0.02, len(table)) + sum(table[factor].map(gains).to_numpy() for factor in levels)
    return select(with_values(table, values), list(levels)), list(levels)


@cache
def contrasts_of(size: str) -> pd.DataFrame:
    table = seeds_by_cells(*scores_of(size))
    return pooled(table, [*main_contrasts(table.columns), *simple_contrasts(table.columns)])


def confusions_of(size: str) -> pd.DataFrame:
    scores, factors = scores_of(size)
    cells = scores[factors].drop_duplicates().head(24).assign(seed=0)
    pairs = pd.MultiIndex.from_product([EMOTIONS, EMOTIONS], names=["emotion", "predicted"]).to_frame(index=False)
    return mean_shares(cells.astype(str).merge(pairs, how="cross").assign(count=1), factors)


def draw(chart: str, size: str):
    scores, factors = scores_of(size)
    if chart == "forest":
        return forest(rows_of_contrasts(contrasts_of(size)), 0.01, "difference of accuracy")
    if chart == "matrices":
        return matrices(confusions_of(size), factors, list(EMOTIONS))
    if chart == "verdicts":
        return verdicts(stability.after_seeds(scores, factors, orders=2), 0.05)
    if chart == "raincloud":
        return raincloud(scores, describe(scores, factors), factors, "accuracy")
    return interaction(describe(scores, factors), factors, "accuracy")


@pytest.mark.parametrize(
    ("chart", "size"),
    [
        *product(["forest", "interaction", "raincloud", "verdicts"], SIZES),
        ("matrices", "small"),
        ("matrices", "30 levels"),
    ],
)
def test_a_picture_fits_a_page_and_its_words_stay_apart(chart, size):
    figure = draw(chart, size)
    assert (figure.get_size_inches() <= np.array(style.PAGE) + 1e-9).all()
    FigureCanvasAgg(figure).draw()
    seen = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes._left_title.get_window_extent() for axes in seen if axes._left_title.get_text()]
    page = figure.bbox
    assert all(box.x0 >= page.x0 and box.x1 <= page.x1 and box.y1 <= page.y1 for box in titles)
    assert not [pair for pair in combinations(titles, 2) if Bbox.intersection(*pair) is not None]
    if chart == "matrices":
        return
    for axes in seen:
        labels = [label for label in axes.get_yticklabels() if label.get_text()]
        assert all(label.get_fontsize() >= 6.5 for label in labels)
        boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
        assert all(lower.y1 <= upper.y0 + 2 for lower, upper in pairwise(boxes))
        assert all(box.x0 >= page.x0 - 1 for box in boxes)


def test_panels_that_are_compared_share_their_axis():
    assert len({axes.get_xlim() for axes in draw("raincloud", "small").axes}) == 1
    assert len({axes.get_ylim() for axes in draw("interaction", "small").axes}) == 1
    assert len({axes.get_ylim() for axes in draw("verdicts", "small").axes}) == 1
    panels: dict[str, set] = {}
    for axes in draw("forest", "long names").axes:
        panels.setdefault(axes._left_title.get_text().split(":")[0], set()).add(axes.get_xlim())
    assert {factor: len(limits) for factor, limits in panels.items()} == dict.fromkeys(SIZES["long names"][0], 1)


@pytest.mark.parametrize("size", ["small", "30 levels last"])
def test_seeds_are_whole_numbers(size):
    figure = draw("verdicts", size)
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_the_caption_promises_a_density_where_one_is_drawn():
    captions = (([5, 5], None), ([5, 10], "where a cell has 10 scores or more"), ([12, 10], "its density and"))
    for counts, said in captions:
        caption = raincloud_caption(pd.DataFrame({"n": counts}), "uar")
        assert ("density" in caption) == (said is not None)
        assert said is None or said in caption
    for size, drawn in (("small", False), ("30 levels", True)):
        collections = [found for axes in draw("raincloud", size).axes for found in axes.collections]
        assert any(isinstance(found, FillBetweenPolyCollection) for found in collections) == drawn


def test_the_caption_of_differences_says_what_is_drawn():
    said = {
        size: forest_caption(rows_of_contrasts(contrasts_of(size)), "Differences", 0.05, 0.01)
        for size in ("one factor", "small", "30 levels")
    }
    assert "thick lines the 90 % intervals that decide on equivalence" in said["small"]
    assert "Diamonds" in said["small"]
    assert "Diamonds" not in said["one factor"]
    assert "highest" not in said["small"]
    assert "the one with the highest mean is drawn against each other one" in said["30 levels"]


def test_the_interval_that_decides_on_equivalence_is_drawn():
    scores, factors = scores_of("small")
    table = paired_contrasts(scores, factors)
    rows = rows_of_contrasts(table)
    means = scores.groupby(["seed", "model"], observed=True)["value"].mean().unstack()
    expected = stats.ttest_rel(means["wav2vec2"], means["hubert"]).confidence_interval(0.9)
    assert (rows["inner_low"].iloc[0], rows["inner_high"].iloc[0]) == pytest.approx((expected.low, expected.high))
    assert (rows["low"].iloc[0], rows["high"].iloc[0]) == (table["ci_low"].iloc[0], table["ci_high"].iloc[0])


def test_the_best_level_is_drawn_against_each_other():
    scores, _ = scores_of("30 levels")
    rows = rows_of_contrasts(contrasts_of("30 levels")).query("factor == 'model'")
    means = scores.groupby("model", observed=True)["value"].mean()
    assert len(rows) == 29
    assert f"{means.idxmax()} (highest mean)" in rows["panel"].iloc[0]
    np.testing.assert_allclose(rows["estimate"], means.max() - rows["name"].map(means.to_dict()).astype(float))
    inside = rows[["low", "inner_low", "estimate", "inner_high", "high"]].to_numpy(float)
    assert (np.diff(inside, axis=1) > 0).all()


def test_power_without_a_spread_of_differences_is_one_panel():
    assert [len(power_curves(1, 4, 5, sd, 0.01, 0.05).axes) for sd in (0.02, np.nan)] == [2, 1]


def linear(code: str) -> np.ndarray:
    """Return the linear RGB of "#rrggbb"."""
    values = np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize(
    "sight",  # Machado, Oliveira and Fernandes 2009, severity 1: protanopia, deuteranopia
    [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ],
)
def test_colours_can_be_told_apart_by_colour_blind_readers(sight):
    seen = [np.array(sight) @ linear(code) for code in style.PALETTE]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 0.1
