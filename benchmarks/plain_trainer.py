"""`python -m benchmarks.plain_trainer`: the same cells against a plain loop of Hugging Face's `Trainer`, on the CPU.

The corpus is EMO-DB where it is there, else the made-up one; the encoder is that of `benchmarks.autrainer`, or
`--checkpoint`. Both have the same splits, learning rate, class weights, validations, choice of the best weights and
stopping rule, and read the clips from the same store.

Each contender uses the whole machine as its users can: the grid trains as many cells at once as there are cores, each
in one thread; `Trainer` trains a seed after the other, with a thread for every core. With `--threads 1`, each has one
core.

`Trainer` needs `accelerate`: `pip install accelerate`, or `--path <folder>` of `pip install --no-deps --target <folder>
accelerate`.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks import material
from benchmarks.measure import OURS, ROOT, Table, arguments, in_turn, run
from benchmarks.sweeps import forget_features, results, train

PLAIN = "Trainer"


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--path", default="", help="folder that holds accelerate, if the environment does not")
    parser.add_argument("--checkpoint", type=Path, help="another encoder, e.g. demo/checkpoints/wav2vec2-none")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=6)
    chosen = parser.parse_args()
    run([sys.executable, "-c", "import accelerate"], PYTHONPATH=f"{ROOT}:{chosen.path}")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), chosen)


def measure(work: Path, chosen: argparse.Namespace) -> None:
    """Run all seeds of both in turn, and compare."""
    checkpoint = (chosen.checkpoint or material.encoder(work / "encoder")).resolve()
    table = material.corpus(work / "corpus")
    seeds = list(range(chosen.seeds))
    protocol: dict[str, Any] = {
        "epochs": chosen.epochs,
        "batch_size": 16,
        "learning_rate": 1e-3,
        "validate_every_steps": 10,
        "patience": 25,
        "minimum_improvement": 0.01,
    }
    overrides = ["trainer=cpu", "trainer.threads=1", *(f"training.{key}={value}" for key, value in protocol.items())]
    launcher = ["hydra/launcher=joblib"] if chosen.threads == "all" else []
    many = f"seed.value={','.join(map(str, seeds))}"
    train(work, table, {"none": checkpoint}, "warm", *overrides[:1], "training.epochs=1")
    [store] = {path.parent for path in (work / "store").glob("*/facts.json")}
    accuracies: dict[str, list[float]] = {}
    steps: dict[str, int] = {}

    def ours(number: int) -> dict[str, float]:
        forget_features(work)
        taken = train(work, table, {"none": checkpoint}, f"round{number}", *overrides, *launcher, many)
        cells = sorted(results(work, f"round{number}"), key=lambda cell: cell["factors"]["seed"])
        accuracies[OURS] = [accuracy(cell) for cell in cells]
        steps[OURS] = sum(cell["training"]["steps"] for cell in cells)
        return per_cell(taken.seconds, taken.cpu_seconds, steps[OURS])

    def plain(number: int) -> dict[str, float]:
        places = {"checkpoint": str(checkpoint), "table": str(table), "store": str(store)}
        request = protocol | places | {"seeds": seeds, "result": str(work / "plain.json")}
        (work / "request.json").write_text(json.dumps(request))
        taken = run(
            [sys.executable, "-m", "benchmarks.plain_seeds", work / "request.json"], PYTHONPATH=f"{ROOT}:{chosen.path}"
        )
        cells = json.loads((work / "plain.json").read_text())
        accuracies[PLAIN] = [cell["accuracy"] for cell in cells]
        steps[PLAIN] = sum(cell["steps"] for cell in cells)
        return per_cell(taken.seconds, taken.cpu_seconds, steps[PLAIN])

    def per_cell(seconds: float, cpu: float, done: int) -> dict[str, float]:
        return {"cell_s": seconds / len(seeds), "cell_cpu_s": cpu / len(seeds), "step_ms": 1000 * seconds / done}

    rows = in_turn({OURS: ours, PLAIN: plain}, chosen.rounds)
    rows["test_accuracy"] = accuracies
    rows["steps"] = {name: [float(done)] for name, done in steps.items()}
    difference = paired(accuracies[OURS], accuracies[PLAIN])
    Table(
        name=f"plain_trainer_{checkpoint.name}" if chosen.checkpoint else "plain_trainer",
        title="The same cells against a plain loop of Hugging Face's Trainer, on the CPU",
        settings={"corpus": material.name(table), "encoder": material.described(checkpoint)}
        | {"seeds": len(seeds)}
        | protocol,
        rows=rows,
        no_ratio=("test_accuracy", "steps"),
        notes=[
            f"Accuracy over {len(seeds)} seeds, {OURS} less {PLAIN}, seed by seed: {difference['mean']:+.3f}, 95 %"
            f" interval {difference['low']:+.3f} to {difference['high']:+.3f} (paired t).",
            f"One call of a contender trains all seeds, imports within `cell_s`: {OURS} "
            + ("a cell on each core" if launcher else "one cell after the other")
            + f", {PLAIN} one after the other with {chosen.threads} thread(s). Stopping rule: at most"
            f" {chosen.epochs} epochs, or 25 validations without an improvement of .01.",
        ],
        extra={"accuracy_difference": difference},
    ).write(chosen.output)


def accuracy(cell: dict[str, Any]) -> float:
    """Return the accuracy over all clips of a cell's test split."""
    return next(row["value"] for row in cell["scores"] if (row["group"], row["metric"]) == ("all", "accuracy"))


def paired(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """Return the mean difference of accuracies that share their splits, and its interval."""
    difference = np.subtract(ours, theirs)
    margin = stats.t.ppf(0.975, len(difference) - 1) * stats.sem(difference) if len(difference) > 1 else float("nan")
    mean = float(difference.mean())
    return {"mean": mean, "low": mean - float(margin), "high": mean + float(margin)}


if __name__ == "__main__":
    main()
