"""Several training corpora as one: their clips one corpus after the other, each read from where it lies."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from ser.audio.ragged import Ragged
from ser.audio.store import Store


class Rows:
    """The rows of several `Ragged`, one after the other, read as those of one are.

    Attributes:
        parts: where the rows lie.
        lengths: (clips,) of each row.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = parts
        self.lengths = np.concatenate([part.lengths for part in parts])
        self._ends = np.cumsum([len(part) for part in parts])

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, clip: int) -> np.ndarray:
        """Return a read-only view of the row at a position."""
        clip = range(len(self))[clip]
        part = int(np.searchsorted(self._ends, clip, side="right"))
        return self.parts[part][clip - int(self._ends[part]) + len(self.parts[part])]

    @property
    def durations_s(self) -> np.ndarray:
        """(clips,), in seconds, where the rows are waveforms."""
        return np.concatenate([part.durations_s for part in self.parts])


class TrainingCorpus(NamedTuple):
    """What is trained on: one corpus, or several that were joined."""

    name: str
    clips: pd.DataFrame
    store: Store
    inputs: Ragged
    split: np.ndarray


def join(
    corpora: Mapping[str, tuple[pd.DataFrame, Store]], inputs: Mapping[str, Ragged], splits: Mapping[str, np.ndarray]
) -> TrainingCorpus:
    """Join the corpora that are trained on; a single one stays as it is, and one that is left out whole is not in it.

    Args:
        corpora: name -> (manifest, store).
        inputs: name -> what the model is given of each clip, its waveform or features.
        splits: name -> (clips,) part of each clip, of the training corpora; each is split by itself, so a speaker of
            one corpus is nobody of another.
    """
    names = [name for name, split in splits.items() if (split == "train").any()]
    if len(names) == 1:
        [name] = names
        return TrainingCorpus(name, *corpora[name], inputs[name], splits[name])
    return TrainingCorpus(
        "+".join(names),
        pd.concat([corpora[name][0] for name in names], ignore_index=True),
        cast(Store, Rows([corpora[name][1] for name in names])),
        cast(Ragged, Rows([inputs[name] for name in names])),
        np.concatenate([splits[name] for name in names]),
    )
