"""The steps, most important first: what is left when the time is over is skipped, and said so."""

from collections.abc import Iterator
from typing import Any, NamedTuple

CANDIDATES = (
    "default",
    "lengths rounded up to 16",
    "one additive mask",
    "bf16 weights, fp32 masters",
    "graphs in validation, rounded",
    "layers compiled",
    "layers compiled, rounded",
    "numerics=deterministic",
)
"""What might make the product faster; `candidates` has them."""


class Size(NamedTuple):
    """How much is trained on and how long: validations of ten steps each, but for the plain loop."""

    clips: int
    mean_s: float
    speed: int
    plain_steps: int
    resuming: int
    precision: int
    side_by_side: int
    candidates: int

    def lengths(self) -> str:
        """Say how long each step trains."""
        trained = {name: value for name, value in self._asdict().items() if name not in ("clips", "mean_s")}
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in trained.items())


FULL = Size(6902, 3.81, speed=20, plain_steps=30, resuming=6, precision=10, side_by_side=7, candidates=8)
TINY = Size(160, 1.0, speed=3, plain_steps=20, resuming=2, precision=2, side_by_side=2, candidates=2)


class Step(NamedTuple):
    """A function that returns a part of the report, in a process of its own, or in several at once."""

    title: str
    function: str
    arguments: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    copies: int = 1


def steps(size: Size, rounds: int) -> Iterator[Step]:
    """Return all steps but the first two, which find the device and make the material."""
    for number in range(1, rounds + 1):
        yield Step(f"training, round {number}", "speed.ours", {"validations": size.speed})
        yield Step(f"plain loop, round {number}", "speed.plain_loop", {"steps": size.plain_steps})
    for numerics in ("fast", "deterministic"):
        arguments = {"validations": size.resuming, "numerics": numerics}
        yield Step(f"resuming, numerics={numerics}", "resume.measure", arguments)
    yield Step("kernels and waits", "launches.measure")
    yield Step("shapes", "shapes.measure")
    yield Step("validation sizes", "evaluation.measure", {"rounds": rounds})
    yield Step("bf16 against fp32", "precision.measure", {"validations": size.precision})
    for cells in (1, 2, 3):
        yield Step(f"cells side by side: {cells}", "side_by_side.run", {"validations": size.side_by_side}, cells)
    for number in range(1, rounds + 1):
        for name in CANDIDATES:
            arguments = {"name": name, "validations": size.candidates}
            yield Step(f"{name}, round {number}", "candidates.measure", arguments)
