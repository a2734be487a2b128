"""`python -m ser.pretune`: make a level of `pretune`, by fine-tuning an encoder to transcribe a language (CTC)."""

import sys
import time
from pathlib import Path

from ser import records
from ser.command import run
from ser.errors import UserError
from ser.pretuning.settings import PretuneSettings
from ser.sweep.names import cell_name, seeds_as_values


def main(settings: PretuneSettings) -> None:
    """Make the checkpoint unless it is there, and say where it lies and how well it hears.

    Raises:
        UserError: another process is making it.
    """
    factors = {"model": settings.model.name, "pretune": settings.pretune.name, "seed": settings.seed.value}
    folder = settings.sweeps_dir / settings.sweep / cell_name(factors)
    with records.placed(settings.sweeps_dir), records.held(folder) as mine:
        if not mine:
            raise UserError(f"{settings.output} is being made by another process; wait for it")
        with records.logged(folder):
            pretune(settings, folder)

    from ser.pretuning.provenance import errors_told

    print(f"{settings.output}: {errors_told(settings.output)}; to start from it: {told(settings)}")


def told(settings: PretuneSettings) -> str:
    """Return what the grid must be told to start from the checkpoint."""
    model, level = settings.model, settings.pretune.name
    named = level in model.checkpoints or settings.output != settings.checkpoints_dir / f"{model.name}-{level}"
    where = f" {'' if level in model.checkpoints else '+'}model.checkpoints.{level}={settings.output}" if named else ""
    return f"model={model.name} pretune={level}{where}"


def pretune(settings: PretuneSettings, folder: Path) -> None:
    """Make the checkpoint; whatever becomes of it is in the folder of its records, and the tracker is told."""
    from ser.pretuning.identity import describe, open_speech
    from ser.pretuning.provenance import is_made

    sources = open_speech(settings)
    cell = describe(settings, sources)
    if is_made(settings.output, cell, settings.on_change):
        return
    records.start(folder, cell, settings.model_dump(mode="json"))

    from ser.models.checkpoint import check_folder
    from ser.pretuning.stage import make_checkpoint
    from ser.tracking import CellTracking, Tracker

    uri = settings.tracker.uri
    tracker = Tracker(uri, settings.sweep, settings.sweeps_dir) if uri else None
    with CellTracking(tracker, folder) as tracking, records.failures_kept(folder):
        check_folder(settings.start)
        result = make_checkpoint(settings, sources, cell, folder, tracking.curves)
        records.write_json(folder / records.RESULT, cell | result | {"ended": time.time()})
        records.drop_checkpoints(folder)


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    run(main, "pretune", PretuneSettings)
