"""How long the report of a big sweep takes, from the files of its cells: `python -m benchmarks.report`.

Nothing is trained: cells are made up in the form that `ser.train` leaves them, with the predictions of their test sets.
The paper's: 4 cells x 110 seeds, each tested on 86 of 431 speakers (1,380 clips) and on EMOVO's six (588). The wide
one: 200 cells of five factors x 10 seeds.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from ser import records
from ser.metrics import classification
from ser.schema import EMOTIONS

TRAIN: Final = "emozionalmente"
SPEAKERS: Final = 431
TESTED: Final = 86
CLIPS: Final = {TRAIN: 1380, "emovo": 588}
PAPER: Final = {"model": ["wav2vec2", "hubert"], "pretune": ["none", "it"]}
WIDE: Final = PAPER | {
    "pooling": ["mean", "max", "sum", "attentive_statistics", "ecapa_tdnn"],
    "layers": ["last", "weighted"],
    "augmentation": ["none", "gain", "noise", "pitch", "all"],
}


def clips_of(test: str, random: np.random.Generator) -> pd.DataFrame:
    """Return the clips that a seed tests on: of every fifth speaker, or of all six."""
    count = CLIPS[test]
    people = random.permutation(SPEAKERS)[:TESTED] if test == TRAIN else np.arange(6)
    speakers = people[np.arange(count) % len(people)]
    return pd.DataFrame(
        {
            "path": [f"audio/{speaker}_{clip}.wav" for clip, speaker in enumerate(speakers)],
            "speaker": [f"{test[:3]}{speaker}" for speaker in speakers],
            "gender": np.where(speakers % 2, "male", "female"),
            "emotion": np.array(EMOTIONS)[np.arange(count) // len(people) % len(EMOTIONS)],
        }
    )


def write_cell(folder: Path, factors: dict[str, Any], random: np.random.Generator, tests: dict[str, Any]) -> None:
    """Write a finished cell: predictions of every test set, and the result."""
    folder.mkdir(parents=True)
    scores: list[dict[str, Any]] = []
    confusion = {}
    for test, clips in tests.items():
        truth = clips["emotion"].map(EMOTIONS.index).to_numpy()
        logits = random.normal(0, 1, (len(clips), len(EMOTIONS)))
        logits[np.arange(len(clips)), truth] += random.normal(1.2, 0.1)
        table = classification.predictions(clips, logits, EMOTIONS)
        table.to_parquet(folder / f"predictions_{test}.parquet", index=False)
        scores += classification.scores(table).assign(dataset=test).to_dict("records")
        counts = classification.confusion(table, EMOTIONS)
        confusion[test] = {"emotions": list(counts.index), "counts": counts.to_numpy().tolist()}
    records.ResultRecord(
        factors=factors | {"dataset": TRAIN},
        tests=list(tests),
        parameters=factors,
        signature=folder.name,
        started=0.0,
        training={"steps": 1, "device": "cpu", "precision": "32-true"},
        scores=scores,
        confusion=confusion,
        left_out={},
        split={},
        versions={},
        ended=1.0,
    ).write(folder)


def make(sweep: Path, levels: dict[str, list[str]], seeds: int) -> int:
    """Write the cells of a sweep, and return their number."""
    cells = list(product(*levels.values()))
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        tests = {test: clips_of(test, random) for test in CLIPS}
        for cell in cells:
            factors = dict(zip(levels, cell, strict=True)) | {"seed": seed}
            write_cell(sweep / ",".join(f"{k}={v}" for k, v in factors.items()), factors, random, tests)
    return len(cells) * seeds


def measure(name: str, levels: dict[str, list[str]], seeds: int, rounds: int) -> None:
    """Print the seconds from files to finished report."""
    folder = Path(tempfile.mkdtemp())
    try:
        cells = make(folder / name, levels, seeds)
        for _ in range(rounds):
            began = time.monotonic()
            command = [sys.executable, "-m", "ser.analyze", f"sweep={folder / name}", f"output={folder / 'report'}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            print(f"{name}, {cells} cells: {time.monotonic() - began:.1f} s", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each report is made")
    chosen = parser.parse_args()
    measure("paper", PAPER, 110, chosen.rounds)
    measure("wide", WIDE, 10, chosen.rounds)
