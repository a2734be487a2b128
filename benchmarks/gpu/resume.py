"""Whether a cell that is interrupted and resumed gives the same as an uninterrupted one."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from pytorch_lightning import seed_everything

from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import Curves, cell, test, train
from benchmarks.gpu.report import Part


class TrainingInterruptedError(Exception):
    """Ends a training in the middle of a validation, as a signal would."""


def measure(material: Material, validations: int, numerics: str = "fast") -> Part:
    """Train a cell twice with one seed, and a third time with an interruption; compare curves and test logits."""
    first = _trained(material, validations, numerics)
    runs = {
        f"{numerics}, the same seed again": _trained(material, validations, numerics),
        f"{numerics}, interrupted and resumed": _resumed(material, validations, numerics),
    }
    differences = {name: compared(first, run) for name, run in runs.items()}
    quantities = next(iter(differences.values()))
    return Part(
        "Resuming",
        {quantity: {name: [found[quantity]] for name, found in differences.items()} for quantity in quantities},
        notes=[
            f"Largest absolute differences to an uninterrupted run, over {validations} validations and the logits of"
            " the test set. An interrupted cell loses what it did after its last checkpoint and does it again."
        ],
        extra={f"{numerics}_curves": {"uninterrupted": first[0]} | {name: run[0] for name, run in runs.items()}},
    )


def compared(one: tuple[Curves, np.ndarray, float], other: tuple[Curves, np.ndarray, float]) -> dict[str, float]:
    """Return the largest differences of each curve and of the logits, and the seconds that the other took."""
    if one[0].keys() != other[0].keys():
        raise ValueError(f"validations after steps {list(one[0])} and {list(other[0])}")
    metrics = next(iter(one[0].values()))
    found = {
        metric: max(abs(one[0][step][metric] - values[metric]) for step, values in other[0].items())
        for metric in metrics
    }
    return found | {"test/logits": float(np.abs(one[1] - other[1]).max()), "cell_s": other[2]}


def _trained(material: Material, validations: int, numerics: str) -> tuple[Curves, np.ndarray, float]:
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        started = time.perf_counter()
        what = cell(material, numerics)
        trainer, curves = train(what, Path(folder), validations)
        return curves, test(trainer, what), time.perf_counter() - started


def _resumed(material: Material, validations: int, numerics: str) -> tuple[Curves, np.ndarray, float]:
    half: Curves = {}

    def interrupt(step: int, metrics: dict[str, Any]) -> None:
        if len(half) == validations // 2:
            raise TrainingInterruptedError
        half[step] = metrics

    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        started = time.perf_counter()
        try:
            train(cell(material, numerics, checkpoint_minutes=0), Path(folder), validations, interrupt)
        except TrainingInterruptedError:
            seed_everything(1, verbose=False)  # what the random generators were is in the checkpoint, or lost
        what = cell(material, numerics)
        trainer, rest = train(what, Path(folder), validations)
        if half.keys() & rest.keys():
            raise RuntimeError("the resumed cell began anew: it found no checkpoint")
        return half | rest, test(trainer, what), time.perf_counter() - started
