"""The folder of a cell, whose files are the truth about it; the tracker and the tables are copies.

`cell.json` is written when a cell starts, `curves.jsonl` grows while it trains, and `result.json` is written last and
whole; `failure.json` is in its place when the cell failed. `last.ckpt` is there only while the cell is not finished,
`weights.safetensors` only if the trained weights are to be kept; `tracked.json` says where a finished one was sent. All
of them are written by the process that holds the cell, so that whoever is refused or only looks changes nothing.
"""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from filelock import FileLock, Timeout

from ser.errors import RecordError, UserError
from ser.records import curves, files
from ser.records.checkpoint import CHECKPOINT, HALF_CHECKPOINT, resumable
from ser.records.contents import CONFIG, PREDICTIONS, WEIGHTS, altered
from ser.records.formats import CellRecord, FailureRecord, ResultRecord, TrackedRecord
from ser.records.record import Record

LOG = "train.log"
LOCK = ".lock"
RECORDS: tuple[type[Record], ...] = (ResultRecord, CellRecord, FailureRecord, TrackedRecord)
"""The records that a cell may have."""

State = Literal["finished", "changed", "failed", "running", "interrupted", "damaged", "missing"]
"""`changed` is finished with another configuration than the one that is asked about; `damaged` has a record that cannot
be read, and none of a result."""

log = logging.getLogger(__name__)


def start(folder: Path, cell: CellRecord, config: dict[str, Any] | None = None) -> None:
    """Start a cell, or go on with an interrupted one: its checkpoint and curves stay if it is the same cell.

    A record or a checkpoint that is damaged is set aside, and so are files of a folder without records.

    Args:
        folder: of the cell, which the caller holds.
        cell: what it is.
        config: all of its settings, which are kept beside its scores.
    """
    for error in damage(folder):
        log.warning("%s; it is kept as %s", error, files.set_aside(error.path).name)
    before = CellRecord.read(folder)
    if before is None and ResultRecord.read(folder) is None and FailureRecord.read(folder) is None:
        _set_aside_what_no_record_knows(folder)
    same = before is not None and before.signature == cell.signature and resumable(folder)
    if same:
        curves.rewrite_curves(folder)
    ended = (record.FILE for record in RECORDS if record is not CellRecord)
    for name in (*ended, WEIGHTS, HALF_CHECKPOINT, *(() if same else (curves.CURVES, CHECKPOINT))):
        (folder / name).unlink(missing_ok=True)
    if config is not None:
        files.write(folder / CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    cell.write(folder)


def _set_aside_what_no_record_knows(folder: Path) -> None:
    """Keep files under other names that a new cell would replace, and that nothing says a cell has written."""
    predictions = (path.name for path in folder.glob(f"{PREDICTIONS}*.parquet"))
    for name in (curves.CURVES, CHECKPOINT, WEIGHTS, *predictions):
        if (path := folder / name).is_file():
            log.warning("%s: no record says whose it is; it is kept as %s", path, files.set_aside(path).name)


def damage(folder: Path) -> list[RecordError]:
    """Return what is wrong with the records of a cell that cannot be read."""
    found = []
    for record in RECORDS:
        try:
            record.read(folder)
        except RecordError as error:
            found.append(error)
    return found


def damaged_files(folder: Path, result: ResultRecord) -> list[str]:
    """Return what is wrong with the curves, predictions and configuration of a finished cell.

    Its weights, which may be large, are compared with their hash by those who read them; here they must be there.
    """
    lost = lost_curves(folder, result)
    names = [name for name in result.files if name != WEIGHTS or not (folder / name).is_file()]
    return [*([lost] if lost else []), *(str(error) for error in altered(folder, result, names))]


def lost_curves(folder: Path, result: ResultRecord) -> str | None:
    """Return which part of a finished cell's curves is lost; None where there is a row for every validation."""
    every = result.parameters.get("training.validate_every_steps")
    expected = result.training.steps // every if isinstance(every, int) and every > 0 else 0
    rows = len({row["step"] for row in curves.read_curves(folder)})
    if rows >= expected:
        return None
    return f"{folder / curves.CURVES}: {expected - rows} of {expected} validations are lost; the scores are whole"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a cell while it runs; yields False where another process holds it.

    A killed process holds nothing, and what it left half-written is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=2)  # for one who only looks at the state, and lets go at once
    except Timeout:
        yield False
        return
    try:
        files.remove_halves(folder)
        yield True
    finally:
        lock.release()


@contextlib.contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Write what is said meanwhile into the log of a cell, which the caller holds."""
    handler = logging.FileHandler(folder / LOG, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def ending(folder: Path) -> ResultRecord | FailureRecord | None:
    """Return the record of how a cell ended, which has the time in it; None if it has not, or cannot be read."""
    with contextlib.suppress(RecordError):
        return ResultRecord.read(folder) or FailureRecord.read(folder)
    return None


def description(folder: Path) -> CellRecord | None:
    """Return what a cell is: its result says so too; None where it was never started.

    Raises:
        RecordError: no record says so that can be read.
    """
    try:
        return ResultRecord.read(folder) or CellRecord.read(folder)
    except RecordError:
        return CellRecord.read(folder)


def state(folder: Path, signature: str | None = None, mine: bool = False) -> State:
    """Return the state of a cell, from its own files alone, which are not touched.

    Args:
        folder: of the cell.
        signature: of the configuration that is asked about; None takes any.
        mine: this process holds the cell, and asks what it was before.
    """
    damaged = False
    try:
        result = ResultRecord.read(folder)
        if result is not None:
            return "finished" if signature in (None, result.signature) else "changed"
    except RecordError:
        damaged = True
    if not mine and _is_held(folder):
        return "running"
    if damaged or damage(folder):
        return "damaged"
    if (folder / FailureRecord.FILE).is_file():
        return "failed"
    return "interrupted" if (folder / CellRecord.FILE).is_file() else "missing"


def _is_held(folder: Path) -> bool:
    """Look at the lock of a cell as one may who cannot write there."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


@contextlib.contextmanager
def failures_kept(folder: Path) -> Iterator[None]:
    """Keep the error of a cell that fails, and raise it again; where nothing can be written, that alone."""
    try:
        yield
    except Exception as error:
        with contextlib.suppress(OSError):
            keep_failure(folder, error)
        raise


def keep_failure(folder: Path, error: Exception) -> None:
    """Write the error of a cell beside its log."""
    failure(folder, error).write(folder)


def failure(folder: Path, error: Exception) -> FailureRecord:
    """Describe the error of a cell; one that is no user's mistake is called by its type."""
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    return FailureRecord(error=f"{kind}{error}", log=str(folder / LOG), ended=time.time())
