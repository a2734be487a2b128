"""The training curves of a cell: a row a validation, appended while it trains."""

import json
import logging
import time
import zlib
from pathlib import Path
from typing import TypedDict

from ser.records import files

CURVES = "curves.jsonl"
CHECKSUM = "checksum"
"""The key of a row's checksum; rows of earlier versions have none."""

log = logging.getLogger(__name__)


class CurveRow(TypedDict):
    """A validation: the optimiser step, the time in seconds since the epoch, and name -> value."""

    step: int
    time: float
    metrics: dict[str, float]


def append_curve(folder: Path, step: int, metrics: dict[str, float]) -> CurveRow:
    """Add a row to the training curves of a cell, and return it."""
    row = CurveRow(step=step, time=time.time(), metrics=metrics)
    with (folder / CURVES).open("a", encoding="utf-8") as file:
        file.write(_line(row))
    return row


def rewrite_curves(folder: Path) -> None:
    """Write the rows that can be read again, in one piece: whole at every moment, also where this is interrupted."""
    files.write(folder / CURVES, "".join(map(_line, read_curves(folder))))


def _line(row: CurveRow) -> str:
    return json.dumps({**row, CHECKSUM: _checksum(row)}) + "\n"


def _checksum(row: CurveRow) -> int:
    return zlib.crc32(json.dumps(row, sort_keys=True).encode())


def read_curves(folder: Path) -> list[CurveRow]:
    """Return the rows of the training curves; one that a killed process wrote half is left out.

    Rows that cannot be read are left out and named in a warning.
    """
    path = folder / CURVES
    lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    rows = {number: row for number, line in enumerate(lines, 1) if (row := _row(line)) is not None}
    if len(rows) < len(lines):
        first = next(number for number in range(1, len(lines) + 1) if number not in rows)
        log.warning(
            "%s is damaged: %d of %d rows are lost, line %d first", path, len(lines) - len(rows), len(lines), first
        )
    return list(rows.values())


def _row(line: bytes) -> CurveRow | None:
    try:
        content = json.loads(line)
        row = CurveRow(
            step=int(content["step"]),
            time=float(content["time"]),
            metrics={str(name): float(value) for name, value in content["metrics"].items()},
        )
        return row if content.get(CHECKSUM, _checksum(row)) == _checksum(row) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
