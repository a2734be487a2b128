"""How long a validation takes in batches of different sizes."""

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.gpu.clock import Timed, peak_memory_gb
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import cell, train
from benchmarks.gpu.report import Part

SIZES = (32, 64, 128, 256)


def measure(material: Material, rounds: int) -> Part:
    """Train for one validation, and then validate those weights in batches of each size, in turn."""
    what = cell(material, recogniser=Timed)
    part = Part("Validation, by clips in a batch", compared="validation_s")
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        trainer, _ = train(what, Path(folder), 1)
    for number in range(rounds + 1):
        for size in SIZES:
            what.data.batching = replace(what.data.batching, evaluation_batch_size=size)
            if torch.cuda.is_available():
                torch.cuda.reset_peak_memory_stats()
            metrics = trainer.validate(what.recogniser, datamodule=what.data, verbose=False)[0]
            row = {"validation_s": what.recogniser.clock.validations_s[-1], "accuracy": metrics["validation/accuracy"]}
            if number:  # the first warms up
                part.add(Part(part.title, {name: {str(size): [it]} for name, it in (row | peak_memory_gb()).items()}))
    return part
