"""Tutorials, run from top to bottom in an empty folder, as their reader does it, on next to nothing."""

import shutil
import subprocess
import sys

import pytest

from tests import commands
from tests.docs.blocks import ROOT, blocks
from tests.docs.blocks import commands as commands_of

RUN = (*sorted((ROOT / "docs" / "tutorials").glob("*.md")), ROOT / "docs" / "howto" / "analyze.md")
SMALL = {
    "synth": (
        *("speakers=10", "sentences=1", "emovo_sentences=1", "transcribed_speakers=6", "transcribed_sentences=2"),
        *("warm_up_clips=4", "warm_up_steps=1"),
    ),
    "pretune": ("training.epochs=1", "training.validate_every_steps=1", "trainer=cpu", "trainer.threads=1"),
    "train": ("training.epochs=1", "training.validate_every_steps=2", "trainer=cpu", "trainer.threads=1"),
}
"""Command -> what is added to it; the last value of a key counts."""


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """What `ser synth` makes, once for all pages."""
    folder = tmp_path_factory.mktemp("material")
    made = commands.run("ser", "synth", *SMALL["synth"], folder=folder)
    assert made.returncode == 0, made.stderr
    return folder / "demo"


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_blocks_of_a_tutorial_run(page, material, tmp_path):
    shutil.copytree(material, tmp_path / "demo")
    for block in blocks(page.read_text("utf-8")):
        if block.runs and block.language == "python":
            line = [sys.executable, "-c", block.text]
            done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        if block.runs and block.language == "bash":
            for arguments in commands_of(f"```bash\n{block.text}```"):
                added = SMALL.get(arguments[0], ())
                if {"experiment=demo", "seed=0,1,2"} & set(arguments):
                    added += ("seed=0,1",)
                ended = commands.run("ser", *arguments, *added, folder=tmp_path)
                assert ended.returncode == 0, f"ser {' '.join(arguments)}\n{ended.stdout}{ended.stderr}"
