"""What a person sees of a sweep: a line for each cell as it ends, and a table at the end."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from ser import records
from ser.schema import ALL

POLL_S = 0.5
HEADLINES = ("accuracy", "ccc")
"""The score that a person is told of a cell, by its task."""
LISTED = 48
"""Cells that the last table lists one by one; a larger sweep is summarised over its seeds."""


def terminal() -> Console:
    """Give the console of a sweep; where the output is no terminal, as wide as its tables want to be."""
    return Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 200)


class Progress:
    """Watches the folders of the cells that are left, and prints a line for each one that ends.

    It reads files alone, so it works for every launcher, wherever the cells run.

    Args:
        folders: of the cells that are to be launched.
        finished: cells that were finished before.
        console: where the lines go.
    """

    def __init__(self, folders: Sequence[Path], finished: int, console: Console) -> None:
        self.waiting = list(folders)
        self.total = len(folders) + finished
        self.ended = finished
        self.console = console
        self._before = {folder: _ending(folder) for folder in folders}
        self._began = time.monotonic()
        self._launched = len(folders)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(POLL_S):
            self._report()
        self._report()

    def _report(self) -> None:
        for folder in [folder for folder in self.waiting if _ending(folder) not in (None, self._before[folder])]:
            self.waiting.remove(folder)
            self.ended += 1
            self.console.print(
                f"[{self.ended}/{self.total}] {folder.name}: {outcome(folder)}{self._left()}", markup=False
            )

    def _left(self) -> str:
        if not self.waiting:
            return ""
        seconds = (time.monotonic() - self._began) / (self._launched - len(self.waiting)) * len(self.waiting)
        return f"; {len(self.waiting)} left, about {duration(seconds)}"


def _ending(folder: Path) -> dict[str, Any] | None:
    """Return the record of how a cell ended, which has the time in it; None if it has not."""
    return records.read_json(folder / records.RESULT) or records.read_json(folder / records.FAILURE)


def outcome(folder: Path) -> str:
    """Say in a line how a cell ended: its accuracies and time, or its error and log."""
    result = records.read_json(folder / records.RESULT)
    if result is not None:
        return f"{accuracies(result)} ({duration(result['ended'] - result['started'])})"
    failure = records.read_json(folder / records.FAILURE)
    if failure is None:
        return records.state(folder)
    return f"FAILED: {failure['error'].splitlines()[0]} (log: {failure['log']})"


def accuracies(result: dict[str, Any]) -> str:
    """Return `emozionalmente .782, emovo .586`."""
    return ", ".join(f"{test} {value:.3f}".replace(" 0.", " .") for test, value in _headline(result).items())


def _headline(result: dict[str, Any]) -> dict[str, float]:
    rows = (row for row in result["scores"] if row["metric"] in HEADLINES and row["group"] == ALL)
    return {row["dataset"]: row["value"] for row in rows}


def duration(seconds: float) -> str:
    """Return a time as a person says it: `45 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def summary(cells: Sequence[tuple[Path, dict[str, Any]]]) -> Table:
    """Tabulate a sweep: each cell of a small one, the means over seeds of a large one.

    Args:
        cells: folder and factors of each cell.
    """
    results = {folder: records.read_json(folder / records.RESULT) for folder, _ in cells}
    tests = list(dict.fromkeys(test for result in results.values() if result for test in _headline(result)))
    names = [name for name in cells[0][1] if len(cells) <= LISTED or name != "seed"]
    groups: dict[tuple[str, ...], list[Path]] = {}
    for folder, factors in cells:
        groups.setdefault(tuple(str(factors[name]) for name in names), []).append(folder)
    table = Table("", *names, *tests, title=None, header_style="bold")
    for levels, folders in groups.items():
        ended = [result for folder in folders if (result := results[folder])]
        means = [_mean([_headline(result)[test] for result in ended if test in _headline(result)]) for test in tests]
        table.add_row(standing(folders), *levels, *means)
    return table


def standing(folders: Sequence[Path]) -> str:
    """Count cells by how they stand: `8 finished, 1 failed, 3 missing`; of a single one, the word alone."""
    counts = Counter(records.state(folder) for folder in folders)
    if len(folders) == 1:
        return next(iter(counts))
    return ", ".join(f"{counts[state]} {state}" for state in get_args(records.State) if counts[state])


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.3f}" if values else "-"
