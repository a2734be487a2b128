"""A finished sweep that may only be read is called, shown and analysed, and nothing in it changes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.command import Workplace

OBEYING = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
"""Makes root obey the rights of files, as everybody else does."""


@pytest.fixture
def sweep(workplace: Workplace) -> Iterator[Path]:
    """Give a finished sweep that may only be read."""
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and setpriv is not installed: apt-get install util-linux")
    ended = workplace.call("seed=0,1,2", "training.epochs=1", "sweep=shared")
    assert ended.code == 0, ended.said
    folder = workplace.sweep("shared").parent
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    yield workplace.sweep("shared")
    for path in paths:
        path.chmod(modes[path])


def test_a_read_only_sweep_is_called_and_analysed(workplace: Workplace, sweep: Path) -> None:
    def call(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", module, *arguments]
        obeying = OBEYING if os.getuid() == 0 else []
        return subprocess.run([*obeying, *line], cwd=workplace.folder, capture_output=True, text=True, check=False)

    before = {path: path.stat().st_mtime_ns for path in sweep.parent.rglob("*")}
    called = call("ser.train", "-m", "seed=0,1,2", "training.epochs=1", "sweep=shared", *workplace.usual)
    assert called.returncode == 0, called.stderr
    assert "3 cells, 3 finished before, 0 to run" in called.stdout
    assert "denied" not in called.stderr
    assert "tracker" not in called.stderr
    shown = call("ser.status", "sweep=shared")
    assert (shown.returncode, shown.stdout.splitlines()[-1]) == (0, "3 finished"), shown.stderr
    elsewhere = call("ser.analyze", "sweep=shared", "output=report")
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert elsewhere.stderr == "the tracker has no copy of the report: multirun_sweeps/mlflow.db may only be read\n"
    assert (workplace.folder / "report/report.html").is_file()
    inside = call("ser.analyze", "sweep=shared")
    assert inside.returncode == 1
    assert inside.stderr.startswith("error: multirun_sweeps/shared/report: Permission denied; ")
    assert "output=" in inside.stderr
    assert {path: path.stat().st_mtime_ns for path in sweep.parent.rglob("*")} == before
