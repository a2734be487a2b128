"""`python -m benchmarks.figure`: how many times faster, drawn from the results for README."""

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS, ROOT

BARS = (
    ("autrainer", "autrainer", "later_cell_s", "a cell, against autrainer 0.10"),
    ("autrainer", "autrainer", "first_cell_s", "the first cell, with imports"),
    ("autrainer", "autrainer", "finished_call_s", "a call over 440 finished cells"),
    ("plain_trainer", "Trainer", "cell_s", "a cell, against a plain Trainer loop (CPU)"),
    ("gpu", "plain loop", "clips_per_s", "clips a second, against a plain loop (GPU)"),
    ("gpu", "plain loop", "validation_s", "a validation (GPU)"),
)
"""Benchmark, contender, quantity, and what it is called."""


def ratios(folder: Path = RESULTS) -> list[tuple[str, dict[str, Any]]]:
    """Return label and ratio of all that was measured."""
    found = []
    for name, contender, quantity, label in BARS:
        path = folder / f"{name}.json"
        measured = json.loads(path.read_text())["ratios"] if path.is_file() else {}
        if contender in measured.get(quantity, {}):
            found.append((label, measured[quantity][contender]))
    return found


def draw(found: list[tuple[str, dict[str, Any]]], path: Path) -> None:
    """Draw a bar for each ratio, with the least and the most of the rounds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 0.55 * len(found) + 1.2), layout="constrained")
    axes = figure.subplots()
    labels = [label for label, _ in found]
    medians = [ratio["median"] for _, ratio in found]
    spread = [
        [ratio["median"] - ratio["min"] for _, ratio in found],
        [ratio["max"] - ratio["median"] for _, ratio in found],
    ]
    axes.barh(labels, medians, xerr=spread, color="#4477aa", height=0.6, ecolor="#222222", capsize=3)
    for row, (_, ratio) in enumerate(found):
        axes.annotate(f"{ratio['median']:.1f} x", (ratio["max"], row), (6, 0), textcoords="offset points", va="center")
    axes.axvline(1, color="#888888", linewidth=1)
    axes.invert_yaxis()
    axes.set_xlim(0, max(ratio["max"] for _, ratio in found) * 1.15)
    axes.set_xlabel("times faster (median of runs in turn; whiskers: least and most)")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Draw what there is."""
    found = ratios()
    if not found:
        raise SystemExit(f"there are no results in {RESULTS}: run the benchmarks first")
    draw(found, ROOT / "docs" / "benchmarks.png")
    print(ROOT / "docs" / "benchmarks.png")


if __name__ == "__main__":
    main()
