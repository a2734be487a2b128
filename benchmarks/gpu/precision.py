"""How far the curves of bf16 are from those of fp32 with the same seed."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import Curves, cell, train
from benchmarks.gpu.report import Part

PRECISIONS = ("32-true", "bf16-mixed")


def measure(material: Material, validations: int) -> Part:
    """Train in both precisions, without TF32, and compare their validations."""
    curves = {}
    for precision in PRECISIONS:
        what = cell(material, precision=precision, tf32=False)
        with tempfile.TemporaryDirectory(dir=material.folder) as folder:
            curves[precision] = train(what, Path(folder), validations)[1]
    rows: dict[str, dict[str, list[float]]] = {}
    for precision, curve in curves.items():
        for quantity, value in differences(curves[PRECISIONS[0]], curve).items():
            rows.setdefault(quantity, {})[precision] = [value]
    notes = ["Differences are to 32-true, validation by validation; one seed, tones in noise, random weights."]
    return Part("bf16 against fp32", rows, notes=notes, extra={"curves": curves})


def differences(one: Curves, other: Curves) -> dict[str, float]:
    """Return best and last values of a curve, and its differences to another."""
    accuracy, loss = ([np.array([row[key] for row in curve.values()]) for curve in (one, other)] for key in KEYS)
    return {
        "best_accuracy": float(accuracy[1].max()),
        "last_accuracy": float(accuracy[1][-1]),
        "last_loss": float(loss[1][-1]),
        "largest_difference_of_accuracy": float(np.abs(accuracy[1] - accuracy[0]).max()),
        "mean_difference_of_accuracy": float((accuracy[1] - accuracy[0]).mean()),
        "largest_difference_of_loss": float(np.abs(loss[1] - loss[0]).max()),
    }


KEYS = ("validation/accuracy", "validation/loss")
