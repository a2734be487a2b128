"""What predictions say of a clip beside the prediction: all that its corpus says."""

from typing import Final

import pandas as pd

from ser.schema import DIMENSIONS

LEFT_OUT: Final = ("votes", "split", *DIMENSIONS, "emotion")
"""Columns of a manifest that predictions have in another form, or need not have."""


def described(clips: pd.DataFrame, *truth: str) -> pd.DataFrame:
    """Return path, speaker and gender, the columns of the truth, and what else the manifest has, with a fresh index.

    >>> clips = pd.DataFrame({"path": ["a"], "emotion": ["joy"], "speaker": ["s"], "gender": ["male"], "room": ["2"]})
    >>> list(described(clips, "emotion"))
    ['path', 'speaker', 'gender', 'emotion', 'room']
    """
    first = ["path", "speaker", "gender", *truth]
    others = [column for column in clips.columns if column not in (*first, *LEFT_OUT)]
    return clips[[*first, *others]].reset_index(drop=True)
