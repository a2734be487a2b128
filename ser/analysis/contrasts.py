"""Which differences between cells are asked for: main, simple and interaction contrasts as weights of cell means."""

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd

from ser.analysis.design import names


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of cell means: the difference of two levels, or a difference of such differences."""

    kind: str  # main, simple, interaction
    factor: str
    contrast: str
    at: str
    weights: np.ndarray  # (cells,), positive and negative ones of equal sum; that sum is 1 for a difference


def all_contrasts(cells: pd.Index) -> list[Contrast]:
    """Return the main, simple and interaction contrasts of the cells, as they are the columns of `design.wide`.

    >>> cells = pd.MultiIndex.from_product([["a", "b"], ["none", "it"]], names=["model", "pretune"])
    >>> [(found.kind, found.contrast) for found in all_contrasts(cells)][-2:]
    [('simple', 'it - none'), ('interaction', '(b - a) x (it - none)')]
    """
    return [*main_contrasts(cells), *simple_contrasts(cells), *interaction_contrasts(cells)]


def main_contrasts(cells: pd.Index) -> list[Contrast]:
    """Return each two levels of each factor, later minus earlier, over the other factors' cells with equal weight.

    >>> cells = pd.MultiIndex.from_product([["a", "b"], ["none", "it"]], names=["model", "pretune"])
    >>> main_contrasts(cells)[0].weights
    array([-0.5, -0.5,  0.5,  0.5])
    """
    found = _indicators(cells)
    return [_contrast(cells, found, "main", {name: pair}, {}) for name in names(cells) for pair in _pairs(cells, name)]


def simple_contrasts(cells: pd.Index) -> list[Contrast]:
    """Return each two levels of each factor at every combination of the others: the differences of two cells.

    >>> cells = pd.MultiIndex.from_product([["a", "b"], ["none", "it"]], names=["model", "pretune"])
    >>> simple_contrasts(cells)[0].contrast, simple_contrasts(cells)[0].at
    ('b - a', 'pretune=none')
    """
    contrasts, found = [], _indicators(cells)
    for name in names(cells):
        others = [other for other in names(cells) if other != name]
        places = [dict(zip(others, levels, strict=True)) for levels in product(*(cells.unique(o) for o in others))]
        contrasts += [
            _contrast(cells, found, "simple", {name: pair}, at) for pair in _pairs(cells, name) for at in places if at
        ]
    return contrasts


def interaction_contrasts(cells: pd.Index) -> list[Contrast]:
    """Return the differences of differences of every two factors or more, over the others with equal weight.

    >>> cells = pd.MultiIndex.from_product([["a", "b"], ["none", "it"]], names=["model", "pretune"])
    >>> interaction_contrasts(cells)[0].weights
    array([ 1., -1., -1.,  1.])
    """
    found = _indicators(cells)
    return [
        _contrast(cells, found, "interaction", dict(zip(crossed, pairs, strict=True)), {})
        for size in range(2, cells.nlevels + 1)
        for crossed in combinations(names(cells), size)
        for pairs in product(*(_pairs(cells, name) for name in crossed))
    ]


def _pairs(cells: pd.Index, name: str) -> list[tuple[str, str]]:
    return [(later, earlier) for earlier, later in combinations(cells.unique(name), 2)]


def _indicators(cells: pd.Index) -> dict[str, dict[str, np.ndarray]]:
    """Return for every factor and level (cells,): 1 where a cell has it."""
    return {
        name: {level: (cells.get_level_values(name) == level).astype(float) for level in cells.unique(name)}
        for name in names(cells)
    }


def _contrast(
    cells: pd.Index,
    indicators: dict[str, dict[str, np.ndarray]],
    kind: str,
    pairs: dict[str, tuple[str, str]],
    at: dict[str, str],
) -> Contrast:
    weights = np.ones(len(cells))
    for name, (a, b) in pairs.items():
        weights = weights * (indicators[name][a] - indicators[name][b])
    for name, level in at.items():
        weights = weights * indicators[name][level]
    others = [name for name in names(cells) if name not in pairs]
    averaged = f"mean over {', '.join(others)}" if others else ""
    differences = [f"{a} - {b}" for a, b in pairs.values()]
    return Contrast(
        kind,
        " x ".join(pairs),
        differences[0] if len(pairs) == 1 else " x ".join(f"({difference})" for difference in differences),
        ", ".join(f"{name}={level}" for name, level in at.items()) or averaged,
        weights * 2 ** len(pairs) / np.abs(weights).sum(),
    )
