"""What follows from measurements: the work of several cells at once, and the hours of the whole grid. No torch here."""

from statistics import median
from typing import NamedTuple

from benchmarks.gpu.report import MAIN, Part, Report
from benchmarks.operations import PAPER

CELLS = 440
STEPS = (500, 1000, 1500, 2500, 5000, 50 * PAPER.steps)
"""At which a cell may be stopped: the rule is 25 validations, 250 steps, without an improvement of .01."""


class Run(NamedTuple):
    """What a cell did while others ran; times in seconds of the machine's clock."""

    began: float
    ended: float
    clips: int
    peak_memory_gb: float | None


def together(runs: list[Run]) -> Part:
    """Return the clips a second of all cells, from the first that began until the last that ended."""
    seconds = max(run.ended for run in runs) - min(run.began for run in runs)
    name = f"{len(runs)} {'cell' if len(runs) == 1 else 'cells'}"
    rows = {"clips_per_s": {name: [sum(run.clips for run in runs) / seconds]}}
    memory = [run.peak_memory_gb for run in runs if run.peak_memory_gb is not None]
    if memory:
        rows["peak_memory_GB"] = {name: [sum(memory)]}
    notes = ["Steps and validations of all cells together, in processes of their own, without MPS."]
    return Part("Cells side by side", rows, "clips_per_s", more_is_better=True, notes=notes)


def hours_of_the_grid(report: Report) -> Part | None:
    """Project the hours of all cells, one after the other, for each number of steps after which they stop."""
    rows = report.parts.get(MAIN, Part(MAIN)).rows
    if "step_ms" not in rows or "validation_s" not in rows:
        return None
    part = Part(f"Projected hours of {CELLS} cells, one after the other", notes=[PROJECTION])
    once_s = rows.get("features_once_s", {})
    for name in rows["step_ms"]:
        step_s, validation_s = (median(rows[quantity][name]) for quantity in ("step_ms", "validation_s"))
        for steps in STEPS:
            hours = projected_h(steps, step_s / 1000, validation_s, median(once_s.get(name, [0.0])))
            part.rows.setdefault(f"{steps} steps", {})[name] = [hours]
    return part


def projected_h(steps: int, step_s: float, validation_s: float, once_s: float) -> float:
    """Return the hours of all cells, each stopped after so many steps."""
    test_s = validation_s * PAPER.test_s / PAPER.validation_s
    cell_s = steps * (step_s + validation_s / PAPER.validate_every) + test_s
    return (once_s + CELLS * cell_s) / 3600


PROJECTION = (
    "Steps x (step + validation / 10), and a pass over both test sets at the validation's pace; loading and starting"
    " are left out. Each training stops 250 steps after its last improvement of .01, and after 50 epochs at the latest;"
    " when that is, only a real run can tell."
)
