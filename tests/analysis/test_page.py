"""The page of a report in a browser, where one is installed: nothing from elsewhere, tables sort, a phone shows it."""

import re
import shutil
import subprocess

import pandas as pd
import pytest

from ser.analysis.report.document import Answer, Section, Table, to_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def page(tmp_path) -> str:
    data = pd.DataFrame(
        {"contrast": ["b - a", "c - a", "c - b"] * 2, "p": [0.2, 0.03, None] * 2, "n": [9, 10, 100] * 2}
    )
    wide = pd.DataFrame({f"column{number}": ["a rather long value"] * 3 for number in range(12)})
    answers = [Answer("different", "#000", "x" * 300)]
    tables = (Table("one", "Some tests", data), Table("wide", "Wide", wide, folded=True))
    return to_html("Title", [Section("First", paragraphs=["Some text."], answers=answers, tables=tables)], tmp_path)


def in_chromium(page: str, script: str, tmp_path, width: int = 1280) -> str:
    """Return what a script writes into the title of the page."""
    (tmp_path / "page.html").write_text(page.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    line = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    line += [f"--user-data-dir={tmp_path}/browser", f"--window-size={width},900", "--dump-dom", f"{tmp_path}/page.html"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return re.search("<title>(.*?)</title>", done.stdout)[1]


def test_page_loads_nothing(page):
    assert not re.search(r"(?:src|href)=\"?(?:https?:|//)|@import|url\(", page)


def test_tables_can_be_folded_and_those_of_interest_to_few_are_folded_at_first(page):
    assert re.findall(r"<details( open)?><summary>(\w+)", page) == [(" open", "Some"), ("", "Wide")]


@in_browser
@pytest.mark.parametrize(
    ("column", "clicks", "order"),
    [
        (1, 1, ".030 .030 .200 .200  "),
        (1, 2, ".200 .200 .030 .030  "),
        (2, 2, "100 100 10 10 9 9"),
        (0, 1, "b - a b - a c - a c - a c - b c - b"),
    ],
)
def test_tables_are_sorted_by_a_click(page, tmp_path, column, clicks, order):
    script = f"""
        const table = document.querySelector("table");
        for (let n = 0; n < {clicks}; n++) table.tHead.rows[0].cells[{column}].click();
        document.title = [...table.tBodies[0].rows].map(row => row.cells[{column}].textContent).join(" ");
        """
    assert in_chromium(page, script, tmp_path).split() == order.split()


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_page_is_not_wider_than_the_screen(page, tmp_path, width):
    script = """
        document.querySelectorAll("details").forEach(one => one.open = true);
        document.title = document.documentElement.scrollWidth - document.documentElement.clientWidth;
        """
    assert in_chromium(page, script, tmp_path, width) == "0"
