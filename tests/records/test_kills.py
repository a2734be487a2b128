"""A cell that is killed at any moment of its start loses nothing that it had, and leaves nothing half-written."""

import os
import runpy
import signal
from pathlib import Path

import pytest

from ser import records
from ser.records.checkpoint import HALF_CHECKPOINT, keep_checkpoint
from tests.cells import cell_record
from tests.moments import CHILD, Moments


def start(folder: Path) -> None:
    with records.held(folder):
        records.start(folder, cell_record(), {"training": {"epochs": 2}})


def start_and_be_killed(folder: Path, moments: Moments) -> int:
    """Start a cell in a child of this process; return the signal that killed it, 0 for none."""
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.environ.update(moments.environment())
    runpy.run_path(str(CHILD / "sitecustomize.py"))
    start(folder)
    os._exit(0)


@pytest.mark.parametrize("damage", ["", '{"step": 20, "tim'])
def test_a_cell_that_goes_on_and_is_killed_keeps_its_validations(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "cell"
    start(folder)
    rows = [records.append_curve(folder, step, {"loss": 1 / step}) for step in (1, 2, 3)]
    (folder / HALF_CHECKPOINT).write_bytes(b"weights")
    keep_checkpoint(folder / records.CHECKPOINT)
    with (folder / records.CURVES).open("a") as file:
        file.write(damage)
    killed, code = 0, -signal.SIGKILL
    while code:
        killed += 1
        moments = Moments(tmp_path / f"log-{killed}", f"{folder}/*", kill_at=killed, whole_group=False)
        code = start_and_be_killed(folder, moments)
        assert code in (0, -signal.SIGKILL)
        assert records.read_curves(folder) == rows
        assert (folder / records.CHECKPOINT).is_file()
    assert killed > 5
    start(folder)
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    assert left == {".lock", "cell.json", "config.yaml", "curves.jsonl", "last.ckpt", "last.digests"}
