"""Several training corpora concatenated into one."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ser.audio.ragged import Joined, Ragged
from ser.audio.store import Store
from ser.errors import ConfigError


class TrainingCorpus(NamedTuple):
    """The training corpus: one, or several that are concatenated."""

    name: str
    clips: pd.DataFrame
    waveforms: Store | Joined[Store]
    durations_s: np.ndarray
    inputs: Ragged | Joined
    split: np.ndarray


def join(
    corpora: Mapping[str, tuple[pd.DataFrame, Store]], inputs: Mapping[str, Ragged], splits: Mapping[str, np.ndarray]
) -> TrainingCorpus:
    """Return the concatenation of the training corpora, without one that is left out for testing.

    Corpora share batches, so all are read as waveforms unless all have the same kind of stored input.

    Args:
        corpora: name -> (manifest, store).
        inputs: name -> waveform or features of each clip.
        splits: name of a training corpus -> (clips,) part of each clip; each corpus is split on its own.

    Raises:
        ConfigError: the splits have no training clips.
    """
    names = [name for name, split in splits.items() if (split == "train").any()]
    if not names:
        raise ConfigError(f"the split of {', '.join(splits)} has no training clips; choose another")
    stores = [corpora[name][1] for name in names]
    rows = [inputs[name] for name in names]
    if len({one[0].shape[1:] for one in rows}) > 1:
        rows = [*stores]
    return TrainingCorpus(
        "+".join(names),
        pd.concat([corpora[name][0] for name in names], ignore_index=True),
        Joined(stores) if len(names) > 1 else stores[0],
        np.concatenate([store.durations_s for store in stores]),
        Joined(rows) if len(names) > 1 else rows[0],
        np.concatenate([splits[name] for name in names]),
    )


def scored_positions(name: str, splits: Mapping[str, np.ndarray], clips: int) -> np.ndarray:
    """Return the positions of the clips that a test set is scored on.

    Args:
        name: the test set.
        splits: name of a training corpus -> (clips,) part of each clip; its test part is scored.
        clips: number of clips of the test set; a corpus without a split is scored whole.
    """
    return np.flatnonzero(splits[name] == "test") if name in splits else np.arange(clips)
