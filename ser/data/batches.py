"""Batches of clips of about the same length, in an order that a seed and an epoch determine."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ser.audio.store import JoinedStores, Store

JITTER = 0.1
"""Clips are sorted by their lengths, each drawn anew within this share of itself: little padding, other batches in
every epoch, however small the corpus is."""


class Batch(NamedTuple):
    """Clips padded with zeros to the longest."""

    waveforms: torch.Tensor
    """(batch, samples), float32."""
    lengths: torch.Tensor
    """(batch,), samples of each clip before padding."""
    labels: torch.Tensor
    """(batch,), indices of the emotions that the model knows; -1 where it does not know the clip's."""
    clips: torch.Tensor
    """(batch,), positions of the clips in the corpus."""


class ClipDataset(Dataset[Batch]):
    """Some of the clips of a store, with their labels; an item is a whole batch, read and padded at once.

    Args:
        store: the decoded corpus, or several.
        clips: (n,) positions in the store.
        labels: (n,) indices of emotions.
    """

    def __init__(self, store: Store | JoinedStores, clips: np.ndarray, labels: np.ndarray) -> None:
        self.store = store
        self.clips = clips
        self.labels = labels

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, items: Sequence[int]) -> Batch:
        waveforms = [self.store[int(self.clips[item])] for item in items]
        lengths = torch.tensor([len(waveform) for waveform in waveforms])
        padded = torch.zeros(len(items), int(lengths.max()))
        for row, waveform in zip(padded, waveforms, strict=True):
            row[: len(waveform)] = torch.from_numpy(waveform.copy())
        return Batch(padded, lengths, torch.as_tensor(self.labels[items]), torch.as_tensor(self.clips[items]))

    @property
    def lengths(self) -> np.ndarray:
        """(n,) samples of each clip."""
        return self.store.lengths[self.clips]


class SimilarLengthSampler(Sampler[list[int]]):
    """Draws shuffled batches of clips of similar length: those of all epochs, one after the other.

    Every epoch sorts all clips by their lengths, give or take `JITTER`, cuts the order into batches, any one of which
    is the short one, and shuffles the batches. The order depends on nothing but the seed and the epoch, so training
    can go on from any batch as if it had never stopped.

    Args:
        lengths: (n,) length of each clip in samples.
        batch_size: clips in a batch; one of an epoch may have fewer.
        seed: the training seed.
        epochs: how often every clip is drawn.
        start: batches that have been drawn before, and are left out.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int, epochs: int, start: int = 0) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.epochs = epochs
        self.start = start

    @property
    def batches_per_epoch(self) -> int:
        """Batches that it takes to draw every clip once."""
        return -(-len(self.lengths) // self.batch_size)

    def __len__(self) -> int:
        return self.batches_per_epoch * self.epochs

    def __iter__(self) -> Iterator[list[int]]:
        first, skipped = divmod(self.start, self.batches_per_epoch)
        for epoch in range(first, self.epochs):
            yield from self._epoch(epoch)[skipped if epoch == first else 0 :]

    def _epoch(self, epoch: int) -> list[list[int]]:
        rng = np.random.default_rng((self.seed, epoch))
        order = np.argsort(self.lengths * rng.uniform(1 - JITTER, 1 + JITTER, len(self.lengths)), kind="stable")
        sizes = np.full(self.batches_per_epoch, self.batch_size)
        sizes[rng.integers(len(sizes))] -= sizes.sum() - len(order)
        batches = np.split(order, np.cumsum(sizes)[:-1])
        return [batches[batch].tolist() for batch in rng.permutation(len(batches))]


class SortedBatchSampler(Sampler[list[int]]):
    """Goes through all clips once, longest first: the least padding, and the largest batch comes first.

    Args:
        lengths: (n,) length of each clip in samples.
        batch_size: clips in a batch.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int) -> None:
        self.lengths = lengths
        self.batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.argsort(-self.lengths, kind="stable")
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size].tolist()
