"""`python -m benchmarks.autrainer`: a small grid against autrainer 0.10: the same clips, split, model, epochs, batch.

autrainer needs older libraries than this project, so it lives in a virtual environment of its own: `--python` names
its interpreter, or `--install <folder>` makes one. Both train every cell on the CPU with all cores. Its clips are
expanded to the longest one, as autrainer's own configuration for EMO-DB does: its batches are of one length.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import soundfile

from benchmarks import material
from benchmarks.measure import OURS, Run, Table, arguments, in_turn, run
from benchmarks.sweeps import copy_cells, forget_features, results, train
from ser.splits import speaker_split

PACKAGES = ("torch==2.14.1", "autrainer==0.10.0")
SPLIT_NAMES = {"train": "train", "validation": "dev", "test": "test"}

CONFIG = """defaults: [_autrainer_, _self_]
results_dir: {results}
experiment_id: grid
iterations: {epochs}
device: cpu
progress_bar: false
hydra:
  sweeper:
    params:
      +seed: {seeds}
      +batch_size: {batch}
      +learning_rate: 0.0001
      dataset: clips
      model: none,it
      optimizer: AdamW
"""
MODEL = """id: {level}
_target_: autrainer.models.W2V2FFNN
model_name: {checkpoint}
freeze_extractor: true
hidden_size: 64
num_layers: 2
dropout: 0.0
transfer: true
transform:
  type: raw
  base:
    - autrainer.transforms.FeatureExtractor: {{fe_type: W2V2, fe_transfer: {checkpoint}}}
"""
DATASET = """id: clips
_target_: autrainer.datasets.BaseClassificationDataset
path: {folder}
features_subdir: default
index_column: path
target_column: emotion
file_type: wav
file_handler: {{autrainer.datasets.utils.AudioFileHandler: {{target_sample_rate: 16000}}}}
criterion: autrainer.criterions.BalancedCrossEntropyLoss
metrics: [autrainer.metrics.Accuracy, autrainer.metrics.UAR, autrainer.metrics.F1]
tracking_metric: autrainer.metrics.Accuracy
transform:
  type: raw
  base:
    - autrainer.transforms.Expand: {{size: {samples}, axis: -1}}
"""


def main() -> None:
    """Measure, and write the table."""
    parser = arguments(__doc__)
    parser.add_argument("--python", type=Path, help="interpreter of an environment that has autrainer 0.10")
    parser.add_argument("--install", type=Path, help="make such an environment in this folder first; several GB")
    parser.add_argument("--clips", type=int, help="made-up clips in place of EMO-DB")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3, help="there are two encoders, so twice as many cells")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--finished", type=int, default=220, help="seeds of the grid that is finished already")
    chosen = parser.parse_args()
    theirs = install(chosen.install) if chosen.install else chosen.python
    if theirs is None:
        parser.error("autrainer: give --python or --install")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), theirs.absolute(), chosen)


def install(folder: Path) -> Path:
    """Make autrainer's environment, and return its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return folder / "bin/python"


def measure(work: Path, theirs: Path, chosen: argparse.Namespace) -> None:
    """Run the grids in turn, then the second calls."""
    table = material.corpus(work / "corpus", chosen.clips)
    clips = pd.read_csv(table, dtype=str)
    checkpoints = {name: material.encoder(work / name, seed=seed) for seed, name in enumerate(("none", "it"))}
    split = speaker_split(clips, 0, "clips")
    steps = -(-int((split == "train").sum()) // chosen.batch)
    overrides = (
        *("pretune=none,it", "seed.split=0", "trainer=cpu", f"training.batch_size={chosen.batch}"),
        *(f"training.epochs={chosen.epochs}", "training.learning_rate=1e-4", f"training.validate_every_steps={steps}"),
    )
    seeds = "seed.value=" + ",".join(map(str, range(chosen.seeds)))
    configure(work, table, clips, split, checkpoints, chosen)

    def ours(number: int) -> dict[str, float]:
        forget_features(work)
        taken = train(work, table, checkpoints, f"round{number}", *overrides, seeds)
        first = results(work, f"round{number}")[0]["ended"] - taken.started
        second = train(work, table, checkpoints, f"round{number}", *overrides, seeds)
        return seconds(taken, first, second, 2 * chosen.seeds)

    def autrainer(number: int) -> dict[str, float]:
        shutil.rmtree(work / "results", ignore_errors=True)
        call = [theirs.with_name("autrainer"), "train"]
        taken = run(call, cwd=work / "autrainer", PYTHONPATH="")
        scored = list((work / "results").glob("**/_test/test_holistic.yaml"))
        if len(scored) != 2 * chosen.seeds:
            raise RuntimeError(f"autrainer finished {len(scored)} cells of {2 * chosen.seeds}:\n{taken.output[-3000:]}")
        first = min(path.stat().st_mtime for path in scored) - taken.started
        second = run(call, cwd=work / "autrainer", PYTHONPATH="")
        return seconds(taken, first, second, 2 * chosen.seeds)

    train(work, table, checkpoints, "warm", *overrides, "seed.value=0")  # decodes the clips, once and for all
    rows = in_turn({OURS: ours, "autrainer": autrainer}, chosen.rounds)
    if chosen.finished:
        rows |= finished(work, table, checkpoints, overrides, theirs, chosen)
    Table(
        name="autrainer",
        title="A small grid against autrainer 0.10",
        settings={
            "corpus": f"{material.name(table)}, {sum(clip_seconds(table.parent, clips)):.0f} s",
            "training clips": int((split == "train").sum()),
            "encoder": "wav2vec 2.0, 7 convolutions x 32, 2 layers x 64, random weights",
            "cells": 2 * chosen.seeds,
            "epochs": chosen.epochs,
            "batch": chosen.batch,
            "autrainer's torch": package(theirs, "torch"),
        },
        rows=rows,
        notes=[
            "`first_cell_s`: from the call to the scores of the first cell, so with all imports. `later_cell_s`: what"
            " is left of the call, for each of the other cells. Clips are decoded before (autrainer reads them in every"
            " cell), and a cell's record includes MLflow here, files alone there.",
            "`second_call_s`: the same call again. `finished_call_s`: a call over "
            f"{2 * chosen.finished} cells that are finished already (copies of cells that were trained).",
        ],
    ).write(chosen.output)


def seconds(whole: Run, first: float, second: Run, cells: int) -> dict[str, float]:
    """Split a call's time into its first cell and the others."""
    return {
        "first_cell_s": first,
        "later_cell_s": (whole.seconds - first) / (cells - 1),
        "grid_s": whole.seconds,
        "grid_cpu_s": whole.cpu_seconds,
        "second_call_s": second.seconds,
    }


def configure(work, table, clips, split, checkpoints, chosen) -> None:
    """Write autrainer's configuration, and its copy of the corpus: a folder of clips and a table for each split."""
    folder = work / "autrainer"
    data = folder / "data"
    (data / "default").parent.mkdir(parents=True)
    (data / "default").symlink_to(table.parent)
    for name, theirs in SPLIT_NAMES.items():
        clips[split == name].to_csv(data / f"{theirs}.csv", index=False)
    samples = round(material.SAMPLE_RATE * max(clip_seconds(table.parent, clips)))
    numbers = ",".join(map(str, range(1, chosen.seeds + 1)))
    config = CONFIG.format(results=work / "results", epochs=chosen.epochs, seeds=numbers, batch=chosen.batch)
    files = {"config.yaml": config, "dataset/clips.yaml": DATASET.format(folder=data, samples=samples)}
    for level, checkpoint in checkpoints.items():
        files[f"model/{level}.yaml"] = MODEL.format(level=level, checkpoint=checkpoint)
    for name, text in files.items():
        (folder / "conf" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "conf" / name).write_text(text)


def finished(work, table, checkpoints, overrides, theirs, chosen) -> dict[str, dict[str, list[float]]]:
    """Time calls over a grid of many cells that are all finished."""
    ran = work / "results/grid/training"
    for source in ran.glob("*_1"):
        for seed in range(1, chosen.finished + 1):
            target = source.with_name(re.sub(r"_1$", f"_{seed}", source.name))
            if not target.exists():
                shutil.copytree(source, target)
    config = work / "autrainer/conf/config.yaml"
    numbers = ",".join(map(str, range(1, chosen.finished + 1)))
    config.write_text(re.sub(r"\+seed: .*", f"+seed: {numbers}", config.read_text()))
    copy_cells(work, "round0", chosen.finished)

    def ours(number: int) -> dict[str, float]:
        seeds = f"seed.value=range(0,{chosen.finished})"
        taken = train(work, table, checkpoints, "round0", *overrides, seeds)
        if f"{2 * chosen.finished} finished before" not in taken.output:
            raise RuntimeError(taken.output[-3000:])
        return {"finished_call_s": taken.seconds}

    def autrainer(number: int) -> dict[str, float]:
        taken = run([theirs.with_name("autrainer"), "train"], cwd=work / "autrainer", PYTHONPATH="")
        if taken.output.count("Filtered") < 2 * chosen.finished:
            raise RuntimeError(taken.output[-3000:])
        return {"finished_call_s": taken.seconds}

    return in_turn({OURS: ours, "autrainer": autrainer}, chosen.rounds)


def clip_seconds(root: Path, clips: pd.DataFrame) -> list[float]:
    """Return the duration of every clip."""
    return [soundfile.info(root / path).duration for path in clips["path"]]


def package(interpreter: Path, name: str) -> str:
    """Ask another environment for a version."""
    told = [interpreter, "-c", f"from importlib.metadata import version; print(version('{name}'))"]
    return subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
