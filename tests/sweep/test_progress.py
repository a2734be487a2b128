"""What a person is told of a sweep while it runs."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from ser import records
from ser.sweep import progress


def test_a_cell_is_told_when_it_ends_in_this_call_not_in_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, said, looked = tmp_path / "cell", io.StringIO(), threading.Semaphore(0)
    records.keep_failure(cell, RuntimeError("of yesterday"))
    report = progress.Progress._report
    monkeypatch.setattr(progress, "POLL_S", 0)
    monkeypatch.setattr(progress.Progress, "_report", lambda self: (report(self), looked.release()))
    with progress.Progress([cell], 0, Console(file=said, width=200)):
        for _ in range(2):
            looked.acquire()
        assert said.getvalue() == ""
        records.keep_failure(cell, RuntimeError("of today"))
    assert said.getvalue().count("\n") == 1
    assert "[1/1] cell: FAILED: RuntimeError: of today" in said.getvalue()
