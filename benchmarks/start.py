"""`python -m benchmarks.start`: the import bill: what an answer costs, and the first training step."""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

from benchmarks import material
from benchmarks.measure import OURS, Table, arguments, in_turn, run
from benchmarks.sweeps import command, train

MODULES = ("hydra", "pydantic", "pandas", "torch", "transformers", "pytorch_lightning", "mlflow", "ser.fine_tuning")
IMPORT_TIME = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| (\S+)$", re.MULTILINE)


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__, rounds=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen)


def measure(work: Path, chosen: argparse.Namespace) -> None:
    """Time the answers in turn."""
    table = material.tones(work / "corpus", 168)
    checkpoints = {"none": material.encoder(work / "none")}
    small = ("trainer=cpu", "training.epochs=1", "training.batch_size=8")
    train(work, table, checkpoints, "warm", *small)

    def answers(number: int) -> dict[str, float]:
        module = [sys.executable, "-m", "ser.train"]
        return {
            "python_s": run([sys.executable, "-c", ""]).seconds,
            "help_s": run([*module, "--help"]).seconds,
            "mistake_s": run([*module, "training.batch_size=0"], allow_failure=True).seconds,
            "finished_s": train(work, table, checkpoints, "warm", *small).seconds,
            "first_step_s": first_step(work, table, checkpoints, f"round{number}", small),
        } | {f"import {name}_s": imported(name) for name in MODULES}

    Table(
        name="start",
        title="What it costs to start",
        settings={"encoder": "tiny", "corpus": "168 made-up clips, prepared"},
        rows=in_turn({OURS: answers}, chosen.rounds),
        notes=[
            "`help_s`, `mistake_s`: `--help`, and a value that is not allowed. `finished_s`: a grid of one cell that is"
            " finished. `first_step_s`: from the call to the end of the first optimiser step and a validation.",
            "`import <module>_s`: a fresh process that imports this alone, measured by `-X importtime`. They overlap.",
        ],
    ).write(chosen.output)


def first_step(work: Path, table: Path, checkpoints: dict[str, Path], sweep: str, small: tuple[str, ...]) -> float:
    """Start a cell, look for the first row of its curves, and return when that was."""
    told = command(work, table, checkpoints, sweep, *small, "training.validate_every_steps=1")
    started = run(told, cwd=work).started
    [curves] = (work / "sweeps" / sweep).glob("*/curves.jsonl")
    return json.loads(curves.read_text().splitlines()[0])["time"] - started


def imported(name: str) -> float:
    """Return the seconds that the import of a module takes in a fresh process."""
    taken = run([sys.executable, "-X", "importtime", "-c", f"import {name}"])
    return sum(int(us) for us, module in IMPORT_TIME.findall(taken.output) if module == name) / 1e6


if __name__ == "__main__":
    main()
