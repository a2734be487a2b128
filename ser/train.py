"""`python -m ser.train`: fine-tune an encoder on one cell of the grid, score it, keep and track the scores.

With `-m`, Hydra runs a grid of cells through `ser.sweep`, and this module runs each of them.
"""

import sys
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ser import records
from ser.command import check, start
from ser.interrupts import end_with_driver
from ser.models.checkpoint import check_folder, checksums
from ser.settings import TrainSettings
from ser.sweep.names import seeds_as_values
from ser.sweep.run import SendCurves, keep_run

if TYPE_CHECKING:
    from ser.sweep.planned import GridCell


def main(config: DictConfig) -> None:
    """Run one cell unless it is finished, and say how it ended."""
    settings = check(config, TrainSettings)

    from ser.sweep.planned import GridCell

    cell = GridCell((), settings)
    with records.writing_to(settings.sweeps_dir):
        if HydraConfig.get().mode == RunMode.RUN:
            run_alone(cell)
        else:
            run_in_grid(cell)


def run_alone(cell: "GridCell") -> None:
    """Run a cell that is no part of a grid; leave with exit code 1 unless it is finished at the end."""
    from ser.sweep.feasibility import require_feasible
    from ser.sweep.grid import settle
    from ser.sweep.planned import needed, state
    from ser.sweep.progress import outcome

    if needed(cell):
        from ser.models.devices import set_up

        print(f"computing on {set_up(cell.settings.trainer, cell.settings.numerics)}", flush=True)
        check_folder(cell.settings.checkpoint)
        _ = cell.description  # what a corpus lacks for the task is said before anything is decoded
        require_feasible(cell.settings)
        train(cell)
    settle([cell])
    ended = state(cell)
    print(f"{cell.folder}: {outcome(cell.folder, ended)}")
    if ended != "finished":
        sys.exit(1)


def run_in_grid(cell: "GridCell") -> None:
    """Run a cell of a grid, which sees to the rest."""
    from ser.sweep.grid import stopped

    if not stopped(cell.settings):
        train(cell)


def train(cell: "GridCell") -> None:
    """Run a cell, unless it has been run or is run; what becomes of it is in its folder and in the tracker."""
    from ser.sweep.planned import needed

    with records.held(cell.folder) as mine:
        if mine and needed(cell, mine):
            with records.logged(cell.folder):
                fit_and_keep(cell)


def fit_and_keep(cell: "GridCell") -> None:
    """Fit and score a cell that this process holds."""
    from ser.sources import open_sources
    from ser.sweep.grid import stopping_at_failures
    from ser.sweep.leakage import check_leakage

    settings = cell.settings
    sources = open_sources(settings)

    from ser.fine_tuning import fit_and_score

    def fit(send: SendCurves) -> dict[str, Any]:
        check_folder(settings.checkpoint)
        leakage = check_leakage(settings, sources)
        return fit_and_score(settings, sources, cell.folder, send, settings.keep_weights) | {"leakage": leakage}

    with stopping_at_failures(settings):
        loaded = {"checkpoint_files": checksums(settings.checkpoint)}
        keep_run(settings, cell.folder, cell.description.model_copy(update=loaded), fit)


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    if any(item.startswith("archive=") for item in sys.argv) and "-m" not in sys.argv:
        sys.argv.append("-m")  # its cells are a grid
    start(main, "train")
elif __name__ == "__mp_main__":  # a process of joblib's, which imports this before it has a cell
    end_with_driver()
