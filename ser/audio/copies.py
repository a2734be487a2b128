"""The training set joined by augmented copies of itself, as an alternative to augmenting its clips on the fly."""

from collections.abc import Sequence

import numpy as np
import torch

from ser.audio.augmentation import Augmentation, build_transform
from ser.audio.ragged import Joined
from ser.audio.settings import AugmentationSettings
from ser.audio.store import Store


class WithCopies:
    """The clips of a store, and after them all of its clips anew for each augmentation; read as a store is.

    A copy is the same whenever it is read: what is drawn for it depends on the seed and its row alone. It is computed
    when it is read, on the CPU.

    Attributes:
        lengths: (rows,) in samples; row c * clips + i is copy c of clip i, and copy 0 the clip itself.
        copies: how many there are of each clip, the clip itself among them.
    """

    def __init__(self, store: Store | Joined[Store], augmentations: Sequence[Augmentation]) -> None:
        self.store = store
        self.augmentations = augmentations
        self.copies = 1 + len(augmentations)
        self.lengths = np.tile(store.lengths, self.copies)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the samples, (samples,) float32, of a row."""
        copy, clip = divmod(range(len(self))[row], len(self.store))
        samples = self.store[clip]
        if copy == 0:
            return samples
        augmented = self.augmentations[copy - 1](
            torch.from_numpy(samples.copy())[None], torch.tensor([len(samples)]), step=row
        )
        return augmented[0].numpy()


def union(chosen: AugmentationSettings, sample_rate: int, seed: int) -> list[Augmentation]:
    """Return the augmentations whose copies join the training set, each certain; none where there is no union.

    Raises:
        ConfigError: as `ser.audio.augmentation.build_transform`.
    """
    if chosen.mode != "union":
        return []
    certain = [each.model_copy(update={"probability": 1.0}) for each in chosen.transforms]
    return [Augmentation([build_transform(each, sample_rate)], seed) for each in certain]
