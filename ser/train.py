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

    from ser.sweep.grid import needed, publish, stopped
    from ser.sweep.progress import outcome

    folder = cell_folder(settings)
    if needed(settings) and not stopped(settings):
        with records.held(folder) as mine:
            if mine:
                train(settings, folder)
    if HydraConfig.get().mode == RunMode.RUN:
        publish([settings])
        print(f"{folder}: {outcome(folder)}")


def train(settings: TrainSettings, folder: Path) -> None:
    """Run one cell; whatever becomes of it is in its folder, and the tracker is told."""
    from ser.sweep.grid import failures_told
    from ser.sweep.identity import describe, open_sources
    from ser.sweep.leakage import check_leakage

    sources = open_sources(settings)
    cell = describe(settings, sources)
    if records.finished_as(folder, cell):
        return  # by another process, meanwhile
    records.start(folder, cell)

    from ser.cell import fit_and_score
    from ser.tracking import CellTracking, Tracker

    uri = settings.tracker.uri
    tracker = Tracker(uri, settings.sweep, settings.sweeps_dir) if uri else None
    with CellTracking(tracker, folder) as tracking, failures_told(settings):
        check_folder(settings.checkpoint)
        heard = check_leakage(settings, sources)
        corpora = {name: (source.corpus, source.store) for name, source in sources.items()}
        result = fit_and_score(settings, corpora, folder, tracking.curves)
        records.write_json(folder / records.RESULT, cell | result | {"heard": heard, "ended": time.time()})
        (folder / records.CHECKPOINT).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    start(main, "train")
