"""A grid of cells from plan to table: what is finished is left alone, what is left is launched and watched."""

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock
from rich.console import Console

from ser import records
from ser.errors import ConfigError
from ser.settings import TrainSettings
from ser.sweep.identity import changes, describe, open_sources
from ser.sweep.leakage import check_leakage
from ser.sweep.names import cell_factors, cell_folder
from ser.sweep.progress import POLL_S, Progress, Row, duration, outcome, standing, summary, terminal

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
"""Runs cells, wherever and in whatever order; of each it returns the exception that it raised, or anything else."""
Unkept = dict[Path, dict[str, Any]]
"""Folder -> the failure of a cell that could not be written into it."""


def run_grid(cells: Sequence[GridCell], launch: Launch) -> None:
    """Run the cells that are not finished, print how each one ends, and the table of all.

    Raises:
        SystemExit: with code 1 if a cell is not finished at the end.
        ConfigError: two cells would share a folder or a science, or a cell was begun with another configuration.
    """
    console = terminal()
    began = time.monotonic()
    unique = _without_doubles(cells)
    left = [cell for cell in unique if needed(cell.settings)]
    console.print(f"{len(unique)} cells, {len(unique) - len(left)} finished before, {len(left)} to run")
    _write_down(unique)
    unkept: Unkept = {}
    if left:
        for cell in left:
            open_sources(cell.settings)  # what is wrong with a corpus stops the sweep before the first cell
        for cell in {(cell.settings.checkpoint, cell.settings.dataset.name): cell for cell in left}.values():
            check_leakage(cell.settings, open_sources(cell.settings))
        with Progress([cell.folder for cell in left], len(unique) - len(left), console):
            unkept = _launch_until_ended(left, launch)
    settle([cell.settings for cell in unique])
    _report(unique, unkept, console, time.monotonic() - began)


def needed(settings: TrainSettings, mine: bool = False) -> bool:
    """Say whether a cell must be run: it is not finished, or not with this configuration, and nothing speaks against.

    A cell that failed and left no checkpoint holds nothing of its configuration, which may be mended. Any other that
    was begun with another one is only run anew if `on_change` is `rerun`, and never while a process runs it.

    Args:
        settings: of the cell.
        mine: this process holds the cell.

    Raises:
        ConfigError: it was begun with another configuration; the message names what differs.
    """
    folder = cell_folder(settings)
    before = records.read_json(folder / records.CELL)
    if before is None:
        return True
    now = describe(settings, open_sources(settings))
    if before["signature"] == now["signature"]:
        return not (folder / records.RESULT).is_file()
    there = {"finished": records.RESULT, "failed": records.FAILURE}
    state = next((name for name, record in there.items() if (folder / record).is_file()), "interrupted")
    if not mine and records.state(folder) == "running":
        state, remedy = "running", "wait for its end, or give the sweep another name (sweep=...)"
    elif settings.on_change == "rerun" or (state == "failed" and not (folder / records.CHECKPOINT).is_file()):
        return True
    else:
        remedy = "give the sweep another name (sweep=...), or run such cells anew with on_change=rerun"
    different = "\n         ".join(changes(before, now))
    raise ConfigError(f"{folder} is {state} with another configuration:\n         {different}\n       {remedy}")


def state(settings: TrainSettings) -> records.State:
    """Say how a cell stands; one that is finished with another configuration has `changed`."""
    folder = cell_folder(settings)
    if not (folder / records.RESULT).is_file():
        return records.state(folder)
    return records.state(folder, describe(settings, open_sources(settings))["signature"])


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
            with contextlib.suppress(OSError):
                (settings.sweeps_dir / settings.sweep / STOP).touch()
        raise


def settle(cells: Sequence[TrainSettings]) -> None:
    """See to the finished cells of a sweep: no checkpoint stays, and the tracker has all of them."""
    finished = [folder for cell in cells if ((folder := cell_folder(cell)) / records.RESULT).is_file()]
    for folder in finished:
        records.drop_checkpoints(folder)
    if finished and (uri := cells[0].tracker.uri) is not None:
        from ser.tracking import Tracker, send_missing

        send_missing(Tracker(uri, cells[0].sweep, cells[0].sweeps_dir), finished)


def _launch_until_ended(cells: Sequence[GridCell], launch: Launch) -> Unkept:
    """Launch cells; those that another process runs meanwhile are waited for, and run here if it dies.

    Returns:
        The failures that could not be written down.
    """
    left, unkept = list(cells), Unkept()
    (left[0].settings.sweeps_dir / left[0].settings.sweep / STOP).unlink(missing_ok=True)
    while left:
        before = {cell.folder: _trace(cell.folder) for cell in left}
        try:
            outcomes = launch(left)
        except Exception as error:  # a launcher that breaks when one of its processes is killed
            reached = [cell for cell in left if _trace(cell.folder) != before[cell.folder]]
            for cell in reached or left:
                _keep_early_failure(cell.folder, error, before[cell.folder], unkept)
            left = [cell for cell in left if cell not in reached] if reached else []
            continue
        for cell, ended in zip(left, outcomes, strict=True):
            _keep_early_failure(cell.folder, ended, before[cell.folder], unkept)
        busy = [cell for cell in left if records.state(cell.folder) == "running"]
        left = [cell for cell in busy if _abandoned(cell.folder)]
    return unkept


def _trace(folder: Path) -> tuple[Any, Any]:
    """Return what every try of a cell leaves anew: when it was begun, and how it ended."""
    return records.read_json(folder / records.CELL), records.ending(folder)


def _abandoned(folder: Path) -> bool:
    """Wait until a cell that another process runs has ended; True if it died of it."""
    while records.state(folder) == "running":
        time.sleep(POLL_S)
    return records.state(folder) == "interrupted"


def _keep_early_failure(folder: Path, error: object, before: tuple[Any, Any], unkept: Unkept) -> None:
    """Write down the error of a job that could not do so itself, unless the folder tells of something else."""
    if not isinstance(error, Exception) or records.ending(folder) not in (None, before[1]):
        return
    unkept[folder] = records.failure(folder, error)
    if records.state(folder) in ("missing", "interrupted", "failed"):
        with contextlib.suppress(OSError):
            records.write_json(folder / records.FAILURE, unkept[folder])


def _without_doubles(cells: Sequence[GridCell]) -> list[GridCell]:
    unique: dict[Path, GridCell] = {}
    for cell in cells:
        first = unique.setdefault(cell.folder, cell)
        if first.settings != cell.settings:
            raise ConfigError(f"two different cells would share {cell.folder}; vary a key that tells them apart")
    sciences: dict[str, Path] = {}
    for folder, cell in unique.items():
        twin = sciences.setdefault(json.dumps(cell.settings.science(), sort_keys=True), folder)
        if twin != folder:
            raise ConfigError(
                f"{twin} and {folder} would be the same training twice: what tells them apart changes no score;"
                " sweep keys that do"
            )
    return list(unique.values())


def listed(sweep: Path) -> dict[Path, dict[str, Any]]:
    """Return the folders and factors of a sweep's cells: those that grids were called with, and those begun alone."""
    called = {sweep / name: factors for name, factors in (records.read_json(sweep / GRID) or {}).items()}
    begun = (path.parent for path in sorted(sweep.glob(f"*/{records.CELL}")))
    alone = {folder: cell["factors"] for folder in begun if (cell := records.read_json(folder / records.CELL))}
    return called | alone


def _write_down(cells: Sequence[GridCell]) -> None:
    """Add the cells to the sweep's list, for those who ask how it stands."""
    path = cells[0].settings.sweeps_dir / cells[0].settings.sweep / GRID
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(".grid.lock")):
        known = records.read_json(path) or {}
        records.write_json(path, known | {cell.folder.name: cell_factors(cell.settings) for cell in cells})


def _report(cells: Sequence[GridCell], unkept: Unkept, console: Console, seconds: float) -> None:
    rows = [Row(cell.folder, cell_factors(cell.settings), state(cell.settings)) for cell in cells]
    rows = [row._replace(state="failed") if row.folder in unkept and row.state != "finished" else row for row in rows]
    console.print(summary(rows))
    unfinished = [row for row in rows if row.state != "finished"]
    for row in unfinished:
        console.print(f"{row.folder.name}: {outcome(row.folder, row.state, unkept.get(row.folder))}", markup=False)
    states = [row.state for row in rows]
    console.print(f"{standing(states, always=('finished', 'failed'))}, {duration(seconds)}")
    if unfinished:
        console.print("Call the same command again: it runs what is not finished, and nothing else.")
        sys.exit(1)
