"""Parts of one recording that share samples: speech of a training clip in a test clip."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ser.schema import SEGMENT, clip_names


def overlapping(clips: pd.DataFrame, parts: np.ndarray) -> list[tuple[str, str]]:
    """Return the names of each pair of clips that share samples, one of them for testing and the other for training.

    Args:
        clips: a manifest.
        parts: (clips,) the part of each clip; those of training are "train" and "validation".

    >>> clips = pd.DataFrame({"path": ["a.wav"] * 3, "start_s": [0.0, 2.0, 3.0], "end_s": [2.5, 3.0, 4.0]})
    >>> overlapping(clips, np.array(["train", "test", "train"]))
    [('a.wav [0-2.5 s]', 'a.wav [2-3 s]')]
    """
    if not set(SEGMENT) <= set(clips):
        return []
    used = clips.assign(name=clip_names(clips), part=parts, end_s=clips["end_s"].fillna(math.inf))
    used = used[used["part"].isin(["train", "validation", "test"])]
    return [pair for _, recording in used.groupby("path", sort=True) for pair in _pairs(recording)]


def _pairs(recording: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the pairs of one recording: those that have not ended when a clip of the other side begins."""
    open_: list[tuple[float, str, bool]] = []
    rows = recording.sort_values("start_s")[["start_s", "end_s", "name", "part"]]
    for start_s, end_s, name, part in rows.itertuples(index=False, name=None):
        tested = part == "test"
        open_ = [clip for clip in open_ if clip[0] > start_s]
        yield from ((other, name) for _, other, other_tested in open_ if other_tested != tested)
        open_.append((end_s, name, tested))
