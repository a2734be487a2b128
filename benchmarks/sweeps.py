"""Calls of `python -m ser.train` on the benchmarks' material, and what they left in the cells' folders."""

import json
import shutil
import sys
from pathlib import Path

from benchmarks.measure import Run, run


def train(work: Path, table: Path, checkpoints: dict[str, Path], sweep: str, *overrides: str) -> Run:
    """Run a grid of cells on a corpus of one table; the store and the cells are below `work`."""
    return run(command(work, table, checkpoints, sweep, *overrides), cwd=work)


def command(work: Path, table: Path, checkpoints: dict[str, Path], sweep: str, *overrides: str) -> list[object]:
    """Return the command line of a grid on a corpus of one table."""
    return [
        *(sys.executable, "-m", "ser.train", "-m"),
        "dataset=manifest",
        f"dataset.corpora.manifest.table={table}",
        *(f"model.checkpoints.{level}={folder}" for level, folder in checkpoints.items()),
        *(f"store_dir={work}/store", f"sweeps_dir={work}/sweeps", f"sweep={sweep}"),
        *overrides,
    ]


def results(work: Path, sweep: str) -> list[dict]:
    """Return the records of the finished cells of a sweep, in the order in which they ended."""
    found = [json.loads(path.read_text()) for path in (work / "sweeps" / sweep).glob("*/result.json")]
    return sorted(found, key=lambda result: result["ended"])


def forget_features(work: Path) -> None:
    """Remove what the convolutions computed, so that computing it counts."""
    shutil.rmtree(work / "store/features", ignore_errors=True)


def copy_cells(work: Path, sweep: str, seeds: int) -> int:
    """Copy the finished cells of a sweep to as many seeds, as if those had been trained; return how many there are now.

    To say `finished` of a cell, its configuration is compared with what it was trained with; so the copies get the
    configuration of their own seed.
    """
    from ser.sweep.identity import signature

    folder = work / "sweeps" / sweep
    for source in [path.parent for path in folder.glob("*,seed=0/result.json")]:
        for seed in range(seeds):
            target = folder / source.name.replace("seed=0", f"seed={seed}")
            if target.exists():
                continue
            shutil.copytree(source, target)
            for name in ("cell.json", "result.json"):
                record = json.loads((source / name).read_text())
                record["factors"]["seed"] = seed
                record["parameters"]["seed.value"] = seed
                record["signature"] = signature(record["parameters"])
                (target / name).write_text(json.dumps(record))
    return len(list(folder.glob("*/result.json")))
