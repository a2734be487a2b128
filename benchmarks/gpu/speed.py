"""How fast a cell trains and validates, against the plain loop, and what share of the GPU's arithmetic that is."""

import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks import operations
from benchmarks.gpu import plain
from benchmarks.gpu.clock import Clock, Timed, now, peak_memory_gb
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import cell, inputs, settings, train, trained_on
from benchmarks.gpu.report import MAIN, Part
from benchmarks.measure import OURS
from ser.models.devices import set_up
from ser.models.encoder import SpeechEncoder
from ser.settings import NumericsSettings, TrainerSettings

PLAIN = "plain loop"
PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "B200": 2250e12}
"""Operations a second in bf16, dense, by the data sheet."""


def facts() -> dict[str, Any]:
    """Return what is there to compute on; the first that is asked, and nothing is measured where it fails."""
    device = trained_on()
    torch.ones(2, device=device).sum().item()
    found: dict[str, Any] = {"device": device.type}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {"gpu": properties.name, "gpu memory GB": round(properties.total_memory / 1e9, 1)}
        found |= {"CUDA": torch.version.cuda, "cuDNN": torch.backends.cudnn.version()}
    return found


def material(material: Material) -> Part:
    """Write the corpus and the encoder, and compute the features once."""
    began = time.perf_counter()
    material.write()
    written = time.perf_counter()
    numerics, trainer = settings("numerics/fast", NumericsSettings), settings("trainer/auto", TrainerSettings)
    set_up(trainer, numerics)
    encoder = SpeechEncoder(material.checkpoint, material.store.sample_rate, numerics.attention)
    inputs(material, encoder, numerics, trainer)
    kept = time.perf_counter()
    print(f"material {written - began:.0f} s, features {kept - written:.0f} s", flush=True)
    return Part(MAIN, {"features_once_s": {OURS: [kept - written]}})


def ours(material: Material, validations: int) -> Part:
    """Train with the product's own code and its default numerics."""
    what = cell(material, recogniser=Timed)
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        train(what, Path(folder), validations)
    return _part(OURS, material, what.recogniser.clock)


def plain_loop(material: Material, steps: int) -> Part:
    """Train with the plain loop."""
    return _part(PLAIN, material, plain.train(material, steps))


def _part(name: str, material: Material, clock: Clock) -> Part:
    device = trained_on()
    row = clock.row()
    row["epoch_s"] = row["step_ms"] / 1000 * -(-len(material.part("train")) // 16)
    done = operations.training(material.architecture, row.pop("audio_s_per_s"))
    row |= peak_memory_gb()
    rate = matrices(device, 8192 if material.large else 512)
    row["MFU_of_measured_rate"] = done / rate
    if device.type == "cuda":
        peaks = [peak for gpu, peak in PEAK.items() if gpu in torch.cuda.get_device_name(device)]
        row |= {"MFU_of_data_sheet": done / peaks[0]} if peaks else {}
    rows = {quantity: {name: [value]} for quantity, value in row.items()}
    return Part(MAIN, rows | {"bf16_matrices_TFLOPs": {name: [rate / 1e12]}}, notes=NOTES)


def matrices(device: torch.device, size: int, times: int = 20) -> float:
    """Return operations a second of large matrix products in bf16: what the device reaches at best."""
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        left @ right
    started = now(device)
    for _ in range(times):
        left @ right
    return times * 2 * size**3 / (now(device) - started)


NOTES = [
    "`epoch_s` is training alone, from the seconds of a step; validations come on top, every 10 steps. MFU counts 6"
    " operations for each of the transformer's weights and frame of real audio; padding, attention and convolutions"
    " count as nothing. `bf16_matrices_TFLOPs` is the rate of large products that was measured right after.",
    f"The {PLAIN}: fp32 (PyTorch's defaults), random batches padded to their longest clip, convolutions in every"
    " step, validation in batches of 16; `Trainer`'s book-keeping is left out.",
]
