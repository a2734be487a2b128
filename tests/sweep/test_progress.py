"""What a person is told of a sweep while it runs."""

import io
import time
from pathlib import Path

from rich.console import Console

from ser import records
from ser.sweep.progress import POLL_S, Progress


def test_a_cell_is_told_when_it_ends_in_this_call_not_in_one_before(tmp_path: Path) -> None:
    cell, said = tmp_path / "cell", io.StringIO()
    records.keep_failure(cell, RuntimeError("of yesterday"))
    with Progress([cell], 0, Console(file=said, width=200)):
        time.sleep(2 * POLL_S)
        assert said.getvalue() == ""
        records.keep_failure(cell, RuntimeError("of today"))
    assert said.getvalue().count("\n") == 1
    assert "[1/1] cell: FAILED: RuntimeError: of today" in said.getvalue()
