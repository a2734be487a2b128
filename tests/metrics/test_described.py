"""Predictions keep what later statistics need of each clip, for emotions and for dimensions."""

import numpy as np
import pandas as pd

from ser.metrics import classification, regression

CLIPS = pd.DataFrame(
    {
        "path": ["a.wav", "a.wav", "b.wav"],
        "emotion": ["joy", "fear", "joy"],
        "speaker": ["s1", "s1", ""],
        "gender": ["female", "female", "unknown"],
        "start_s": [0.0, 1.5, 0.0],
        "end_s": [1.5, 3.0, np.nan],
        "language": ["it", "it", "de"],
        "text": ["ciao", "ciao", ""],
        "sentence": ["1", "1", "2"],
        "age": ["31", "31", ""],
        "room": ["7", "7", "8"],
        "split": ["train", "test", "test"],
        "votes": ['{"joy": 2}', '{"fear": 1}', '{"joy": 1}'],
        "arousal": [0.1, 0.2, 0.3],
        "valence": [0.1, 0.2, 0.3],
        "dominance": [0.1, 0.2, 0.3],
        "duration_s": [1.5, 1.5, 2.0],
    }
)
KEPT = ["path", "speaker", "gender", "start_s", "end_s", "language", "text", "sentence", "age", "room", "duration_s"]


def test_predicted_emotions() -> None:
    table = classification.predictions(CLIPS, np.zeros((3, 2), np.float32), ("fear", "joy"))
    pd.testing.assert_frame_equal(table[KEPT], CLIPS[KEPT])
    assert table["emotion"].tolist() == CLIPS["emotion"].tolist()


def test_predicted_dimensions() -> None:
    table = regression.predictions(CLIPS, np.zeros((3, 3), np.float32))
    pd.testing.assert_frame_equal(table[KEPT], CLIPS[KEPT])
