"""`python -m ser.status sweep=<name>`: the state of a sweep, read from the files of its cells, wherever they run."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ser.command import run
from ser.errors import RecordError, UserError
from ser.settings import FolderName


class StatusSettings(BaseModel):
    """Name and folder of the sweep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sweep: FolderName
    sweeps_dir: Path


def main(settings: StatusSettings) -> None:
    """Print the table of the sweep, the cells that are not finished, and the number of cells in each state.

    Raises:
        UserError: there is no such sweep.
    """
    from ser import records
    from ser.sweep.grid import listed
    from ser.sweep.progress import Row, outcome, results, standing, summary, terminal, twins

    cells = listed(settings.sweeps_dir / settings.sweep)
    if not cells:
        sweeps = sorted({path.name for path in settings.sweeps_dir.glob("*/") if listed(path)})
        raise UserError(
            f"no sweep '{settings.sweep}' in {settings.sweeps_dir}; there are: {', '.join(sweeps) or 'none'}"
        )
    rows = [Row(folder, factors, records.state(folder)) for folder, factors in cells.items()]
    console = terminal()
    finished_cells = results(rows)
    console.print(summary(rows, finished_cells))
    for line in twins(finished_cells):
        console.print(line, markup=False)
    try:
        records.GridRecord.read(settings.sweeps_dir / settings.sweep)
    except RecordError as error:
        console.print(str(error), markup=False)
    for row in rows:
        if row.state not in ("finished", "missing"):
            console.print(f"{row.folder.name}: {outcome(row.folder, row.state)}", markup=False)
        elif result := finished_cells.get(row.folder):
            for damage in (*records.damage(row.folder), *records.damaged_files(row.folder, result)):
                console.print(f"{damage}", markup=False)
    console.print(standing([row.state for row in rows]))
    if hint := seeds_hint([row.folder for row in rows if row.state == "finished"], len(rows)):
        console.print(hint)


def seeds_hint(finished: list[Path], cells: int) -> str | None:
    """Return whether more seeds of an unfinished sweep would add information; None if that cannot be estimated."""
    if not finished or len(finished) == cells:
        return None
    from ser.analysis.claims.progress import hint

    return hint(finished)


if __name__ == "__main__":
    run(main, "status", StatusSettings)
