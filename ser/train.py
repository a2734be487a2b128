"""`python -m ser.train`: fine-tune an encoder on one cell of the grid, score it, keep and track the scores.

With `-m`, Hydra runs a grid of cells through `ser.sweep`, and this module runs each of them.
"""

import sys
import time
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ser import records
from ser.command import check, start
from ser.models.checkpoint import check_folder
from ser.settings import TrainSettings
from ser.sweep.names import cell_folder, seeds_as_values


def main(config: DictConfig) -> None:
    """Run one cell unless it is finished, and say how it ended."""
    settings = check(config, TrainSettings)

    with records.placed(settings.sweeps_dir):
        if HydraConfig.get().mode == RunMode.RUN:
            run_alone(settings)
        else:
            run_in_grid(settings)


def run_alone(settings: TrainSettings) -> None:
    """Run a cell that is no part of a grid; leave with exit code 1 unless it is finished at the end."""
    from ser.sweep.grid import needed, settle, state
    from ser.sweep.identity import open_sources
    from ser.sweep.progress import outcome

    if needed(settings):
        from ser.models.devices import set_up

        print(f"computing on {set_up(settings.trainer, settings.numerics)}", flush=True)
        open_sources(settings)  # what is wrong with a corpus or a checkpoint is said before anything is written
        check_folder(settings.checkpoint)
        train(settings)
    settle([settings])
    folder, stands = cell_folder(settings), state(settings)
    print(f"{folder}: {outcome(folder, stands)}")
    if stands != "finished":
        sys.exit(1)


def run_in_grid(settings: TrainSettings) -> None:
    """Run a cell of a grid, which sees to the rest."""
    from ser.sweep.grid import stopped

    if not stopped(settings):
        train(settings)


def train(settings: TrainSettings) -> None:
    """Run one cell, unless it has been run or is run; what becomes of it is in its folder, and the tracker is told."""
    from ser.sweep.grid import needed

    folder = cell_folder(settings)
    with records.held(folder) as mine:
        if mine and needed(settings, mine):
            with records.logged(folder):
                fit_and_keep(settings, folder)


def fit_and_keep(settings: TrainSettings, folder: Path) -> None:
    """Fit and score a cell that this process holds."""
    from ser.sweep.grid import failures_told
    from ser.sweep.identity import describe, open_sources
    from ser.sweep.leakage import check_leakage

    sources = open_sources(settings)
    cell = describe(settings, sources)
    records.start(folder, cell, settings.model_dump(mode="json"))

    from ser.cell import fit_and_score
    from ser.tracking import CellTracking, Tracker

    uri = settings.tracker.uri
    tracker = Tracker(uri, settings.sweep, settings.sweeps_dir) if uri else None
    with CellTracking(tracker, folder) as tracking, failures_told(settings):
        check_folder(settings.checkpoint)
        heard = check_leakage(settings, sources)
        result = fit_and_score(settings, sources, folder, tracking.curves, settings.keep_weights)
        records.write_json(folder / records.RESULT, cell | result | {"heard": heard, "ended": time.time()})
        records.drop_checkpoints(folder)


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    start(main, "train")
