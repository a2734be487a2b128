"""A grid of cells from plan to table: what is finished is left alone, what is left is launched and watched."""

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock
from rich.console import Console

from ser import records
from ser.errors import ConfigError, RecordError
from ser.settings import TrainSettings
from ser.sources import open_sources
from ser.sweep.feasibility import require_feasible
from ser.sweep.identity import read_by_training, signature
from ser.sweep.planned import GridCell, needed, state
from ser.sweep.progress import POLL_S, Progress, Row, duration, outcome, results, standing, summary, terminal, twins

STOP = ".stop"
"""The file that tells the cells of a sweep not to start: one has failed, and `fail_fast` is on."""

Launch = Callable[[Sequence[GridCell]], Sequence[Any]]
"""Runs cells, wherever and in whatever order; of each it returns the exception that it raised, or anything else."""
Unkept = dict[Path, records.FailureRecord]
"""Folder -> the failure of a cell that could not be written into it."""

log = logging.getLogger(__name__)


def run_grid(cells: Sequence[GridCell], launch: Launch, here: bool = True) -> None:
    """Run the cells that are not finished, print how each one ends, and the table of all.

    Args:
        cells: of the grid.
        launch: runs those that are left.
        here: cells run on this machine.

    Raises:
        SystemExit: with code 1 if a cell is not finished at the end.
        ConfigError: two cells would share a folder or a science, or a cell was started with another configuration.
        UserError: as `require_feasible`, before the first cell.
    """
    console = terminal()
    began = time.monotonic()
    unique = _without_doubles(cells)
    left = [cell for cell in unique if needed(cell)]
    console.print(f"{len(unique)} cells, {len(unique) - len(left)} finished before, {len(left)} to run")
    for cell in unique:
        for damage in records.damage(cell.folder):
            console.print(f"{damage}", markup=False)
    for cell in left:
        require_feasible(cell.settings, here)
    _write_down(unique)
    unkept: Unkept = {}
    if left:
        from ser.sweep.leakage import check_leakage  # torch and SciPy take seconds to import

        for cell in {(cell.settings.checkpoint, cell.settings.dataset.name): cell for cell in left}.values():
            check_leakage(cell.settings, open_sources(cell.settings))
        (left[0].folder.parent / STOP).unlink(missing_ok=True)
        with Progress([cell.folder for cell in left], len(unique) - len(left), console):
            unkept = _launch_until_ended(left, launch)
    settle(unique)
    _report(unique, unkept, console, time.monotonic() - began)


def stopped(settings: TrainSettings) -> bool:
    """Say whether another cell of the sweep has failed and `fail_fast` is on."""
    return settings.fail_fast and (settings.sweeps_dir / settings.sweep / STOP).exists()


@contextlib.contextmanager
def stopping_at_failures(settings: TrainSettings) -> Iterator[None]:
    """Keep cells from starting after one has failed, where `fail_fast` is on."""
    try:
        yield
    except Exception:
        if settings.fail_fast:
            with contextlib.suppress(OSError):
                (settings.sweeps_dir / settings.sweep / STOP).touch()
        raise


def settle(cells: Sequence[GridCell]) -> None:
    """See to the cells of a sweep that have ended: a finished one keeps no checkpoint, and the tracker has all."""
    states = {cell.folder: records.state(cell.folder) for cell in cells}
    ended = [folder for folder, found in states.items() if found in ("finished", "failed")]
    for folder in ended:
        if states[folder] == "finished":
            records.drop_checkpoints(folder)
    settings = cells[0].settings
    if ended and (uri := settings.tracker.uri) is not None:
        from ser.tracking import Tracker, send_missing

        send_missing(Tracker(uri, settings.sweep, settings.sweeps_dir), ended)


def _launch_until_ended(cells: Sequence[GridCell], launch: Launch) -> Unkept:
    """Launch cells; those that another process runs meanwhile are waited for, and run here if it dies.

    A launcher that breaks when one of its processes is killed ends the others with it: the cells that ran are launched
    again, one at a time, and one that breaks the launcher alone has failed.

    Returns:
        The failures that could not be written down.
    """
    left, unkept = list(cells), Unkept()
    while left:
        before = {cell.folder: _trace(cell.folder) for cell in left}
        try:
            outcomes = launch(left)
        except Exception as error:
            reached = [cell for cell in left if _trace(cell.folder) != before[cell.folder]]
            if len(left) == 1 or not reached:
                for cell in left:
                    _keep_early_failure(cell.folder, error, before[cell.folder], unkept)
                return unkept
            log.warning("%s; the cells that ran go on one at a time", str(error).partition("\n")[0])
            for cell in reached:
                if records.ending(cell.folder) in (None, before[cell.folder][1]):
                    unkept |= _launch_until_ended([cell], launch)
            left = [cell for cell in left if cell not in reached]
            continue
        for cell, ended in zip(left, outcomes, strict=True):
            _keep_early_failure(cell.folder, ended, before[cell.folder], unkept)
        busy = [cell for cell in left if records.state(cell.folder) == "running"]
        left = [cell for cell in busy if _abandoned(cell.folder)]
    return unkept


def _trace(folder: Path) -> tuple[Any, Any]:
    """Return what every try of a cell leaves anew: when it was started, and how it ended."""
    with contextlib.suppress(RecordError):
        return records.CellRecord.read(folder), records.ending(folder)
    return None, records.ending(folder)


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
    if records.state(folder) in ("missing", "interrupted", "failed", "damaged"):
        with contextlib.suppress(OSError):
            unkept[folder].write(folder)


def _without_doubles(cells: Sequence[GridCell]) -> list[GridCell]:
    unique: dict[Path, GridCell] = {}
    for cell in cells:
        first = unique.setdefault(cell.folder, cell)
        if first.settings != cell.settings:
            raise ConfigError(f"two different cells would share {cell.folder}; vary a key that tells them apart")
    trainings: dict[str, Path] = {}
    for folder, cell in unique.items():
        twin = trainings.setdefault(signature(read_by_training(cell.description.parameters)), folder)
        if twin != folder:
            different = (name for name, level in cell.factors.items() if unique[twin].factors.get(name) != level)
            raise ConfigError(
                f"{twin} and {folder} would be the same training twice: {', '.join(different)} changes no score here;"
                " sweep keys that do"
            )
    return list(unique.values())


def listed(sweep: Path) -> dict[Path, records.Factors]:
    """Return the folders and factors of a sweep's cells: those that grids were called with, and those run alone.

    One whose records are damaged has no factors, unless it is listed.
    """
    cells = {sweep / name: factors for name, factors in called(sweep).items()}
    for folder in _started(sweep):
        try:
            cell = records.description(folder)
            cells[folder] = cell.factors if cell else {}
        except RecordError:
            cells.setdefault(folder, {})
    return cells


def finished(sweep: Path) -> list[Path]:
    """Return the folders of a sweep's finished cells."""
    return [folder for folder in _started(sweep) if records.state(folder) == "finished"]


def _started(sweep: Path) -> list[Path]:
    return sorted({path.parent for name in (records.CELL, records.RESULT) for path in sweep.glob(f"*/{name}")})


def _write_down(cells: Sequence[GridCell]) -> None:
    """Add the cells to the sweep's list, which those read who ask for its state; a damaged list is set aside."""
    folder = cells[0].folder.parent
    new = {cell.folder.name: cell.factors for cell in cells}
    if new.items() <= called(folder).items():
        return  # nothing is written to a finished sweep, which may be read-only
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".grid.lock"):
        records.GridRecord(cells=called(folder, mine=True) | new).write(folder)


def called(folder: Path, mine: bool = False) -> dict[str, records.Factors]:
    """Return the cells that a sweep was ever called with; a damaged list is empty, and set aside by who holds it."""
    try:
        record = records.GridRecord.read(folder)
    except RecordError as error:
        if not error.damaged:
            raise
        if mine:
            log.warning("%s; it is kept as %s", error, records.set_aside(error.path).name)
        return {}
    return record.cells if record else {}


def _report(cells: Sequence[GridCell], unkept: Unkept, console: Console, seconds: float) -> None:
    rows = [Row(cell.folder, cell.factors, state(cell)) for cell in cells]
    rows = [row._replace(state="failed") if row.folder in unkept and row.state != "finished" else row for row in rows]
    finished_cells = results(rows)
    console.print(summary(rows, finished_cells))
    for line in twins(finished_cells):
        console.print(line, markup=False)
    unfinished = [row for row in rows if row.state != "finished"]
    for row in unfinished:
        console.print(f"{row.folder.name}: {outcome(row.folder, row.state, unkept.get(row.folder))}", markup=False)
    states = [row.state for row in rows]
    console.print(f"{standing(states, always=('finished', 'failed'))}, {duration(seconds)}")
    if unfinished:
        console.print("Call the same command again: it runs what is not finished, and nothing else.")
        sys.exit(1)
