"""`python -m ser.status sweep=<name>`: how a sweep stands, wherever it runs, from the files of its cells."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ser.command import run
from ser.errors import UserError


class StatusSettings(BaseModel):
    """Which sweep is asked about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sweep: str
    sweeps_dir: Path


def main(settings: StatusSettings) -> None:
    """Print the cells that are not finished, the table of the sweep, and how many stand how.

    Raises:
        UserError: there is no such sweep.
    """
    from ser import records
    from ser.sweep.grid import GRID
    from ser.sweep.progress import outcome, standing, summary, terminal

    folder = settings.sweeps_dir / settings.sweep
    cells = records.read_json(folder / GRID)
    if cells is None:
        there = sorted(path.parent.name for path in settings.sweeps_dir.glob(f"*/{GRID}"))
        raise UserError(
            f"no sweep '{settings.sweep}' in {settings.sweeps_dir}; there are: {', '.join(there) or 'none'}"
        )
    console = terminal()
    console.print(summary([(folder / name, factors) for name, factors in cells.items()]))
    for name in cells:
        if records.state(folder / name) not in ("finished", "missing"):
            console.print(f"{name}: {outcome(folder / name)}", markup=False)
    console.print(standing([folder / name for name in cells]))


if __name__ == "__main__":
    run(main, "status", StatusSettings)
