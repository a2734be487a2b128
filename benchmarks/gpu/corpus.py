"""A corpus of the paper's size without a corpus: tones in noise, in clips as long as Emozionalmente's.

The encoder is the large one with random weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import material
from ser.audio.ragged import write_ragged
from ser.audio.store import Store
from ser.schema import EMOTIONS

MEAN_S, DEVIATION_S, LEAST_S = 3.81, 0.99, 1.0
SAMPLE_RATE = 16000


@dataclass(frozen=True)
class Material:
    """What every step trains on: a folder, which each process opens anew.

    Attributes:
        folder: of encoder, store, manifest and features.
        clips: how many.
        mean_s: length of a clip; the deviation keeps its share of it.
        large: whether the encoder has the paper's size.
    """

    folder: Path
    clips: int = 6902
    mean_s: float = MEAN_S
    large: bool = True

    @property
    def checkpoint(self) -> str:
        """Folder of the encoder, in hub layout."""
        return str(self.folder / "encoder")

    @property
    def architecture(self) -> dict[str, Any]:
        """What the encoder's configuration says."""
        return dict(material.LARGE if self.large else material.TINY)

    @cached_property
    def store(self) -> Store:
        """The prepared clips."""
        return Store(self.folder / "store")

    @cached_property
    def manifest(self) -> pd.DataFrame:
        """A row for each clip."""
        return pd.read_csv(self.folder / "manifest.csv", dtype={"speaker": str})

    @property
    def split(self) -> np.ndarray:
        """(clips,) as in the paper: 64 % to train on, 16 % to validate on, 20 % to test on."""
        shares = np.random.default_rng(0).permutation(self.clips) / self.clips
        return np.where(shares < 0.64, "train", np.where(shares < 0.8, "validation", "test"))

    def part(self, name: str) -> np.ndarray:
        """Return the positions of the clips of a split."""
        return np.flatnonzero(self.split == name)

    def write(self) -> None:
        """Write encoder, store and manifest."""
        material.encoder(self.folder / "encoder", self.architecture)
        rng = np.random.default_rng(0)
        deviation_s, least_s = (self.mean_s * value / MEAN_S for value in (DEVIATION_S, LEAST_S))
        durations_s = np.maximum(rng.normal(self.mean_s, deviation_s, self.clips), least_s)
        emotions = rng.integers(len(EMOTIONS), size=self.clips)
        time_s = np.arange(2 * durations_s.max() * SAMPLE_RATE) / SAMPLE_RATE
        noise = 0.1 * rng.standard_normal(len(time_s))
        pitches_hz = 150 + 40 * np.arange(len(EMOTIONS))
        tones = [(noise + np.sin(2 * np.pi * pitch * time_s)).astype(np.float32) for pitch in pitches_hz]

        def rows() -> Iterator[np.ndarray]:
            for length, emotion in zip((SAMPLE_RATE * durations_s).astype(int), emotions, strict=True):
                start = int(rng.integers(len(time_s) - length))
                yield tones[emotion][start : start + length]

        (self.folder / "store").mkdir(parents=True)
        write_ragged(self.folder / "store", rows(), "<f4", {"sample_rate": SAMPLE_RATE, "silent": 0})
        manifest = {
            "path": [f"{number}.wav" for number in range(self.clips)],
            "emotion": np.array(EMOTIONS)[emotions],
            "speaker": [str(number) for number in range(self.clips)],
            "gender": "unknown",
        }
        pd.DataFrame(manifest).to_csv(self.folder / "manifest.csv", index=False)
