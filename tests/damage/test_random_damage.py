"""Random damage to any file of a sweep, its stores and its checkpoints never becomes another score.

`SER_TEST_DAMAGES=200 pytest tests/damage` draws more than the suite does; `SER_TEST_DAMAGES_FROM` is the first seed.
"""

import json
import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ser import records
from tests import commands
from tests.commands import Ended
from tests.damage.damages import Damage, damage
from tests.moments import Moments

FIRST = int(os.environ.get("SER_TEST_DAMAGES_FROM", "0"))
DAMAGES = range(FIRST, FIRST + int(os.environ.get("SER_TEST_DAMAGES", "6")))
SWEEP = Path("multirun_sweeps/sweep")
DAMAGED = (SWEEP, Path(".cache/audio"), Path(".cache/audio/features"), Path("encoders"), SWEEP.parent)
"""The folders of a working folder of which one has the damage, each as often as the others."""
FINISHED, INTERRUPTED = (
    f"model=wav2vec2,pretune={level},dataset=emovo,seed={seed}" for level, seed in (("none", 0), ("it", 2))
)


class Work:
    """A working folder with a sweep, and the commands over it."""

    def __init__(self, folder: Path, corpora: Path) -> None:
        self.folder = folder
        self.corpora = corpora

    def train(self, environment: dict[str, str] | None = None) -> Ended:
        """Call the grid."""
        arguments = [
            *("dataset=emovo", f"corpora_dir={self.corpora}", f"sweep={SWEEP.name}", "keep_weights=true"),
            *("training.epochs=2", "training.learning_rate=0.001", "training.validate_every_steps=2"),
            *("trainer=cpu", "trainer.threads=1", "trainer.checkpoint_minutes=0", "pretune=none,it"),
            *(f"model.checkpoints.{level}=encoders/{level}" for level in ("none", "it")),
            "seed=0,1,2",
        ]
        return commands.run("ser.train", "-m", *arguments, folder=self.folder, environment=environment)

    def status(self) -> Ended:
        """Ask for the state of the sweep."""
        return commands.run("ser.status", f"sweep={SWEEP.name}", folder=self.folder)

    def analyze(self) -> Ended:
        """Write the report."""
        return commands.run("ser.analyze", f"sweep={SWEEP.name}", "output=report", folder=self.folder)

    def probe(self) -> Ended:
        """Probe a cell that was finished before the damage."""
        cell = f"cell={SWEEP / FINISHED}"
        return commands.run("ser.probe", cell, "output=probe", "trainer=cpu", "trainer.threads=1", folder=self.folder)

    def scores(self) -> dict[str, Any]:
        """Return the scores of all finished cells."""
        folders = (path.parent for path in (self.folder / SWEEP).glob("*/result.json"))
        return {
            folder.name: json.loads((folder / records.RESULT).read_text())["scores"]
            for folder in folders
            if records.state(folder) == "finished"
        }

    def tables(self, name: str) -> dict[str, list[str]]:
        """Return the rows of the tables that a command wrote; a cell that was sent again has the last ones."""
        return {path.name: sorted(path.read_text().splitlines()) for path in (self.folder / name).glob("*.csv")}


class Whole(NamedTuple):
    """The working folder before any damage, and what its commands answer."""

    work: Work
    scores: dict[str, Any]
    report: dict[str, list[str]]
    """Tables of the report before the last cell is trained."""
    last_report: dict[str, list[str]]
    probe: dict[str, list[str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_corpora: Path, tiny_checkpoint: Callable[..., Path]) -> Whole:
    """Give a sweep with finished cells and one that was interrupted, and the answers without damage."""
    work = Work(tmp_path_factory.mktemp("whole") / "work", small_corpora)
    for seed, level in enumerate(("none", "it")):
        shutil.copytree(tiny_checkpoint("wav2vec2", seed=seed), work.folder / "encoders" / level)
    third = Moments(work.folder.parent / "log", f"*/{INTERRUPTED}/{records.CURVES}", kill_at=3)
    killed = work.train(third.environment())
    assert (work.folder / SWEEP / INTERRUPTED / records.CHECKPOINT).is_file(), killed
    calm = copy(work, work.folder.with_name("calm"))
    for name in ("report", "last_report", "probe"):
        if name == "last_report":
            assert calm.train().returncode == 0
        ended = calm.probe() if name == "probe" else calm.analyze()
        assert ended.returncode == 0, ended
        if name != "probe":
            (calm.folder / "report").rename(calm.folder / f"kept-{name}")
    return Whole(work, calm.scores(), calm.tables("kept-report"), calm.tables("kept-last_report"), calm.tables("probe"))


def copy(work: Work, folder: Path) -> Work:
    shutil.copytree(work.folder, folder)
    return Work(folder, work.corpora)


@pytest.mark.parametrize("seed", DAMAGES)
def test_damage_is_named_or_changes_nothing(seed: int, whole: Whole, tmp_path: Path) -> None:
    work = copy(whole.work, tmp_path / "work")
    rng = random.Random(seed)
    done = damage([work.folder / folder for folder in DAMAGED], rng)
    asked = rng.choice(["report of the damaged", "report", "probe"])
    assert_fair(work.status(), done)
    if asked == "report of the damaged":
        assert_right(work.analyze(), done, work.tables("report"), whole.report)
    trained = work.train()
    assert_fair(trained, done)
    assert work.scores().items() <= whole.scores.items(), f"other scores: {done}"
    if trained.returncode == 0:
        assert work.scores() == whole.scores, done
        if asked == "report":
            assert_right(work.analyze(), done, work.tables("report"), whole.last_report)
    if asked == "probe":
        assert_right(work.probe(), done, work.tables("probe"), whole.probe)
    shutil.rmtree(work.folder)


def assert_right(ended: Ended, done: Damage, tables: dict[str, list[str]], expected: dict[str, list[str]]) -> None:
    """A command has written the tables of an undamaged sweep, or one message that names the file."""
    assert_fair(ended, done)
    if ended.returncode == 0:
        other = [name for name, rows in expected.items() if tables.get(name) != rows]
        assert not other, f"other values in {other}: {done}\n{ended.stdout}{ended.stderr}"


def assert_fair(ended: Ended, done: Damage) -> None:
    """A command ends well, or with one message that names the file or the folder of its array."""
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said, f"{done}\n{said}"
    assert ended.returncode in (0, 1, 2), f"{done}: {ended.returncode}\n{said}"
    if ended.returncode:
        assert done.path.name in said, f"{done} is not named:\n{said}"
        assert len(re.findall("^error: ", ended.stderr, re.MULTILINE)) <= 1, said
