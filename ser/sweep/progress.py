"""What a person sees of a sweep: a line for each cell as it ends, and a table at the end."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from rich.console import Console
from rich.table import Table

from ser import records
from ser.schema import ALL

POLL_S = 0.5
HEADLINES = ("accuracy", "ccc")
"""The score that a person is told of a cell, by its task."""
LISTED = 48
"""Cells that the last table lists one by one; a larger sweep is summarised over its seeds."""


class Row(NamedTuple):
    """A cell as the last table has it."""

    folder: Path
    factors: dict[str, Any]
    state: records.State


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
        self._before = {folder: records.ending(folder) for folder in folders}
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
        for folder in list(self.waiting):
            ended = records.ending(folder)
            if ended in (None, self._before[folder]):
                continue
            self.waiting.remove(folder)
            self.ended += 1
            state = "finished" if isinstance(ended, records.ResultRecord) else "failed"
            self.console.print(
                f"[{self.ended}/{self.total}] {folder.name}: {outcome(folder, state)}{self._left()}", markup=False
            )

    def _left(self) -> str:
        if not self.waiting:
            return ""
        seconds = (time.monotonic() - self._began) / (self._launched - len(self.waiting)) * len(self.waiting)
        return f"; {len(self.waiting)} left, about {duration(seconds)}"


def outcome(folder: Path, state: str, failure: records.FailureRecord | None = None) -> str:
    """Return in a line how a cell ended: its accuracies and time, or its error and log.

    Args:
        folder: of the cell.
        state: of the cell.
        failure: one that could not be written into the folder.
    """
    if state == "changed":
        return "finished with another configuration, and not run anew"
    ended = failure or records.ending(folder)
    if state == "finished" and isinstance(ended, records.ResultRecord):
        return f"{accuracies(ended)} ({duration(ended.ended - ended.started)})"
    if state == "failed" and isinstance(ended, records.FailureRecord):
        reason, _, _ = ended.error.partition("\n")
        return f"FAILED: {reason} (log: {ended.log})"
    damage = records.damage(folder) if state == "damaged" else []
    return f"DAMAGED: {damage[0]}" if damage else state


def accuracies(result: records.ResultRecord) -> str:
    """Return `emozionalmente .782, emovo .586`."""
    return ", ".join(f"{test} {score(value)}" for test, value in _headline(result).items())


def score(value: float) -> str:
    """Return a score as journals print it: `.782`."""
    return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def _headline(result: records.ResultRecord) -> dict[str, float]:
    rows = (row for row in result.scores if row.metric in HEADLINES and row.group == ALL)
    return {row.dataset: row.value for row in rows}


def duration(seconds: float) -> str:
    """Return a time as a person says it: `45 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def results(rows: Sequence[Row]) -> dict[Path, records.ResultRecord]:
    """Return the results of the cells of a table that are finished."""
    ended = {row.folder: records.ending(row.folder) for row in rows if row.state == "finished"}
    return {folder: result for folder, result in ended.items() if isinstance(result, records.ResultRecord)}


def twins(results: Mapping[Path, records.ResultRecord]) -> list[str]:
    """Return a line for each set of swept keys that changed nothing: cells that differ in them predict the same.

    Predictions are probabilities, so that two trainings never agree in all of them by chance.
    """
    alike: dict[Any, list[Path]] = {}
    for folder, result in results.items():
        if hashes := {name: digest for name, digest in result.files.items() if name.startswith(records.PREDICTIONS)}:
            alike.setdefault((result.factors.get("dataset"), *sorted(hashes.items())), []).append(folder)
    pairs: dict[str, list[Path]] = {}
    for folders in alike.values():
        if len(folders) > 1:
            factors = [results[folder].factors for folder in folders]
            names = [name for name in factors[0] if any(other.get(name) != factors[0][name] for other in factors)]
            pairs.setdefault(", ".join(names), folders)
    return [
        f"{names} changed nothing: {folders[0].name} and {folders[1].name} made the very same predictions"
        for names, folders in pairs.items()
    ]


def summary(rows: Sequence[Row], results: Mapping[Path, records.ResultRecord]) -> Table:
    """Tabulate a sweep: each cell of a small one, the means over seeds of a large one."""
    headlines = {folder: _headline(result) for folder, result in results.items()}
    tests = list(dict.fromkeys(test for values in headlines.values() for test in values))
    factors = dict.fromkeys(name for row in rows for name in row.factors)
    names = [name for name in factors if len(rows) <= LISTED or name != "seed"]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row.factors.get(name, "")) for name in names), []).append(row)
    table = Table("", *names, *tests, title=None, header_style="bold")
    for levels, group in groups.items():
        found = [headlines[row.folder] for row in group if row.folder in headlines]
        means = [_mean([values[test] for values in found if test in values]) for test in tests]
        states = [row.state for row in group]
        table.add_row(states[0] if len(group) == 1 else standing(states), *levels, *means)
    return table


def standing(states: Sequence[records.State], always: Sequence[records.State] = ()) -> str:
    """Count cells by how they stand: `8 finished, 1 failed, 3 missing`.

    Args:
        states: of the cells.
        always: states that are told of, though there be no such cell.
    """
    counts = Counter(states)
    return ", ".join(
        f"{counts[state]} {state}" for state in get_args(records.State) if counts[state] or state in always
    )


def _mean(values: list[float]) -> str:
    return f"{sum(values) / len(values):.3f}" if values else "-"
