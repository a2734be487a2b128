"""What a person is told of a sweep while it runs."""

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from ser import records
from ser.sweep import progress
from tests.cells import cell_record, result_record


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


def test_a_key_that_changed_no_prediction_is_named():
    def result(model: str, patience: int, *hashes: str) -> records.ResultRecord:
        factors = {"model": model, "dataset": "emovo", "seed": 0, "training.patience": patience}
        files = {f"predictions_{number}.parquet": digest for number, digest in enumerate(hashes)}
        return result_record(cell_record(factors=factors), files=files | {".hydra/config.yaml": str(patience)})

    cells = {
        Path("a"): result("wav2vec2", 5, "1", "2"),
        Path("b"): result("wav2vec2", 6, "1", "2"),
        Path("c"): result("hubert", 5, "1", "3"),
        Path("d"): result("hubert", 6, "4", "2"),
        Path("of an earlier version"): result("wavlm", 5),
        Path("of an earlier version too"): result("wavlm", 6),
    }
    assert progress.twins(cells) == ["training.patience changed nothing: a and b made the very same predictions"]
