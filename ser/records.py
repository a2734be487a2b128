"""The files of a cell's folder, which are the truth about it; the tracker and the tables are copies.

`cell.json` is written when a cell starts, `curves.jsonl` grows while it trains, and `result.json` is written
last and whole; `failure.json` stands in its place when the cell failed. `last.ckpt` is there only while the cell
is not finished, `weights.safetensors` only if the trained weights are to be kept; `tracked.json` says where a finished
one was sent. All of them are written by the process that holds the cell, so that whoever is refused or only looks
changes nothing.
"""

import contextlib
import errno
import fcntl
import json
import logging
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
CONFIG = ".hydra/config.yaml"
CHECKPOINT = "last.ckpt"
HALF_CHECKPOINT = "last.part"
WEIGHTS = "weights.safetensors"
LOCK = ".lock"
TRACKED = "tracked.json"

State = Literal["finished", "changed", "failed", "running", "interrupted", "missing"]
"""`changed` is finished with another configuration than the one that is asked about."""

NO_PLACE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR)
"""How a system says that a file cannot be written where it should be."""


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file that is there whole or not at all."""
    write(path, json.dumps(content, indent=1))


def write(path: Path, text: str) -> None:
    """Write a text that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
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


@contextlib.contextmanager
def placed(folder: Path) -> Iterator[None]:
    """Say what is wrong with a place that cannot be written to.

    Raises:
        UserError: the disk is full, or the folder cannot be made or written to.
    """
    try:
        yield
    except OSError as error:
        full = error.filename is None and error.errno in NO_PLACE[:2]  # nobody says of which file
        name = str(folder) if full else str(error.filename)
        if error.errno not in NO_PLACE or not Path(os.path.abspath(name)).is_relative_to(os.path.abspath(folder)):
            raise
        raise UserError(
            f"{name}: {error.strerror}; free some space, mend the rights, or name another folder: sweeps_dir=..."
        ) from error


def start(folder: Path, cell: dict[str, Any], config: dict[str, Any] | None = None) -> None:
    """Begin a cell, or go on with an interrupted one: its checkpoint and curves stay if it is the same cell.

    Args:
        folder: of the cell, which the caller holds.
        cell: what it is.
        config: all of its settings, as they are to be found beside its scores.
    """
    before = read_json(folder / CELL)
    same = before is not None and before["signature"] == cell["signature"] and (folder / CHECKPOINT).is_file()
    curves = read_curves(folder) if same else []
    for name in (RESULT, FAILURE, TRACKED, CURVES, WEIGHTS, HALF_CHECKPOINT, *(() if same else (CHECKPOINT,))):
        (folder / name).unlink(missing_ok=True)
    if config is not None:
        from omegaconf import OmegaConf  # records are read and kept also where there is no Hydra

        write(folder / CONFIG, OmegaConf.to_yaml(OmegaConf.create(config)))
    write_json(folder / CELL, cell)
    for row in curves:
        _append(folder, row)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a cell while it runs; yields False where another process holds it. A killed process holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=2)  # for one who only looks how the cell stands, and lets go at once
    except Timeout:
        yield False
        return
    try:
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


def drop_checkpoints(folder: Path) -> None:
    """Remove what only a cell that is not finished needs; one that was killed as it ended may have left it."""
    for name in (CHECKPOINT, HALF_CHECKPOINT):
        (folder / name).unlink(missing_ok=True)


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


def ending(folder: Path) -> dict[str, Any] | None:
    """Return the record of how a cell ended, which has the time in it; None if it has not."""
    return read_json(folder / RESULT) or read_json(folder / FAILURE)


def state(folder: Path, signature: str | None = None) -> State:
    """Say how a cell stands, from its own files alone, which are not touched.

    Args:
        folder: of the cell.
        signature: of the configuration that is asked about; None takes any.
    """
    result = read_json(folder / RESULT)
    if result is not None:
        return "finished" if signature in (None, result.get("signature")) else "changed"
    if _is_held(folder):
        return "running"
    if (folder / FAILURE).is_file():
        return "failed"
    return "interrupted" if (folder / CELL).is_file() else "missing"


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
    write_json(folder / FAILURE, failure(folder, error))


def failure(folder: Path, error: Exception) -> dict[str, Any]:
    """Describe the error of a cell; one that is no user's mistake is called by its type."""
    kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
    return {"error": f"{kind}{error}", "log": str(folder / LOG), "ended": time.time()}
