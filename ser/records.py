"""The files of a cell's folder, which are the truth about it; the tracker and the tables are copies.

`cell.json` is written when a cell starts, `curves.jsonl` grows while it trains, and `result.json` is written
last and whole; `failure.json` stands in its place when the cell failed. `last.ckpt` is there only while the cell
is not finished; `tracked.json` says where a finished one was sent.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from ser.errors import UserError

CELL = "cell.json"
CURVES = "curves.jsonl"
RESULT = "result.json"
FAILURE = "failure.json"
LOG = "train.log"
CHECKPOINT = "last.ckpt"
LOCK = ".lock"
TRACKED = "tracked.json"

State = Literal["finished", "failed", "running", "interrupted", "missing"]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a record, or None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def start(folder: Path, cell: dict[str, Any]) -> None:
    """Begin a cell, or go on with an interrupted one: its checkpoint and curves stay if it is the same cell."""
    before = read_json(folder / CELL)
    same = before is not None and before["signature"] == cell["signature"] and (folder / CHECKPOINT).is_file()
    curves = read_curves(folder) if same else []
    for name in (RESULT, FAILURE, TRACKED, CURVES, *(() if same else (CHECKPOINT,))):
        (folder / name).unlink(missing_ok=True)
    write_json(folder / CELL, cell)
    for row in curves:
        _append(folder, row)


@contextlib.contextmanager
def held(folder: Path, wait_s: float = 2.0) -> Iterator[bool]:
    """Hold a cell while it runs; yields False where another process holds it. A killed process holds nothing.

    Args:
        folder: of the cell.
        wait_s: for one who only looks how the cell stands, and lets go at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def finished_as(folder: Path, cell: dict[str, Any]) -> bool:
    """Say whether a cell is finished, and with this very configuration."""
    result = read_json(folder / RESULT)
    return result is not None and result["signature"] == cell["signature"]


def untracked(folder: Path, uri: str | None) -> bool:
    """Say whether a finished cell is still to be sent to a tracker; without a tracker none is."""
    sent = read_json(folder / TRACKED)
    return uri is not None and (folder / RESULT).is_file() and (sent is None or sent["uri"] != uri)


def append_curve(folder: Path, step: int, metrics: dict[str, float]) -> dict[str, Any]:
    """Add a row to the training curves, and return it."""
    row = {"step": step, "time": time.time(), "metrics": metrics}
    _append(folder, row)
    return row


def _append(folder: Path, row: dict[str, Any]) -> None:
    with (folder / CURVES).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read_curves(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the training curves; one that a killed process wrote half is left out."""
    path = folder / CURVES
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def state(folder: Path) -> State:
    """Say how a cell stands, from its own files alone."""
    if (folder / RESULT).is_file():
        return "finished"
    if (folder / FAILURE).is_file():
        return "failed"
    if not (folder / CELL).is_file():
        return "missing"
    with held(folder, wait_s=0) as free:
        return "interrupted" if free else "running"


@contextlib.contextmanager
def failures_kept(folder: Path) -> Iterator[None]:
    """Keep the error of a cell that fails, and raise it again."""
    try:
        yield
    except Exception as error:
        keep_failure(folder, error)
        raise


def keep_failure(folder: Path, error: Exception) -> None:
    """Write the error of a cell beside its log; an error that is no user's mistake is called by its type."""
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    write_json(folder / FAILURE, {"error": f"{kind}{error}", "log": str(folder / LOG), "ended": time.time()})
