"""`python -m ser.plan`: what a sweep could show, before it is run: power over seeds and speakers, cells, hours, GB."""

import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from pydantic import BaseModel, ConfigDict, Field

from ser.analysis.settings import Alpha, Size
from ser.command import check, config_folder, run
from ser.errors import ConfigError, UserError
from ser.settings import TrainSettings

if TYPE_CHECKING:
    from pandas import DataFrame

    from ser.analysis.claims.planning import Components
    from ser.sweep.timing import CellTime

Level = Annotated[int, Field(strict=True, ge=2, le=10**6)]
Levels = Annotated[tuple[Level, ...], Field(min_length=1, max_length=100)]
Spread = Annotated[float, Field(strict=True, ge=0, le=1e9)]


HOURS = (
    'a sweep with finished cells (sweep=pilot), or a cell to time for some steps (timed="model=hubert dataset=emovo")'
)


class PlanSettings(BaseModel):
    """The spread that is assumed, what is to be found, and the designs to compare."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sd_seed: Spread
    sd_speaker: Spread
    sd_residual: Size
    difference: Size
    margin: Size
    alpha: Alpha
    power: float = Field(strict=True, ge=0.01, le=0.9999)
    seeds: Levels
    speakers: Levels
    cells: int | None = Field(strict=True, gt=0, le=10**9)
    sweep: str | None
    timed: str | None
    sweeps_dir: Path


def main(settings: PlanSettings) -> None:
    """Print the power of every design, what is the least that reaches it, and what the cells cost.

    Raises:
        UserError: the sweep whose cells are to be taken as a measure has no finished cell, or both it and a cell to
            time are named.
    """
    from ser.analysis.claims.planning import Components

    if settings.sweep and settings.timed:
        raise ConfigError("hours are taken from finished cells or from timed steps: leave out sweep= or timed=")
    sds = (settings.sd_seed, settings.sd_speaker, settings.sd_residual)
    print(
        f"For new speakers, where the difference of two models has an SD of {sds[0]:g} over seeds, of {sds[1]:g} over"
        f" speakers, and of {sds[2]:g} beyond both; alpha = {settings.alpha:g}."
    )
    components = Components(*(sd**2 for sd in sds))
    _print_power(settings, components)
    _print_least(settings, components)
    _print_cost(settings)


def _print_power(settings: PlanSettings, components: "Components") -> None:
    """Print the power over seeds x speakers, to find the difference and to claim equivalence."""
    from ser.analysis.claims.planning import power_table

    seeds, speakers, alpha = list(settings.seeds), list(settings.speakers), settings.alpha
    found = power_table(components, seeds, speakers, settings.difference, alpha)
    _print_table(f"power to find a difference of {settings.difference:g}", found)
    within = power_table(components, seeds, speakers, settings.margin, alpha, "equivalence")
    _print_table(f"power to claim equivalence within ±{settings.margin:g} where there is no difference", within)


def _print_least(settings: PlanSettings, components: "Components") -> None:
    """Print the fewest speakers for each number of seeds, and the other way round; "-" where nothing suffices."""
    import pandas as pd

    from ser.analysis.claims.planning import MOST, enough_seeds, least_seeds, least_speakers

    sought = (settings.difference, settings.power, settings.alpha)
    rows = [{"seeds": s, "least speakers": least_speakers(components, s, *sought)} for s in settings.seeds]
    title = f"for power {settings.power:g} to find {settings.difference:g} (-: not with {MOST}, however many)"
    _print_table(title, pd.DataFrame(rows))
    rows = [
        {
            "speakers": k,
            "least seeds": least_seeds(components, k, *sought),
            "seeds after which one more narrows the interval by less than 2 %": enough_seeds(
                components, k, confidence=1 - settings.alpha
            ),
        }
        for k in settings.speakers
    ]
    _print_table("seeds", pd.DataFrame(rows))


def _print_cost(settings: PlanSettings) -> None:
    """Print cells, hours and GB for each number of seeds, by finished cells of a sweep or by timed steps."""
    import pandas as pd

    measured = _measured(settings.sweeps_dir / settings.sweep) if settings.sweep else None
    timed = _timed(settings.timed) if settings.timed else None
    cells = settings.cells or (measured.cells if measured else None) or (1 if timed else None)
    if cells is None:
        print(f"Cells and hours: name the cells of one seed (cells=8); {HOURS}.")
        return
    table = pd.DataFrame({"seeds": settings.seeds, "cells": [cells * seeds for seeds in settings.seeds]})
    title = f"cells; for hours, {HOURS}"
    if timed is not None:
        table["hours at most"] = table["cells"] * timed.seconds / 3600
        title = (
            f"cost, one cell at a time on {timed.device}: {timed.steps} steps of {timed.step_s:.3g} s and"
            f" {timed.evaluated} evaluated clips of {timed.clip_s:.3g} s, {timed.seconds:.0f} s a cell unless it stops"
            f" early ({settings.timed})"
        )
    if measured is not None:
        table["hours"] = table["cells"] * measured.seconds / 3600
        table["GB"] = table["cells"] * measured.bytes / 1e9
        title = (
            f"cost, by {measured.number} finished cells of {settings.sweep} ({measured.seconds:.0f} s each), one at a"
            " time"
        )
    _print_table(title, table)


def _timed(overrides: str) -> "CellTime":
    """Time a few steps of the cell that these arguments of `ser.train` name.

    Raises:
        ConfigError, CorpusError, UserError: as a training of it.
    """
    with contextlib.ExitStack() as stack:
        if not GlobalHydra.instance().is_initialized():
            stack.enter_context(initialize_config_dir(str(config_folder()), version_base="1.3"))
        config = compose("train", shlex.split(overrides))
    settings = check(config, TrainSettings)

    from ser.models.checkpoint import check_folder
    from ser.sources import open_sources
    from ser.sweep.timing import time_cell

    check_folder(settings.checkpoint)
    return time_cell(settings, open_sources(settings))


class Measured(NamedTuple):
    """What the finished cells of a sweep took."""

    number: int
    cells: int  # of one seed
    seconds: float  # mean of a cell
    bytes: float  # mean of a cell


def _measured(folder: Path) -> Measured:
    """Measure the finished cells of a sweep.

    Raises:
        UserError: there is none.
    """
    from ser.tables import read_results

    results = read_results(sorted(folder.glob("*/")))[0]
    if not results:
        raise UserError(
            f"{folder} has no finished cell to measure; run one: python -m ser.train sweep={folder.name} ..., or time a"
            ' few steps: timed="model=hubert"'
        )
    cells = {tuple(sorted((k, str(v)) for k, v in r.factors.items() if k != "seed")) for r in results.values()}
    sizes = [sum(path.stat().st_size for path in cell.rglob("*") if path.is_file()) for cell in results]
    times = [result.ended - result.started for result in results.values()]
    return Measured(len(results), len(cells), sum(times) / len(times), sum(sizes) / len(sizes))


def _print_table(title: str, table: "DataFrame") -> None:
    """Print a table of numbers: whole ones whole, others with three decimals, "-" for none."""
    print(f"\n{title}")
    print(
        table.to_string(index=False, na_rep="-", float_format=lambda x: f"{x:.0f}" if x == int(x) > 1 else f"{x:.3f}")
    )


def as_text(arguments: list[str]) -> list[str]:
    """Quote what is to be timed as Hydra takes it, so that the shell's quotes are enough.

    >>> as_text(["cells=8", "timed=model=hubert seed=1"])
    ['cells=8', 'timed="model=hubert seed=1"']
    """
    return [
        f"timed={json.dumps(text)}"
        if (text := argument.removeprefix("timed=")) != argument and text[:1] not in "'\""
        else argument
        for argument in arguments
    ]


if __name__ == "__main__":
    sys.argv[1:] = as_text(sys.argv[1:])
    run(main, "plan", PlanSettings)
