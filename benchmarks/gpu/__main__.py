"""`python -m benchmarks.gpu`: a cell of the paper's size on a GPU, and what would make it faster, in ten minutes.

The encoder is the large one with random weights, the clips are tones in noise as long as Emozionalmente's. It runs
unattended on a machine that has torch, torchaudio, transformers and pytorch-lightning; `benchmarks/README.md` lists the
few wheels that it needs beside them. Results are written after every step; a step that fails is a line of the report.
`--tiny` tries all of it on any machine; its report is printed, and no result is written.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.gpu.corpus import Material
from benchmarks.gpu.isolation import Outcome, Processes
from benchmarks.gpu.plan import FULL, TINY, Step, steps
from benchmarks.gpu.report import Report
from benchmarks.gpu.totals import hours_of_the_grid, together
from benchmarks.measure import arguments

LIMIT_S = 240
"""No step takes longer."""


def main() -> None:
    """Measure, and print the report."""
    parser = arguments(__doc__, rounds=2)
    parser.add_argument("--minutes", type=float, default=10, help="after which no other step is started")
    parser.add_argument("--tiny", action="store_true", help="a tiny encoder, few clips, one round, on what there is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_environment(Path(folder), chosen.tiny)
        report = measure(Path(folder), chosen)
    if report is None:
        parser.error("there is no GPU here; --tiny tries the benchmark without one")
    print(report.page())
    if report.failures:
        raise SystemExit(f"{len(report.failures)} steps failed: {', '.join(report.failures)}")


def set_environment(work: Path, tiny: bool) -> None:
    """Let all processes see one GPU, ask no hub, and keep what they compile in the folder of this run.

    A tiny encoder has no use for several threads, which wait for each other on a busy machine.
    """
    if tiny:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        os.environ[name] = str(work / name.lower())


def measure(work: Path, chosen: argparse.Namespace) -> Report | None:
    """Go through the steps; return the report, or None where there is no GPU and none was to be done without."""
    ends = time.monotonic() + 60 * chosen.minutes
    size = TINY if chosen.tiny else FULL
    material = Material(work, size.clips, size.mean_s, large=not chosen.tiny)
    report = Report("A cell of the paper's size on a GPU" + (" (tiny, to try it: no result)" if chosen.tiny else ""))
    processes = Processes()
    (facts,) = processes.call("benchmarks.gpu.speed.facts", {}, LIMIT_S)
    if facts.error:  # a CUDA that some import has touched cannot be used by forked processes
        processes = Processes("spawn")
        (facts,) = processes.call("benchmarks.gpu.speed.facts", {}, LIMIT_S)
    if facts.error:
        raise SystemExit(f"nothing can be computed here: {facts.details or facts.error}")
    report.device = facts.value
    if facts.value["device"] != "cuda" and not chosen.tiny:
        return None
    report.settings = {
        "encoder": f"{material.architecture['num_hidden_layers']} layers x {material.architecture['hidden_size']}",
        "clips": f"{size.clips} of {size.mean_s} s on average",
        "validations, of ten steps each": size.lengths(),
        "minutes": f"{chosen.minutes:g}",
    }
    for step in (Step("material", "speed.material"), *steps(size, 1 if chosen.tiny else chosen.rounds)):
        started = time.monotonic()
        if started > ends:
            report.steps[step.title] = f"skipped: the {chosen.minutes:g} minutes were over"
        else:
            called = {"material": material, **step.arguments}
            outcomes = processes.call(f"benchmarks.gpu.{step.function}", called, LIMIT_S, step.copies)
            ending = take(step, outcomes, report)
            report.steps[step.title] = f"{ending} ({time.monotonic() - started:.0f} s)"
        print(f"{step.title}: {report.steps[step.title]}", flush=True)
        if not chosen.tiny:
            report.write(chosen.output)
        if "material" in report.failures:
            break  # there is nothing to train on
    return report


def take(step: Step, outcomes: list[Outcome], report: Report) -> str:
    """Take what a step has returned into the report, and say how it ended."""
    failed = next((outcome for outcome in outcomes if outcome.error), None)
    if failed is not None:
        report.failures[step.title] = failed.details or failed.error
        return f"FAILED: {failed.error}"
    values = [outcome.value for outcome in outcomes]
    report.add(together(values) if step.function == "side_by_side.run" else values[0])
    hours = hours_of_the_grid(report)
    if hours is not None:
        report.parts[hours.title] = hours
    return "measured"


if __name__ == "__main__":
    main()
