"""`python -m benchmarks.gpu`: a cell of the paper's size on a GPU, against the plain loop on the same GPU.

The encoder is the large one with random weights, the clips are noise as long as Emozionalmente's. It runs unattended
in about ten minutes on a machine that has torch, torchaudio, transformers and pytorch-lightning; what else it imports
stands in `benchmarks/README.md`. `--tiny` tries it on any machine; its table is printed, and no result.
"""

import argparse
import gc
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks import gpu_material, material, operations
from benchmarks.gpu_contenders import Clock, Task, plain, project, settings
from benchmarks.measure import OURS, Table, arguments, in_turn
from benchmarks.operations import PAPER
from ser.models.devices import device
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_features
from ser.settings import TrainerSettings

PLAIN = "plain loop"
CELLS = 440
STEPS = (500, 1000, 1500, 2500, 5000, 50 * PAPER.steps)
"""At which a cell may be stopped: the rule is 25 validations, 250 steps, without an improvement of .01."""
PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "B200": 2250e12}
"""Operations a second in bf16, dense, by the data sheet."""


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--tiny", action="store_true", help="a tiny encoder and few clips, on what there is")
    parser.add_argument("--steps", type=int, default=280, help="of ours in a round; the plain loop takes fewer")
    chosen = parser.parse_args()
    if not (chosen.tiny or torch.cuda.is_available()):
        parser.error("there is no GPU here; --tiny tries the script without one")
    with tempfile.TemporaryDirectory() as folder:
        table = measure(Path(folder), chosen)
    if chosen.tiny:
        chosen.output = Path(tempfile.mkdtemp())
        table.title += " (tiny, to try the script: no result)"
    table.write(chosen.output)


def measure(work: Path, chosen: argparse.Namespace) -> Table:
    """Run both contenders in turn."""
    architecture: dict[str, Any] = dict(material.TINY if chosen.tiny else material.LARGE)
    began = time.perf_counter()
    checkpoint = str(material.encoder(work / "encoder", architecture))
    size = {"clips": 160, "mean_s": 1.0} if chosen.tiny else {}
    manifest, store = gpu_material.corpus(work / "store", **size)
    place = settings("trainer/auto", TrainerSettings)
    task = Task(checkpoint, manifest, store, gpu_material.split(len(store)), device(place))
    written = time.perf_counter()
    encoder = SpeechEncoder(checkpoint, store.sample_rate)
    features = open_features(encoder, store, "float16", work / "features", place.features_gb, task.device)
    kept = time.perf_counter()
    del encoder
    print(f"material {written - began:.0f} s, features of {len(store)} clips {kept - written:.1f} s", flush=True)
    rate = matrices(task.device, 512 if chosen.tiny else 8192)
    per_epoch = -(-len(task.part("train")) // 16)

    def round_of(train: Any) -> dict[str, float]:
        if task.device.type == "cuda":
            gc.collect()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        clock: Clock = train()
        row = clock.row(per_epoch)
        done = operations.training(architecture, row.pop("audio_s_per_s"))
        row["MFU_of_measured_rate"] = done / rate
        if peak := next((value for name, value in PEAK.items() if name in gpu_name(task.device)), None):
            row["MFU_of_data_sheet"] = done / peak
        if task.device.type == "cuda":
            row["peak_memory_GB"] = torch.cuda.max_memory_allocated() / 1e9
        return row

    few = max(chosen.steps // 100 * 10, 30)
    rows = in_turn(
        {
            OURS: lambda _: round_of(lambda: project(task, features, chosen.steps, place, work)),
            PLAIN: lambda _: round_of(lambda: plain(task, few)),
        },
        chosen.rounds,
    )
    hours = {name: projected(rows, name, kept - written if name == OURS else 0.0) for name in (OURS, PLAIN)}
    return Table(
        name="gpu",
        title="A cell of the paper's size on a GPU",
        settings={
            "encoder": f"{architecture['num_hidden_layers']} layers x {architecture['hidden_size']}, random weights",
            "clips": f"{len(store)} of noise, {store.durations_s.sum():.0f} s",
            "steps a round": f"{chosen.steps}, {few} of the plain loop; the first 10 are not counted",
        },
        rows=rows
        | {"features_once_s": {OURS: [kept - written]}, "bf16_matrices_TFLOPs": {"GPU": [rate / 1e12]}}
        | {f"440_cells_of_{steps}_steps_h": {name: [hours[name][steps]] for name in hours} for steps in STEPS},
        more_is_better=("clips_per_s", "MFU_of_measured_rate", "MFU_of_data_sheet"),
        notes=notes(),
    )


def notes() -> list[str]:
    """Say what the figures mean."""
    return [
        "`epoch_s` is training alone, from the seconds of a step; validations come on top, every 10 steps. MFU counts 6"
        " operations for each of the transformer's weights and frame of real audio; padding, attention and convolutions"
        " count as nothing.",
        "Hours of 440 cells: steps x (step + validation / 10), and a pass over both test sets at the validation's pace."
        " Each training stops 250 steps after its last improvement of .01, and after 50 epochs at the latest; when"
        " that is, only a real run can tell.",
        f"The {PLAIN}: fp32 (PyTorch's defaults), random batches padded to their longest clip, convolutions in every"
        " step, validation in batches of 16; `Trainer`'s book-keeping is left out.",
    ]


def projected(rows: dict[str, dict[str, list[float]]], name: str, once_s: float) -> dict[int, float]:
    """Return the hours of all cells for each number of steps after which they stop."""
    step_s, validation_s = (sorted(rows[key][name])[len(rows[key][name]) // 2] for key in ("step_ms", "validation_s"))
    test_s = validation_s * PAPER.test_s / PAPER.validation_s
    return {
        steps: (once_s + CELLS * (steps * (step_s / 1000 + validation_s / PAPER.validate_every) + test_s)) / 3600
        for steps in STEPS
    }


def matrices(where: torch.device, size: int) -> float:
    """Return operations a second of large matrix products in bf16: what the device gives at best."""
    left, right = (torch.randn(size, size, device=where, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        left @ right
    if where.type == "cuda":
        torch.cuda.synchronize()
    started, times = time.perf_counter(), 20
    for _ in range(times):
        left @ right
    if where.type == "cuda":
        torch.cuda.synchronize()
    return times * 2 * size**3 / (time.perf_counter() - started)


def gpu_name(where: torch.device) -> str:
    """Return the name of a GPU; empty for a CPU."""
    return torch.cuda.get_device_name(where) if where.type == "cuda" else ""


if __name__ == "__main__":
    main()
