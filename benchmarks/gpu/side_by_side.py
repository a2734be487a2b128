"""One of several cells that train on one GPU at once, each in a process of its own; `totals` adds them up."""

import tempfile
import time
from pathlib import Path
from threading import Barrier

from benchmarks.gpu.clock import Timed, peak_memory_gb
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import cell, train
from benchmarks.gpu.totals import Run


class Together(Timed):
    """Waits for the other cells after its first validation, and counts from there on."""

    barrier: Barrier | None = None
    began = ended = 0.0

    def on_validation_end(self) -> None:
        """Wait, and look at the clock of the machine, which all processes share."""
        super().on_validation_end()
        if not self.began:
            if self.barrier is not None:
                self.barrier.wait()
            self.began = time.monotonic()
        self.ended = time.monotonic()


def run(material: Material, validations: int, barrier: Barrier | None = None) -> Run:
    """Train a cell."""
    what = cell(material, recogniser=Together)
    what.recogniser.barrier = barrier
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        train(what, Path(folder), validations)
    module = what.recogniser
    return Run(module.began, module.ended, sum(module.clock.clips[1:]), peak_memory_gb().get("peak_memory_GB"))
