"""`python -m benchmarks.frozen`: cells with frozen layers, against an earlier commit and a loop on dumped features.

    python -m benchmarks.frozen --checkpoint checkpoints/whisper-tiny.en --corpora corpora --before <folder> --threads 1

The corpus is EMO-DB. `--before` is a checkout of the earlier commit. A cell costs what a call of several cells takes
more than a call of the first of them, divided by their number, so that imports and what is computed once are left out.
The loop, `benchmarks.dumped_head`, trains a linear head on dumped hidden states, as s3prl and EmoBox do.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import OURS, Table, arguments, in_turn, run

BEFORE, DUMPED = "before", "dumped"


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__, rounds=1)
    parser.add_argument("--checkpoint", type=Path, required=True, help="a Whisper encoder in hub layout")
    parser.add_argument("--corpora", type=Path, required=True, help="folder that has EMO-DB")
    parser.add_argument("--before", type=Path, help="checkout of the earlier commit")
    parser.add_argument("--epochs", type=int, default=50, help="of the cells")
    parser.add_argument("--before-epochs", type=int, default=1, help="of the cells of the earlier commit")
    parser.add_argument("--seeds", type=int, default=5, help="cells after the first")
    parser.add_argument("--freezing", default="encoder", help="e.g. first_layers freezing.layers=3")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen)


def measure(work: Path, chosen: argparse.Namespace) -> None:
    """Take the contenders in turn, and compare."""
    accuracies: dict[str, list[float]] = {}

    def grid(source: Path | None, sweep: str, epochs: int, *seeds: int) -> float:
        command = [
            *(sys.executable, "-m", "ser.train", "-m", "model=whisper_base", "dataset=emodb", "tracker=none"),
            *(f"model.checkpoints.none={chosen.checkpoint.resolve()}", f"corpora_dir={chosen.corpora.resolve()}"),
            *("dataset.tests=[emodb]", "trainer=cpu", "trainer.threads=1", f"training.epochs={epochs}"),
            *(f"freezing={chosen.freezing}".split(), f"sweep={sweep}", f"sweeps_dir={work}/sweeps"),
            *(f"store_dir={work}/{'before' if source else 'store'}", f"seed={','.join(map(str, seeds))}"),
        ]
        return run(command, cwd=work, **({"PYTHONPATH": str(source)} if source else {})).cpu_seconds

    def cells(source: Path | None, name: str, epochs: int) -> dict[str, float]:
        seeds = range(1, chosen.seeds + 1)
        grid(source, f"{name}-warm", 1, 0)
        first = grid(source, f"{name}-first", epochs, 0)
        taken = grid(source, f"{name}-all", epochs, 0, *seeds) - first
        results = [json.loads(path.read_text()) for path in (work / "sweeps" / f"{name}-all").glob("*/result.json")]
        results.sort(key=lambda result: result["factors"]["seed"])
        accuracies[(source and BEFORE) or OURS] = [_accuracy(result) for result in results]
        steps = sum(result["training"]["steps"] for result in results[1:])
        return {"cell_cpu_s": taken / chosen.seeds, "step_cpu_ms": 1000 * taken / steps}

    def dumped(number: int) -> dict[str, float]:
        request = {"store": str(work / "store"), "steps": 260, "batch_size": 16, "classes": 7}
        cpu = [
            run([sys.executable, "-m", "benchmarks.dumped_head", json.dumps(request | {"cells": n})]).cpu_seconds
            for n in (1, 1 + chosen.seeds)
        ]
        taken = cpu[1] - cpu[0]
        return {"step_cpu_ms": 1000 * taken / (chosen.seeds * request["steps"])}

    contenders = {OURS: lambda number: cells(None, f"{OURS}{number}", chosen.epochs)}
    if chosen.freezing == "encoder":
        contenders[DUMPED] = dumped
    if chosen.before:
        before = chosen.before.resolve()
        contenders[BEFORE] = lambda number: cells(before, f"{BEFORE}{number}", chosen.before_epochs)
    rows = in_turn(contenders, chosen.rounds)
    rows["test_accuracy"] = accuracies
    Table(
        name=f"frozen_{chosen.freezing.split()[0]}",
        title=f"A cell after the first, freezing={chosen.freezing}, EMO-DB, on the CPU",
        settings={"encoder": chosen.checkpoint.name, "seeds": chosen.seeds, "epochs": chosen.epochs}
        | {"epochs before": chosen.before_epochs},
        rows=rows,
        no_ratio=("test_accuracy", "cell_cpu_s") if chosen.epochs != chosen.before_epochs else ("test_accuracy",),
        notes=[
            "CPU seconds of one thread. `step_cpu_ms` is the whole of a cell divided by its optimiser steps: loading,"
            " validations every 10 steps, test, predictions and records are in it; early stopping is on.",
            f"`{DUMPED}`: one linear head on dumped frame-level states, a mean over real frames, AdamW, a validation"
            " every 10 steps; nothing is recorded.",
        ],
    ).write(chosen.output)


def _accuracy(result: dict) -> float:
    return next(row["value"] for row in result["scores"] if (row["group"], row["metric"]) == ("all", "accuracy"))


if __name__ == "__main__":
    main()
