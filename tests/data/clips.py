"""A corpus in memory that tells which clips a batch holds."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from ser.data.module import EmotionData
from ser.data.stream import Batching

BATCHING = {field.name for field in fields(Batching)}


class ListStore:
    """Clips in memory that are read as a `ser.audio.store.Store` is."""

    def __init__(self, clips: Sequence[Sequence[float]]) -> None:
        self.clips = [np.asarray(clip, dtype=np.float32) for clip in clips]
        self.lengths = np.array([len(clip) for clip in clips])
        self.durations_s = self.lengths / 16000

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, clip: int) -> np.ndarray:
        return self.clips[clip]


def emotion_data(**changed: object) -> EmotionData:
    """12 clips to train on, 5 to validate on, 3 to test on, and 6 to test on elsewhere.

    Every sample of clip i of the first corpus is i, of the second -i.
    """
    rng = np.random.default_rng(0)
    manifests = {
        "here": pd.DataFrame({"emotion": ["joy", "fear", "disgust", "joy", "fear"] * 4}),
        "elsewhere": pd.DataFrame({"emotion": ["joy", "surprise", "fear", "neutrality", "joy", "joy"]}),
        "strange": pd.DataFrame({"emotion": ["surprise", "neutrality"]}),
    }
    stores = {
        "here": ListStore([[i] * rng.integers(3, 30) for i in range(20)]),
        "elsewhere": ListStore([[-i] * rng.integers(3, 30) for i in range(6)]),
        "strange": ListStore([[0], [0]]),
    }
    usual = {
        "corpora": {name: (manifests[name], store) for name, store in stores.items()},
        "inputs": stores,
        "tests": ["here", "elsewhere"],
        "splits": {"here": np.array(["train"] * 12 + ["validation"] * 5 + ["test"] * 3)},
    }
    usual_batching = {"batch_size": 4, "evaluation_batch_size": 2, "epochs": 2, "seed": 3}
    batching = Batching(**usual_batching | {key: changed.pop(key) for key in BATCHING & changed.keys()})
    return EmotionData(batching=batching, **usual | changed)
