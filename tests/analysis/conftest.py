"""Scores of known structure, and R's numbers for them (tests/reference)."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.analysis.cells import select
from ser.schema import ALL

REFERENCE = Path(__file__).parents[1] / "reference"
FACTORS = ["model", "pretune", "dataset", "rate"]


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Fill in the columns of the score table that a test does not vary."""
    constant = {
        "model": "hubert",
        "pretune": "none",
        "trained_on": "emodb",
        "dataset": "emodb",
        "group": ALL,
        "metric": "accuracy",
    }
    return table.assign(**{column: value for column, value in constant.items() if column not in table.columns})


@pytest.fixture(scope="session")
def reference() -> Callable[[str, str], pd.Series]:
    """Give R's values of a procedure and case, indexed by (effect, quantity)."""
    expected = pd.read_csv(REFERENCE / "expected.csv").dropna(subset="value")
    tables = dict(list(expected.groupby(["procedure", "case"])))
    return lambda procedure, case: tables[procedure, case].set_index(["effect", "quantity"])["value"]


@pytest.fixture(scope="session")
def cases() -> Callable[[str], tuple[pd.DataFrame, list[str]]]:
    """Give the scores and factors of a case of tests/reference/reference.R, as "2 factors unbalanced"."""
    scores = pd.read_csv(REFERENCE / "scores.csv", keep_default_na=False)

    def read(case: str) -> tuple[pd.DataFrame, list[str]]:
        kept = scores if case.endswith(" balanced") else scores[scores["keep"] == 1]
        factors = {"1": FACTORS[1:2], "2": FACTORS[:2], "3": FACTORS[:3], "4": FACTORS}[case[0]]
        fixed = {"model": "hubert", "dataset": "emovo", "rate": "low"}
        for factor, level in fixed.items():
            if factor not in factors:
                kept = kept[kept[factor] == level]
        return select(tidy(kept[[*factors, "seed", "value"]]), factors), factors

    return read


def grid(levels: dict[str, list[str]], seeds: int) -> pd.DataFrame:
    """Make a tidy table of scores without values: every combination of levels for every seed."""
    rows = product(*levels.values(), range(seeds))
    return tidy(pd.DataFrame(rows, columns=[*levels, "seed"]))


def with_values(table: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Fill in the values of `grid`."""
    return table.assign(value=values)


CASES = [f"{n} factor{'s' * (n > 1)} {kept}" for n in (1, 2, 3, 4) for kept in ("balanced", "unbalanced")]
