"""A grid of cells from plan to table: what is finished is left alone, what is left is launched and watched."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from ser import records
from ser.errors import ConfigError
from ser.settings import TrainSettings
from ser.sweep.identity import changes, describe, open_sources
from ser.sweep.leakage import check_leakage
from ser.sweep.names import cell_factors, cell_folder
from ser.sweep.progress import POLL_S, Progress, duration, outcome, summary, terminal

GRID = "grid.json"
"""The file of a sweep that lists the cells it was ever called with: name -> factors."""
STOP = ".stop"
"""The file that tells the cells of a sweep not to start: one has failed, and `fail_fast` is on."""


class GridCell(NamedTuple):
    """A cell of a grid: how Hydra is told of it, and what it is."""

    overrides: Sequence[str]
    settings: TrainSettings

    @property
    def folder(self) -> Path:
        """The folder that the cell has to itself."""
        return cell_folder(self.settings)


Launch = Callable[[Sequence[GridCell]], Sequence[Any]]
"""Runs cells, wherever and in whatever order, and returns Hydra's account of each."""


def run_grid(cells: Sequence[GridCell], launch: Launch) -> None:
    """Run the cells that are not finished, print how each one ends, and the table of all.

    Raises:
        SystemExit: with code 1 if a cell failed.
        ConfigError: two cells would share a folder, or a cell was begun with another configuration.
    """
    console = terminal()
    began = time.monotonic()
    unique = _without_doubles(cells)
    left = [cell for cell in unique if needed(cell.settings)]
    console.print(f"{len(unique)} cells, {len(unique) - len(left)} finished before, {len(left)} to run")
    if unique:
        _write_down(unique)
    if left:
        for cell in left:
            open_sources(cell.settings)  # what is wrong with a corpus stops the sweep before the first cell
        for cell in {(cell.settings.checkpoint, cell.settings.dataset.name): cell for cell in left}.values():
            check_leakage(cell.settings, open_sources(cell.settings))
        with Progress([cell.folder for cell in left], len(unique) - len(left), console):
            _launch_until_ended(left, launch)
    publish([cell.settings for cell in unique])
    _report(unique, console, time.monotonic() - began)


def needed(settings: TrainSettings) -> bool:
    """Say whether a cell must be run: it is not finished, or it has changed and `on_change` is `rerun`.

    Raises:
        ConfigError: it was begun with another configuration; the message names what differs.
    """
    folder = cell_folder(settings)
    state = records.state(folder)
    before = records.read_json(folder / records.CELL)
    if before is None or state not in ("finished", "interrupted"):
        return True
    now = describe(settings, open_sources(settings))
    if before["signature"] == now["signature"]:
        return state != "finished"
    if settings.on_change == "rerun":
        return True
    different = "\n         ".join(changes(before, now))
    raise ConfigError(
        f"{folder} is {state} with another configuration:\n         {different}\n"
        "       give the sweep another name (sweep=...), or run such cells anew with on_change=rerun"
    )


def stopped(settings: TrainSettings) -> bool:
    """Say whether another cell of the sweep has failed and `fail_fast` is on."""
    return settings.fail_fast and (settings.sweeps_dir / settings.sweep / STOP).exists()


@contextlib.contextmanager
def failures_told(settings: TrainSettings) -> Iterator[None]:
    """Keep the error of a cell that fails; with `fail_fast`, the cells that have not started do not."""
    try:
        with records.failures_kept(cell_folder(settings)):
            yield
    except Exception:
        if settings.fail_fast:
            (settings.sweeps_dir / settings.sweep / STOP).touch()
        raise


def publish(cells: Sequence[TrainSettings]) -> None:
    """Send the tracker the finished cells that it could not be told of before."""
    waiting = [cell for cell in cells if records.untracked(cell_folder(cell), cell.tracker.uri)]
    if waiting:
        from ser.tracking import Tracker, send_again

        uri, sweep, sweeps_dir = str(waiting[0].tracker.uri), waiting[0].sweep, waiting[0].sweeps_dir
        send_again(Tracker(uri, sweep, sweeps_dir), [cell_folder(cell) for cell in waiting])


def _launch_until_ended(cells: Sequence[GridCell], launch: Launch) -> None:
    """Launch cells; those that another process runs meanwhile are waited for, and run here if it dies."""
    left = list(cells)
    for cell in cells:
        (cell.folder / records.FAILURE).unlink(missing_ok=True)  # of an earlier call: whoever cannot start says so anew
    (left[0].settings.sweeps_dir / left[0].settings.sweep / STOP).unlink(missing_ok=True)
    while left:
        try:
            accounts = launch(left)
        except Exception as error:  # a launcher that breaks when one of its processes is killed
            left = _not_reached(left, error)
            continue
        for cell, account in zip(left, accounts, strict=True):
            _keep_early_failure(cell, getattr(account, "_return_value", None))
        busy = [cell for cell in left if records.state(cell.folder) == "running"]
        left = [cell for cell in busy if _abandoned(cell.folder)]


def _not_reached(cells: Sequence[GridCell], error: Exception) -> list[GridCell]:
    """Return the cells that a broken launcher did not come to; those that it took down with it have failed."""
    missing = [cell for cell in cells if records.state(cell.folder) == "missing"]
    reached = [cell for cell in cells if cell not in missing]
    for cell in reached or missing:
        _keep_early_failure(cell, error)
    return missing if reached else []


def _abandoned(folder: Path) -> bool:
    """Wait until a cell that another process runs has ended; True if it died of it."""
    while records.state(folder) == "running":
        time.sleep(POLL_S)
    return records.state(folder) == "interrupted"


def _keep_early_failure(cell: GridCell, error: object) -> None:
    """Write down the error of a job that could not do so itself."""
    if isinstance(error, Exception) and records.state(cell.folder) in ("missing", "interrupted"):
        records.keep_failure(cell.folder, error)


def _without_doubles(cells: Sequence[GridCell]) -> list[GridCell]:
    unique: dict[Path, GridCell] = {}
    for cell in cells:
        first = unique.setdefault(cell.folder, cell)
        if first.settings != cell.settings:
            raise ConfigError(f"two different cells would share {cell.folder}; vary a key that tells them apart")
    return list(unique.values())


def _write_down(cells: Sequence[GridCell]) -> None:
    """Add the cells to the sweep's list, for those who ask how it stands."""
    path = cells[0].settings.sweeps_dir / cells[0].settings.sweep / GRID
    known = records.read_json(path) or {}
    records.write_json(path, known | {cell.folder.name: cell_factors(cell.settings) for cell in cells})


def _report(cells: Sequence[GridCell], console: Console, seconds: float) -> None:
    console.print(summary([(cell.folder, cell_factors(cell.settings)) for cell in cells]))
    failed = [cell.folder for cell in cells if records.state(cell.folder) != "finished"]
    for folder in failed:
        console.print(f"{folder.name}: {outcome(folder)}", markup=False)
    console.print(f"{len(cells) - len(failed)} finished, {len(failed)} failed, {duration(seconds)}")
    if failed:
        console.print("Call the same command again: it runs what is not finished, and nothing else.")
        sys.exit(1)
