"""Scores of known structure, and R's numbers for them (tests/reference)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.analysis import report
from ser.analysis.cells import select
from ser.analysis.figures import style
from ser.analysis.settings import AnalysisSettings
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


LEVELS = {"model": ["hubert", "wav2vec2"], "pretune": ["none", "it"], "dataset": ["emodb", "emovo"]}
NO_FAILURES = pd.DataFrame(columns=["model", "pretune", "trained_on", "seed", "error"])


def settings(**changes) -> AnalysisSettings:
    choices = {"metric": "accuracy", "only": None, "factors": tuple(LEVELS), "margin": 0.01, "alpha": 0.05, "typ": 2}
    return AnalysisSettings(**choices | {"reference": None} | changes)


@pytest.fixture
def painter():
    """Draw beside the statistics, as `ser.analyze` does in processes."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def quick(monkeypatch):
    """Write no pictures but an empty SVG, which the HTML needs."""

    def paint(folder, name, chart, *data):
        (folder / f"{name}.svg").write_text("<svg/>")

    monkeypatch.setattr(style, "paint", paint)


@pytest.fixture
def notes(quick, painter, tmp_path):
    """Write a report and give the notes of each section."""

    def write(scores: pd.DataFrame, failures: pd.DataFrame = NO_FAILURES, **changes) -> dict[str, str]:
        scores = scores.reset_index(drop=True)
        report.write("edge", scores, pd.DataFrame(), failures, settings(**changes), tmp_path, painter)
        chapters = re.split(r"^## ", (tmp_path / "report.md").read_text(encoding="utf-8"), flags=re.M)[1:]
        found = {chapter.split("\n")[0]: re.findall(r"^> \*\*Note\.\*\* (.*)$", chapter, re.M) for chapter in chapters}
        return {title: " | ".join(lines) for title, lines in found.items()}

    return write
