"""A corpus of the paper's size without a corpus: noise, in clips as long as Emozionalmente's, with made-up labels."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ser.audio.ragged import write_ragged
from ser.audio.store import Store
from ser.schema import EMOTIONS

CLIPS, MEAN_S, DEVIATION_S, LEAST_S = 6902, 3.81, 0.99, 1.0
SAMPLE_RATE = 16000


def corpus(folder: Path, clips: int = CLIPS, mean_s: float = MEAN_S, seed: int = 0) -> tuple[pd.DataFrame, Store]:
    """Write a store of noise, and return its manifest and it.

    Args:
        folder: of the store; new.
        clips: how many.
        mean_s: length of a clip; the deviation keeps its share of it.
        seed: of lengths and labels.
    """
    rng = np.random.default_rng(seed)
    durations_s = np.maximum(rng.normal(mean_s, mean_s * DEVIATION_S / MEAN_S, clips), LEAST_S * mean_s / MEAN_S)
    noise = rng.standard_normal(10 * SAMPLE_RATE, dtype=np.float32)

    def rows() -> Iterator[np.ndarray]:
        for length in (SAMPLE_RATE * durations_s).astype(int):
            yield np.resize(np.roll(noise, int(rng.integers(len(noise)))), length)

    folder.mkdir(parents=True)
    write_ragged(folder, rows(), "<f4", {"sample_rate": SAMPLE_RATE, "silent": 0})
    manifest = pd.DataFrame(
        {
            "path": [f"{number}.wav" for number in range(clips)],
            "emotion": rng.choice(EMOTIONS, clips),
            "speaker": [str(number) for number in range(clips)],
            "gender": "unknown",
        }
    )
    return manifest, Store(folder)


def split(clips: int, seed: int = 0) -> np.ndarray:
    """Deal clips to the splits as the paper does: 64 % to train on, 16 % to validate on, 20 % to test on."""
    shares = np.random.default_rng(seed).permutation(clips) / clips
    return np.where(shares < 0.64, "train", np.where(shares < 0.8, "validation", "test"))
