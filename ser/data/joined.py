"""Several training corpora as one: their clips one corpus after the other, each read from where it lies."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from ser.audio.ragged import Joined, Ragged
from ser.audio.store import Store


class TrainingCorpus(NamedTuple):
    """What is trained on: one corpus, or several that were joined."""

    name: str
    clips: pd.DataFrame
    waveforms: Store | Joined[Store]
    durations_s: np.ndarray
    inputs: Ragged | Joined
    split: np.ndarray


def join(
    corpora: Mapping[str, tuple[pd.DataFrame, Store]], inputs: Mapping[str, Ragged], splits: Mapping[str, np.ndarray]
) -> TrainingCorpus:
    """Join the corpora that are trained on; a single one stays as it is, and one that is left out whole is not in it.

    They share batches, so all of them are given as waveforms where one has no features.

    Args:
        corpora: name -> (manifest, store).
        inputs: name -> what the model is given of each clip, its waveform or features.
        splits: name -> (clips,) part of each clip, of the training corpora; each is split by itself, so a speaker of
            one corpus is nobody of another.
    """
    names = [name for name, split in splits.items() if (split == "train").any()]
    stores = [corpora[name][1] for name in names]
    given = [inputs[name] for name in names]
    if any(rows is store for rows, store in zip(given, stores, strict=True)):
        given = [*stores]
    return TrainingCorpus(
        "+".join(names),
        pd.concat([corpora[name][0] for name in names], ignore_index=True),
        Joined(stores) if len(names) > 1 else stores[0],
        np.concatenate([store.durations_s for store in stores]),
        Joined(given) if len(names) > 1 else given[0],
        np.concatenate([splits[name] for name in names]),
    )


def tested(name: str, splits: Mapping[str, np.ndarray], clips: int) -> np.ndarray:
    """Return the positions of the clips that a test set is scored on: no clip that was trained on.

    Args:
        name: of the test set.
        splits: name -> (clips,) part of each clip, of the corpora that are trained on.
        clips: of the test set, which is tested whole unless it is one of those.
    """
    return np.flatnonzero(splits[name] == "test") if name in splits else np.arange(clips)
