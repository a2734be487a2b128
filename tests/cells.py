"""Records of cells that were never trained."""

from typing import Any

from ser.records import CellRecord, ResultRecord, Score


def cell_record(signature: str = "a", **changes: Any) -> CellRecord:
    """Return what a cell is, with some fields of a test's own."""
    usual = {"factors": {}, "tests": ["emovo"], "parameters": {}, "started": 1e9}
    return CellRecord(signature=signature, **usual | changes)


def result_record(cell: CellRecord, **changes: Any) -> ResultRecord:
    """Return the result of a cell, with some fields of a test's own."""
    usual = {
        "training": {"steps": 20},
        "scores": [Score(dataset=test, group="all", metric="accuracy", value=0.5) for test in cell.tests],
        "confusion": {},
        "left_out": {},
        "split": {},
        "versions": {},
        "ended": 3e9,
    }
    return ResultRecord(**cell.model_dump(), **usual | changes)
