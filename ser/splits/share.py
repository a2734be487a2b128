"""A fraction of a split's training part, for hyperparameter search: fewer training clips, no test clips."""

import numpy as np
import pandas as pd

UNUSED = "unused"


def share_of(split: np.ndarray, clips: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """Return a split with a fraction of the training part and without a test part.

    Args:
        split: (clips,) part of each clip.
        clips: clips of the corpus; the fraction holds for every emotion, rounded up.
        share: fraction of the training clips, above 0 and up to 1.
        seed: seed of the choice.
    """
    rng = np.random.default_rng(seed)
    kept = np.where(split == "validation", split, UNUSED)
    for emotion in sorted(set(clips["emotion"][split == "train"])):
        rows = rng.permutation(np.flatnonzero((split == "train") & (clips["emotion"] == emotion)))
        kept[rows[: int(np.ceil(share * len(rows)))]] = "train"
    return kept
