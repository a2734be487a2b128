"""Signals and kills by any launcher: the exit code of the signal, one line, and no process that trains on."""

import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ser import records
from ser.interrupts import SIGNALS
from tests.cluster.command import Call, Workplace
from tests.commands import PATIENCE_S

ENDLESS = ["pretune=none,it", "seed=0,1", "training.epochs=100000", "tracker=none"]
LAUNCHERS = {
    "basic": [],
    "joblib": ["hydra/launcher=joblib", "max_parallel=2"],
    "submitit": ["hydra/launcher=submitit_local"],
}


def until(condition: Callable[[], object]) -> None:
    """Wait for something that comes, however slow the machine is."""
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def living(session: int) -> list[str]:
    """Return the command lines of a session's processes; one that only waits to be asked for its exit code is dead."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def training(sweep: Path) -> list[Path]:
    """Return the cells that have had a validation."""
    return [path.parent for path in sweep.glob(f"*/{records.CURVES}") if records.read_curves(path.parent)]


def start(workplace: Workplace, launcher: str, cells: int) -> tuple[Call, Path]:
    """Start a sweep without end, and wait until so many cells train."""
    if launcher == "submitit":
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    call = workplace.start(*ENDLESS, *LAUNCHERS[launcher], f"sweep={launcher}")
    sweep = workplace.sweep(launcher)
    until(lambda: not call.running() or len(training(sweep)) >= cells)
    return call, sweep


@pytest.fixture(autouse=True)
def signals_are_not_ignored():
    """Let commands notice SIGINT, which they ignore as this process does where a shell has put it in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


USUAL = {("basic", "SIGTERM", "driver"), ("joblib", "SIGTERM", "group"), ("joblib", "SIGINT", "group")}
"""What people and schedulers do; the others take minutes together."""


@pytest.mark.parametrize(
    ("launcher", "number", "to"),
    [
        pytest.param(*case, marks=() if (case[0], case[1].name, case[2]) in USUAL else pytest.mark.torture)
        for case in itertools.product(LAUNCHERS, SIGNALS, ("driver", "group"))
    ],
)
def test_a_signal_ends_a_sweep(workplace: Workplace, launcher: str, number: signal.Signals, to: str) -> None:
    call, sweep = start(workplace, launcher, 1 if launcher == "basic" else 2)
    assert call.running(), call.ended()
    begun = training(sweep)
    (os.kill if to == "driver" else os.killpg)(call.command.pid, number)
    ended = call.ended()
    assert ended.code == 128 + number, ended.said
    assert ended.said.count("interrupted; call again") == 1, ended.said
    assert "Traceback" not in ended.said
    until(lambda: not living(call.command.pid))
    if launcher != "submitit":  # which starts all cells at once
        assert training(sweep) == begun, "a process has gone on to the next cell"
    assert {records.state(cell) for cell in begun} == {"interrupted"}


@pytest.mark.parametrize("launcher", ["joblib", pytest.param("submitit", marks=pytest.mark.torture)])
def test_no_process_outlives_a_driver_that_is_killed(workplace: Workplace, launcher: str) -> None:
    call, sweep = start(workplace, launcher, 2)
    begun = training(sweep)
    os.kill(call.command.pid, signal.SIGKILL)
    assert call.ended().code == -signal.SIGKILL
    until(lambda: not living(call.command.pid))
    if launcher != "submitit":
        assert training(sweep) == begun, "a process has gone on to the next cell"


def test_a_single_cell_ends_at_a_signal(workplace: Workplace) -> None:
    """`ser.train && ser.analyze` does not go on."""
    call = workplace._start("ser.train", *workplace.usual, *ENDLESS[2:], "sweep=alone", env=None)
    until(lambda: not call.running() or training(workplace.sweep("alone")))
    os.kill(call.command.pid, signal.SIGTERM)
    ended = call.ended()
    assert (ended.code, ended.said.count("interrupted; call again")) == (143, 1), ended.said
