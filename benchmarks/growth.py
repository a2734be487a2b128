"""`python -m benchmarks.growth`: time and memory when clips, seeds or finished cells become ten times as many.

Each figure is that of a fresh process. Mapped files count as resident memory as long as nobody else needs the room, so
the most memory of the process's own stands beside the peak: it is what must not grow with the corpus.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks import material
from benchmarks.measure import Run, Table, arguments, in_turn
from benchmarks.sweeps import copy_cells, train


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--clips", type=int, default=700, help="and ten times as many")
    parser.add_argument("--seeds", type=int, default=2, help="and ten times as many")
    parser.add_argument("--cells", type=int, default=44, help="finished ones, and ten times as many")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen)


def measure(work: Path, chosen: argparse.Namespace) -> None:
    """Run small and large in turn."""
    checkpoints = {"none": material.encoder(work / "encoder")}
    sizes = {"once": 1, "tenfold": 10}
    tables = {name: material.tones(work / name, times * chosen.clips) for name, times in sizes.items()}
    few = ("trainer=cpu", "seed.split=0", "training.epochs=1", "training.validate_every_steps=1000000")
    for name, table in tables.items():
        train(work, table, checkpoints, f"warm_{name}", *few)
        copy_cells(work, f"warm_{name}", sizes[name] * chosen.cells)

    def grow(name: str, number: int) -> dict[str, float]:
        times, small = sizes[name], tables["once"]
        clips = train(work, tables[name], checkpoints, f"clips_{name}_{number}", *few)
        seeds = f"seed.value=range(0,{times * chosen.seeds})"
        many = train(work, small, checkpoints, f"seeds_{name}_{number}", *few, seeds)
        cells = f"seed.value=range(0,{times * chosen.cells})"
        finished = train(work, tables[name], checkpoints, f"warm_{name}", *few, cells)
        return row("clips", clips) | row("seeds", many) | row("finished cells", finished)

    rows = in_turn({name: lambda number, name=name: grow(name, number) for name in sizes}, chosen.rounds)
    Table(
        name="growth",
        title="Ten times as many clips, seeds, cells",
        settings={
            "clips": f"{chosen.clips} of 2 s on average, one cell, one epoch, batches of 16",
            "seeds": f"{chosen.seeds} cells of {chosen.clips} clips",
            "finished cells": chosen.cells,
            "encoder": "tiny",
        },
        rows=rows,
        notes=[
            "`own`: without mapped files, looked at every 20 ms. `peak` counts pages of mapped files that were read.",
        ],
    ).write(chosen.output)


def row(what: str, taken: Run) -> dict[str, float]:
    """Return the figures of a process."""
    return {
        f"{what}, s": taken.seconds,
        f"{what}, CPU s": taken.cpu_seconds,
        f"{what}, own MB": taken.peak_anonymous_mb,
        f"{what}, peak MB": taken.peak_mb,
    }


if __name__ == "__main__":
    main()
