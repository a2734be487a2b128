"""How many kernels a training step and a validation batch launch, and how often the host waits for the GPU in them."""

import contextlib
import json
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import cell, train, trained_on
from benchmarks.gpu.report import Part
from benchmarks.gpu.trace import Counts, count
from ser.data.batches import Batch
from ser.models.recogniser import EmotionRecogniser

FIRST, STEPS = 12, 6
"""Steps that are watched: in the middle between two validations, when all is warm."""
PER_UNIT = ("kernels", "launches", "host_waits", "copies_to_host", "casts", "kernels_ms", "waits_in_debug_mode")


class Watched(EmotionRecogniser):
    """Profiles some training steps, and a validation."""

    def on_fit_start(self) -> None:
        """Warm the profiler up: its first use takes seconds."""
        self.found: dict[str, Stretch] = {}
        self.units = Counter[str]()
        with Stretch("warm-up"):
            torch.ones(8, device=self.device).sum()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Begin before a step."""
        if self.global_step == FIRST:
            self._begin("training step")

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """End after some steps."""
        if self.global_step == FIRST + STEPS:
            self._end("training step", STEPS)

    def on_validation_batch_start(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Begin with the second validation."""
        if self.global_step == 2 * self.protocol.validate_every_steps and batch_idx == 0:
            self._begin("validation batch")

    def on_validation_batch_end(self, outputs: Any, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """End with its last batch."""
        batches = int(self.trainer.num_val_batches[0])
        if "validation batch" in self.found and batch_idx == batches - 1 and "validation batch" not in self.units:
            self._end("validation batch", batches)

    def _begin(self, name: str) -> None:
        self.found[name] = Stretch(name)
        self.found[name].__enter__()

    def _end(self, name: str, units: int) -> None:
        self.found[name].__exit__(None, None, None)
        self.units[name] = units


class Stretch(contextlib.ExitStack):
    """Profiles a stretch of code, and records what PyTorch warns of where the host waits.

    Attributes:
        counts: after it has ended.
        places: file and line -> warnings there.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def __enter__(self) -> "Stretch":
        self.cuda = torch.cuda.is_available()
        self.warned = self.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if self.cuda else [])]
        self.callback(self._read)
        self.profiler = self.enter_context(profile(activities=activities))
        if self.cuda:
            torch.cuda.set_sync_debug_mode("warn")
            self.callback(torch.cuda.set_sync_debug_mode, "default")
        self.enter_context(record_function(self.name))
        return self

    def _read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.profiler.export_chrome_trace(str(Path(folder) / "trace.json"))
            events = json.loads((Path(folder) / "trace.json").read_text())["traceEvents"]
        self.counts: Counts = count(events, self.name, self.cuda)
        waiting = [warning for warning in self.warned if "synchronizing CUDA operation" in str(warning.message)]
        self.places = Counter(f"{warning.filename}:{warning.lineno}" for warning in waiting)


def measure(material: Material) -> Part:
    """Train for three validations, and count in the second stretch and the second validation."""
    what = cell(material, recogniser=Watched)
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        train(what, Path(folder), 3)
    part = Part("Kernels and waits of the host", notes=[NOTE])
    for name, stretch in what.recogniser.found.items():
        units = what.recogniser.units[name]
        numbers = dict(stretch.counts.numbers)
        if trained_on().type == "cuda":
            numbers["waits_in_debug_mode"] = stretch.places.total()
        for quantity, value in numbers.items():
            part.rows.setdefault(quantity, {})[name] = [value / units if quantity in PER_UNIT else value]
        part.extra[name] = {
            "units": units,
            "kernels_that_took_longest": stretch.counts.kernels,
            "host_waits": stretch.counts.waits,
            "debug_mode": dict(stretch.places),
        }
        for kernel in stretch.counts.kernels[:5]:
            part.notes.append(f"{name}: {kernel['ms'] / units:.2f} ms in {kernel['number']} x `{kernel['name']}`")
    if trained_on().type != "cuda":
        part.missing = dict.fromkeys(("kernels", "launches", "host waits", "copies to the host"), "CUDA alone has them")
    return part


NOTE = (
    "Numbers of one step or one batch; `casts` are calls of `aten::_to_copy`. `host_waits` are the calls of CUDA in"
    " which the host waits, by the profiler; `waits_in_debug_mode` those that `torch.cuda.set_sync_debug_mode` warns"
    " of. The JSON lists their places and the kernels that take longest. Times are those of a run that is profiled."
)
