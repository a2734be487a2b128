"""Text of users comes back from a CSV file as it was, and is run by no spreadsheet and no page."""

import csv
import doctest
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as texts

from ser import csv_tables, escaping
from ser.analysis.claims.files import read_speakers, write_speakers
from ser.csv_tables import read_table, typed, write_csv
from ser.escaping import from_cell, markdown_text, to_cell
from ser.tables import SweepTables, read_scores, write_scores

DANGEROUS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\uff1d1+1", '=HYPERLINK("http://x")']
HARMLESS = ["-0.5", "1e-05", "+1", "'quoted'", "it's", "a=b", "'=1", "''-x", "none", "", "caf\u00e9"]


@pytest.mark.parametrize("module", [escaping, csv_tables])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@given(texts.text(alphabet="'=+-@\t\n\uff1d0.e1x "))
def test_every_text_comes_back(text):
    cell = to_cell(text)
    assert from_cell(cell) == text
    assert not re.match("[=@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)
    if re.match("[+-]", cell):
        float(cell)


def test_values_that_are_no_text_stay():
    assert [to_cell(value) for value in (-1, -0.5, None, True)] == [-1, -0.5, None, True]


def cells(path: Path) -> list[str]:
    """Return the cells as a spreadsheet reads them."""
    with path.open(newline="", encoding="utf-8") as file:
        return [cell for row in csv.reader(file) for cell in row]


def _line(text: str) -> str:
    return text.replace("\r", "\n")


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS])
def test_a_table_comes_back_and_has_no_formula(tmp_path: Path, text):
    table = pd.DataFrame({text or "empty": ["x", text], "number": [-1.5, 2.0]})
    write_csv(table, tmp_path / "a.csv")
    found = typed(read_table(tmp_path / "a.csv"))
    pd.testing.assert_frame_equal(found, table.replace("\r", "\n", regex=True).rename(columns=_line), check_dtype=False)
    assert not set(cells(tmp_path / "a.csv")) & set(DANGEROUS)


def test_the_tables_of_a_report_come_back(tmp_path):
    keys = {"model": DANGEROUS, "seed": range(len(DANGEROUS)), "dataset": "emovo", "group": "all"}
    scores = pd.DataFrame(keys | {"metric": "uar", "value": 0.5})
    failures = pd.DataFrame({"model": DANGEROUS[:1], "seed": 9, "error": DANGEROUS[:1]})
    write_scores(SweepTables(scores, pd.DataFrame(), failures), tmp_path / "scores.csv")
    tables = read_scores(tmp_path / "scores.csv")
    lines = [text.replace("\r", "\n") for text in DANGEROUS]
    assert tables.scores["model"].tolist() == lines
    assert tables.failures["error"].tolist() == DANGEROUS[:1]
    speakers = pd.DataFrame(keys | {"speaker": DANGEROUS, "n": 1.0, "weight": 1.0, "value": 0.5, "=key": "a"})
    write_speakers(speakers, tmp_path / "speakers.csv")
    found = read_speakers(tmp_path / "speakers.csv")
    assert found["speaker"].tolist() == lines
    assert found["=key"].tolist() == ["a"] * len(DANGEROUS)
    assert not set(cells(tmp_path / "speakers.csv")) & {*DANGEROUS, *lines, "=key"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- -->", "&lt;!-- -->"),
        ("\\<b>", "\\&lt;b>"),
        ("&lt;b&#62;", "&amp;lt;b&amp;#62;"),
        ("[x](javascript:alert(1))", "[x]&#40;javascript:alert(1))"),
        ("a\n\n# b", "a # b"),
        ("p <.001, a & b, [0.1, 0.2], n < 3", "p <.001, a & b, [0.1, 0.2], n < 3"),
    ],
)
def test_markdown_is_text(text, shown):
    assert markdown_text(text) == shown
