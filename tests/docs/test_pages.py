"""The site builds strictly and without a network; every command of every page is one that the program takes."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from ser.command import config_folder
from tests.docs.blocks import ROOT, blocks, check, commands

sys.path.append(str(ROOT / "docs" / "site"))
import flow
import pages

WRITTEN = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted(ROOT.glob("docs/**/*.md"))}
PAGES = WRITTEN | {"README.md": (ROOT / "README.md").read_text("utf-8")} | dict(pages.generated())


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    offline = {f"{kind}_proxy": "http://127.0.0.1:9" for kind in ("http", "https")}  # where nobody listens
    environment = os.environ | offline | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_pages_load_nothing_from_elsewhere(site):
    loads = re.compile(
        r"<(?:script|img|iframe|audio|source)[^>]*\ssrc=\"?(?:https?:)?//|<link[^>]*rel=\"?(?:stylesheet|preconnect|icon)[^>]*//"
    )
    loading = [path.name for path in site.rglob("*.html") if loads.search(path.read_text("utf-8"))]
    assert loading == []
    sheets = [path for path in site.rglob("*.css") if re.search(r"@import|url\(\"?https?:", path.read_text("utf-8"))]
    assert sheets == []


def test_site_is_searched_without_a_server(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    texts = " ".join(entry["text"] for entry in index["docs"])
    assert all(word in texts for word in ("quasi-F", "training.learning_rate", "paired_contrasts"))


def test_every_group_and_option_has_a_place(site):
    for path in config_folder().glob("*/*.yaml"):
        if path.parent.name not in ("recipe", "hydra"):
            assert f'id="{path.stem}"' in (site / f"options/{path.parent.name}.html").read_text("utf-8"), path


def test_options_are_described(site):
    for group in pages.groups():
        assert pages.GROUPS.get(group), f"docs/site/pages.py says nothing of the group {group}"


def test_charts_are_drawn(site):
    page = (site / "tutorials" / "which_test.html").read_text("utf-8")
    assert "flowchart" not in page
    assert page.count("<rect") == 14
    drawn = flow.draw('flowchart TD\n  a{"Is it?"}\n  b["yes & no"]\n  a -->|why| b\n')
    assert ">Is it?<" in drawn
    assert ">yes &amp; no<" in drawn
    assert ">why<" in drawn


@pytest.mark.filterwarnings("ignore:.*found in sys.modules")  # another test of the process has imported the command
@pytest.mark.parametrize("page", [name for name, text in PAGES.items() if any(commands(text))])
def test_commands_of_a_page_are_taken(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "searches/experiment").mkdir(parents=True)
    (tmp_path / "searches/experiment/rate.yaml").write_text("# @package _global_\n")  # as a search leaves it
    for arguments in commands(PAGES[page]):
        if arguments[0] == "cells":  # tests/test_contributing.py adds it first
            continue
        for folder in (word.removeprefix("cell=") for word in arguments if word.startswith("cell=")):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        try:
            check(monkeypatch, arguments)
        except Exception as error:
            raise AssertionError(f"{page}: ser {' '.join(arguments)}") from error
        finally:
            monkeypatch.undo()
            monkeypatch.chdir(tmp_path)


def test_blocks_are_of_known_languages():
    """So that no block is passed over because of how its fence is written."""
    for page, text in WRITTEN.items():
        languages = {block.language for block in blocks(text)}
        assert languages <= {"bash", "sh", "python", "yaml", "text", "mermaid", "console", ""}, page
        assert text.count("```") == 2 * len(blocks(text)), page


def test_links_between_files_of_the_project_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"):
        folder = (ROOT / name).parent
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", (ROOT / name).read_text("utf-8")):
            assert (folder / target).exists(), f"{name}: {target}"


def test_readme_is_short():
    assert PAGES["README.md"].count("\n") <= 130


def test_targets_of_make_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for text in PAGES.values():
        for target in re.findall(r"(?m)^make (\w+)", "\n".join(block.text for block in blocks(text))):
            assert re.search(rf"(?m)^{target}:", makefile), target


def test_every_extra_is_described():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extra in project["optional-dependencies"]:
        assert f"| `{extra}` |" in PAGES["docs/howto/install.md"], extra
