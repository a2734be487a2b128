"""What has been measured so far: the comparison with the plain loop, and a small table for each other question."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Table, markdown, summary

MAIN = "Training"
"""The part that is the table of the benchmark, in the layout of all benchmarks."""
Rows = dict[str, dict[str, list[float]]]
"""Quantity -> variant -> values, one a round."""


@dataclass
class Part:
    """The answer to one question: a row for each variant, a column for each quantity.

    Attributes:
        title: of the table.
        rows: quantity -> variant -> values, one a round.
        compared: quantity by which the variants are compared with the first; empty compares nothing.
        more_is_better: whether this holds for that quantity.
        missing: variant or quantity -> why it was not measured.
        notes: what a reader must know.
        extra: anything else for the JSON.
    """

    title: str
    rows: Rows = field(default_factory=dict)
    compared: str = ""
    more_is_better: bool = False
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def add(self, other: "Part") -> None:
        """Take in another round, or other variants, of the same question."""
        for quantity, by in other.rows.items():
            for variant, values in by.items():
                self.rows.setdefault(quantity, {}).setdefault(variant, []).extend(values)
        self.compared = self.compared or other.compared
        self.more_is_better |= other.more_is_better
        self.missing |= other.missing
        self.notes += [note for note in other.notes if note not in self.notes]
        self.extra |= other.extra

    def content(self) -> dict[str, Any]:
        """Return what the JSON file holds."""
        rows = {quantity: {name: summary(runs) for name, runs in by.items()} for quantity, by in self.rows.items()}
        return {"rows": rows, "gains": self.gains(), "missing": self.missing, "notes": self.notes, **self.extra}

    def variants(self) -> list[str]:
        """Return the names of the variants, in the order in which they were measured."""
        return list(dict.fromkeys(name for by in self.rows.values() for name in by))

    def gains(self) -> dict[str, dict[str, Any]]:
        """Return how many times better each variant is than the first, round by round."""
        by = self.rows.get(self.compared, {})
        first = by.get(self.variants()[0], []) if by else []
        pairs = {name: [(a, b) for a, b in zip(values, first, strict=False) if a and b] for name, values in by.items()}
        return {
            name: summary([a / b if self.more_is_better else b / a for a, b in runs])
            for name, runs in pairs.items()
            if runs
        }

    def lines(self) -> list[str]:
        """Return a section of the page."""
        gains = self.gains()
        head = ["", *self.rows, *([f"gain ({self.compared})"] if gains else [])]
        lines = [f"## {self.title}", ""]
        if self.rows:
            lines += ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
        for name in self.variants():
            cells = [_spread(by[name]) if name in by else "" for by in self.rows.values()]
            gain = [f"{gains[name]['median']:.3g} x" if name in gains else ""] if gains else []
            lines.append("| " + " | ".join([name, *cells, *gain]) + " |")
        notes = [f"{name}: not measured, {reason}." for name, reason in self.missing.items()] + self.notes
        return [*lines, "", *(f"- {note}" for note in notes), ""]


def _spread(values: list[float]) -> str:
    return f"{summary(values)['median']:.4g}" + (f" ({min(values):.4g} - {max(values):.4g})" if len(values) > 1 else "")


@dataclass
class Report:
    """All parts.

    Attributes:
        title: of the page.
        settings: what was measured with.
        device: facts of the GPU and its driver.
        parts: by their titles.
        steps: each step -> how it ended, in words.
        failures: each step that failed -> its traceback.
    """

    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Take in what a step has measured."""
        if part.title in self.parts:
            self.parts[part.title].add(part)
        else:
            self.parts[part.title] = part

    def content(self) -> dict[str, Any]:
        """Return what the JSON file holds: rows and ratios as in every benchmark, and the other parts."""
        main = self.parts.get(MAIN, Part(MAIN))
        more = ("clips_per_s", "MFU_of_measured_rate", "MFU_of_data_sheet")
        content = Table("gpu", self.title, self.settings, main.rows, more, notes=main.notes).content()
        content["machine"] |= self.device
        others = {title: part.content() for title, part in self.parts.items() if title != MAIN}
        return content | {"parts": others, "steps": self.steps, "failures": self.failures}

    def page(self) -> str:
        """Return the tables, and how each step ended."""
        others = [line for title, part in self.parts.items() if title != MAIN for line in part.lines()]
        steps = ["## Steps", "", *(f"- {step}: {ending}" for step, ending in self.steps.items()), ""]
        return "\n".join([markdown(self.content()), *others, *steps])

    def write(self, folder: Path) -> None:
        """Write `gpu.json` and `gpu.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gpu.json").write_text(json.dumps(self.content(), indent=1) + "\n")
        (folder / "gpu.md").write_text(self.page())
