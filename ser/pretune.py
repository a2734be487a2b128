"""`python -m ser.pretune`: make a level of `pretune`, by fine-tuning an encoder to transcribe a language (CTC)."""

import sys
from pathlib import Path
from typing import Any

from ser import records
from ser.command import run
from ser.errors import UserError
from ser.pretuning.settings import PretuneSettings
from ser.streams import Pace
from ser.sweep.names import cell_name, seeds_as_values
from ser.sweep.run import SendCurves, keep_run


def main(settings: PretuneSettings) -> None:
    """Make the checkpoint unless it exists, and print its folder and error rates.

    Raises:
        UserError: another process is making it.
    """
    factors = {"model": settings.model.name, "pretune": settings.pretune.name, "seed": settings.seed.value}
    folder = settings.sweeps_dir / settings.sweep / cell_name(factors)
    with records.writing_to(settings.sweeps_dir), records.held(folder) as mine:
        if not mine:
            raise UserError(f"{settings.output} is being made by another process; wait for it")
        with records.logged(folder):
            pretune(settings, folder)

    from ser.pretuning.provenance import error_rates_of

    print(f"{settings.output}: {error_rates_of(settings.output)}; to start from it: {usage(settings)}")


def usage(settings: PretuneSettings) -> str:
    """Return the overrides with which the grid starts from the checkpoint."""
    model, level = settings.model, settings.pretune.name
    named = level in model.checkpoints or settings.output != settings.checkpoints_dir / f"{model.name}-{level}"
    where = f" {'' if level in model.checkpoints else '+'}model.checkpoints.{level}={settings.output}" if named else ""
    return f"model={model.name} pretune={level}{where}"


def pretune(settings: PretuneSettings, folder: Path) -> None:
    """Make the checkpoint; its state is in the folder of its records and in the tracker."""
    from ser.pretuning.provenance import describe_checkpoint, is_made
    from ser.pretuning.speech import open_speech, read_speech

    corpora = read_speech(settings)
    cell = describe_checkpoint(settings, corpora)
    if is_made(settings.output, cell, settings.on_change):
        return
    sources = open_speech(settings, corpora)

    from ser.models.checkpoint import check_folder
    from ser.pretuning.stage import make_checkpoint

    def make(send: SendCurves) -> dict[str, Any]:
        check_folder(settings.start)
        return make_checkpoint(settings, sources, cell, folder, printed(send, settings.output.name))

    keep_run(settings, folder, cell, make)


def printed(send: SendCurves, name: str) -> SendCurves:
    """Return what is called after every validation, with a line of progress now and then."""
    pace = Pace()

    def send_and_print(step: int, metrics: dict[str, float]) -> None:
        send(step, metrics)
        if pace.due():
            print(
                f"{name}: step {step}, {', '.join(f'{key} {value:.3f}' for key, value in metrics.items())}", flush=True
            )

    return send_and_print


if __name__ == "__main__":
    sys.argv[1:] = seeds_as_values(sys.argv[1:])
    run(main, "pretune", PretuneSettings)
