"""`python -m benchmarks.floor`: the operations that the paper's setting needs at least, held against measured times."""

import json
from pathlib import Path

from benchmarks import operations
from benchmarks.material import LARGE
from benchmarks.measure import RESULTS
from benchmarks.operations import PAPER

RATE = 790e12
"""Operations a second of an H200 in bf16, as measured with large matrices."""


def counts() -> dict[str, float]:
    """Return the operations of the parts of the paper's setting."""
    return {
        "one training epoch": operations.training(LARGE, PAPER.training_s),
        "one validation pass": operations.forward(LARGE, PAPER.validation_s),
        "all validations of an epoch": operations.forward(LARGE, PAPER.validation_s)
        * PAPER.steps
        / PAPER.validate_every,
        "one pass over both test sets": operations.forward(LARGE, PAPER.test_s),
        "attention of a training epoch": 3 * operations.attention(LARGE, PAPER.training_s, 3.81),
        "convolutions of an epoch, if not kept": operations.convolutions(PAPER.training_s),
    }


def page(results: Path = RESULTS) -> str:
    """Write the counts as a table, with seconds at half the rate and, where there are any, measured seconds."""
    measured = _measured(results / "gpu.json")
    lines = [
        "# The least work that the paper's setting needs",
        "",
        f"Large encoder, {operations.weights(LARGE) / 1e6:.0f} M weights in the matrices; a training epoch"
        f" is {PAPER.clips} clips, {PAPER.training_s:.0f} s, {operations.frames(PAPER.training_s):.0f} frames,"
        f" {PAPER.steps} steps; validation every {PAPER.validate_every} steps on {PAPER.validation_s:.0f} s;"
        f" test sets of {PAPER.test_s:.0f} s.",
        "",
        "| | operations | s at half of 790 TFLOP/s | measured, s |",
        "|---|---|---|---|",
    ]
    for part, count in counts().items():
        lines.append(f"| {part} | {count:.2e} | {count / (RATE / 2):.2f} | {measured.get(part, 'not measured')} |")
    lines += ["", _remark(measured), ""]
    return "\n".join(lines)


def _measured(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = json.loads(path.read_text())["rows"]
    names = {"one training epoch": "epoch_s", "one validation pass": "validation_s"}
    return {part: f"{rows[row]['ser']['median']:.2f}" for part, row in names.items() if "ser" in rows.get(row, {})}


def _remark(measured: dict[str, str]) -> str:
    if measured:
        return "Measured by `python -m benchmarks.gpu`; `gpu.md` says on what."
    return (
        "No GPU was to be had: nothing is measured and nothing is claimed. `python -m benchmarks.gpu` fills the column."
    )


def main() -> None:
    """Write the page."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "floor.md").write_text(page())
    print(page())


if __name__ == "__main__":
    main()
