"""Part of what a split trains on, for a search: fewer clips to train on, and none to test on."""

import numpy as np
import pandas as pd

UNUSED = "unused"


def share_of(split: np.ndarray, clips: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """Return a split whose training part is so large a share of what it was, and whose test part is not there.

    Args:
        split: (clips,) part of each clip.
        clips: of the corpus; every emotion keeps the share of its clips, rounded up.
        share: of the training clips, above 0 and up to 1.
        seed: determines which are kept.
    """
    rng = np.random.default_rng(seed)
    kept = np.where(split == "validation", split, UNUSED)
    for emotion in sorted(set(clips["emotion"][split == "train"])):
        rows = rng.permutation(np.flatnonzero((split == "train") & (clips["emotion"] == emotion)))
        kept[rows[: int(np.ceil(share * len(rows)))]] = "train"
    return kept
