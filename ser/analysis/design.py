"""The factorial layout in numbers: the table of seeds by cells, and the contrasts that carry each effect."""

from functools import reduce
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import linalg

from ser.analysis.cells import varying
from ser.analysis.levels import level_texts, ordered
from ser.errors import ScoresError
from ser.schema import check_values


def tidy(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Return the factors as ordered categories, `seed` and `value` of any tidy table, one row a score that is a number.

    Every analysis starts with it, so that each takes any table; one that is tidy already comes back as it is. Levels
    are in the order of `ser.analysis.levels.level_order`, or of a categorical column.

    Args:
        scores: one row a score, with columns `seed`, `value` and the factors; others are left out.
        factors: one at least.

    Raises:
        ScoresError: a column is missing, a factor is named twice, a value is no number or infinite, seeds cannot be
            compared, or a seed has two scores in a cell.

    >>> table = pd.DataFrame({"layer": [12, 2], "seed": [0, 0], "value": [0.61, 0.58]})
    >>> tidy(table, ["layer"])["layer"].cat.categories.tolist()
    ['2', '12']
    """
    if isinstance(factors, str) or not factors or len({*factors}) < len(factors):
        raise ScoresError(f"factors: a list of different columns is needed, not {factors!r}")
    absent = [column for column in [*factors, "seed", "value"] if column not in scores.columns]
    if absent:
        raise ScoresError(
            f"scores: missing column(s) {', '.join(absent)}; there are {', '.join(map(str, scores.columns))}; rename"
            " yours: table.rename(columns={'accuracy': 'value', 'run': 'seed'})"
        )
    scores = check_values(scores[[*factors, "seed", "value"]], "scores")
    if np.isinf(scores["value"]).any():
        raise ScoresError("scores: column 'value' holds infinite scores; drop them, or make them NaN (missing)")
    numbers = scores[scores["value"].notna()].reset_index(drop=True)
    return numbers.assign(**{factor: _levels(numbers[factor]) for factor in factors})


def _levels(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        return values if values.cat.categories.isin(values).all() else values.cat.remove_unused_categories()
    return ordered(level_texts(values))


def seeds_by_cells(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Return any tidy table as seeds by cells of the factors that vary (`wide`).

    Raises:
        ScoresError: as `tidy` and `require_varying`.

    >>> table = pd.DataFrame({"layer": [2, 12, 2], "seed": [0, 0, 1], "value": [0.61, 0.58, 0.6]})
    >>> seeds_by_cells(table, ["layer"])
    layer     2    12
    seed
    0      0.61  0.58
    1      0.60   NaN
    """
    scores = tidy(scores, factors)
    return wide(scores, require_varying(scores, factors))


def wide(scores: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """Return the scores as seeds by cells, in the order of the factors' levels, last factor fastest; NaN where absent.

    Args:
        scores: the table of `tidy`.
        factors: they must tell all scores of a seed apart.

    Raises:
        ScoresError: two scores are of one seed and cell.

    >>> table = tidy(pd.DataFrame({"layer": [2, 12], "seed": [0, 0], "value": [0.61, 0.58]}), ["layer"])
    >>> wide(table, ["layer"])
    layer     2    12
    seed
    0      0.61  0.58
    """
    twice = scores.duplicated([*factors, "seed"])
    if twice.any():
        row = scores[twice].iloc[0]
        cell = ", ".join(f"{column}={row[column]}" for column in [*factors, "seed"])
        raise ScoresError(
            f"{int(twice.sum())} score(s) too many, as of {cell}: a seed has one score a cell; name the factor that"
            " tells them apart"
        )
    columns = pd.MultiIndex.from_product([scores[factor].cat.categories for factor in factors], names=factors)
    codes = [scores[factor].cat.codes.to_numpy() for factor in factors]
    places = np.ravel_multi_index(codes, columns.levshape)
    rows, seeds = pd.factorize(scores["seed"], sort=True)
    values = np.full((len(seeds), len(columns)), np.nan)
    values[rows, places] = scores["value"]
    return pd.DataFrame(values, pd.Index(seeds, name="seed"), columns)


def cell_names(cells: pd.Index) -> list[str]:
    """Return the cells as they stand in messages and tables: "model=hubert, pretune=it".

    >>> cell_names(pd.MultiIndex.from_tuples([("hubert", "it")], names=["model", "pretune"]))
    ['model=hubert, pretune=it']
    """
    return [", ".join(f"{n}={level}" for n, level in zip(names(cells), cell, strict=True)) for cell in cells]


def require_cells(table: pd.DataFrame) -> None:
    """Refuse seeds by cells in which a cell has no score.

    Raises:
        ScoresError: it names the empty cells.
    """
    empty = cell_names(table.columns[table.isna().all()])
    if empty:
        raise ScoresError(
            f"no score in {len(empty)} combination(s) of {' x '.join(names(table.columns))} ({'; '.join(empty)}): the"
            " effects cannot be told apart; run these cells, or leave a factor out"
        )


def require_replicates(table: pd.DataFrame) -> None:
    """Refuse seeds by cells of which no cell has two scores.

    Raises:
        ScoresError: whatever is tested would take differences between cells for spread within them.
    """
    if table.count().max() < 2:
        raise ScoresError(
            "one score a cell (a single seed): the spread within cells is unknown, so nothing can be tested;"
            " run more seeds"
        )


def complete_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `wide` without a gap.

    Raises:
        ScoresError: fewer than two seeds have a score in every cell.

    >>> scores = pd.DataFrame({"layer": [2, 2, 2, 12, 12], "seed": [0, 1, 2, 0, 1], "value": [5, 6, 7, 8, 9]})
    >>> complete_seeds(seeds_by_cells(scores, ["layer"])).index.tolist()
    [0, 1]
    """
    complete = table.dropna()
    if len(complete) < 2:
        raise ScoresError(
            f"{len(complete)} of {len(table)} seeds have a score in all {table.shape[1]} cells; two at least are needed"
            " to compare cells within seeds: run the missing cells, or more seeds"
        )
    return complete


def names(cells: pd.Index) -> list[str]:
    """Return the factors of the cells, which are the columns of `wide`.

    >>> names(pd.MultiIndex.from_tuples([("hubert", "it")], names=["model", "pretune"]))
    ['model', 'pretune']
    """
    return [str(name) for name in cells.names]


def effects(factors: list[str]) -> list[tuple[str, ...]]:
    """Return every main effect and interaction as a tuple of factors, main effects first.

    >>> effects(["model", "pretune"])
    [('model',), ('pretune',), ('model', 'pretune')]
    """
    return [effect for size in range(1, len(factors) + 1) for effect in combinations(factors, size)]


def effect_name(effect: tuple[str, ...]) -> str:
    """Return the effect as it stands in tables: "model x pretune".

    >>> effect_name(("model", "pretune"))
    'model x pretune'
    """
    return " x ".join(effect)


def effect_basis(columns: pd.Index, effect: tuple[str, ...]) -> np.ndarray:
    """Return orthonormal contrasts of the cells that span an effect.

    Args:
        columns: the cells, as the columns of `wide`.
        effect: the factors that take part.

    Returns:
        (cells, df): Helmert contrasts of each factor of the effect, averages over the others.

    >>> effect_basis(pd.Index(["a", "b", "c"], name="model"), ("model",)).round(3)
    array([[ 0.707,  0.408],
           [-0.707,  0.408],
           [ 0.   , -0.816]])
    """
    sizes = {name: columns.get_level_values(name).nunique() for name in names(columns)}
    parts = [
        linalg.helmert(size).T if name in effect else np.full((size, 1), size**-0.5) for name, size in sizes.items()
    ]
    return reduce(np.kron, parts)


def require_varying(scores: pd.DataFrame, factors: list[str]) -> list[str]:
    """Return the factors that have two levels or more.

    Raises:
        ScoresError: there is no score, no such factor, or every score is the same.
    """
    if scores.empty:
        raise ScoresError("no score is a number, so there is nothing to analyse")
    present = varying(scores, factors)
    if not present:
        raise ScoresError(f"no factor varies: {', '.join(factors)} have one level each, so there is nothing to compare")
    if scores["value"].nunique() == 1:
        raise ScoresError(f"every score is {scores['value'].iloc[0]:g}: without spread there is nothing to test")
    return present
