"""Batches of clips of similar length; seed and epoch determine their order."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ser.audio.copies import WithCopies
from ser.audio.ragged import Joined, Ragged

JITTER = 0.1
"""Lengths are multiplied by a random factor of 1 +/- this before sorting: little padding, but other batches in every
epoch, even for a small corpus."""

WITHIN_LABEL = 0.5
"""Weight of a clip's length rank within its label, against its rank among all clips. Sad speech is slow: with sorting
by length alone, the label imbalance of EMO-DB's batches is twice that of random ones, and scores are worse. With 0.5
the imbalance is halved, and half of the padding of random batches is saved."""


class Batch(NamedTuple):
    """Clips padded with zeros to the longest."""

    inputs: torch.Tensor
    """Waveforms (batch, samples), or features (batch, frames, channels), in the type that is stored."""
    lengths: torch.Tensor
    """(batch,), samples or frames of each clip before padding."""
    labels: torch.Tensor
    """(batch,), class indices, -1 for emotions that the model does not have; (batch, emotions) shares for soft labels;
    (batch, dimensions) values."""
    clips: torch.Tensor
    """(batch,), positions of the clips in the corpus."""

    def parts(self, number: int) -> list["Batch"]:
        """Return batches of as equal size as can be, so many of them, or as many as there are clips."""
        columns = [tensor.tensor_split(min(number, len(self.lengths))) for tensor in self]
        return [Batch(*part) for part in zip(*columns, strict=True)]


class ClipDataset(Dataset[Batch]):
    """Clips of a corpus with their labels; an item is a whole batch, padded.

    Args:
        inputs: waveform or features of every clip.
        clips: (n,) rows of `inputs`.
        labels: (n, ...) label of each clip.
    """

    def __init__(self, inputs: Ragged | Joined | WithCopies, clips: np.ndarray, labels: np.ndarray) -> None:
        self.inputs = inputs
        self.clips = clips
        self.labels = labels

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, items: Sequence[int]) -> Batch:
        rows = [self.inputs[int(self.clips[item])] for item in items]
        lengths = np.array([len(row) for row in rows])
        padded = np.zeros((len(rows), lengths.max(), *rows[0].shape[1:]), rows[0].dtype)
        for padded_row, row in zip(padded, rows, strict=True):
            padded_row[: len(row)] = row
        tensors = (padded, lengths, self.labels[items], self.clips[items])
        return Batch(*(torch.from_numpy(np.asarray(tensor)) for tensor in tensors))


class SimilarLengthSampler(Sampler[list[int]]):
    """Yields shuffled batches of clips of similar length, those of all epochs in sequence.

    Every epoch sorts the clips by their jittered lengths (`JITTER`) and by their rank within the label
    (`WITHIN_LABEL`), cuts the order into batches, a random one of which is smaller, and shuffles the batches. The order
    depends on the seed and the epoch only, so training can resume at any batch.

    Args:
        lengths: (n,) length of each clip.
        batch_size: clips in a batch; one batch of an epoch may have fewer.
        seed: the training seed.
        epochs: number of epochs.
        start: number of batches to skip.
        batch_length: instead of `batch_size`: about this total length in every batch.
        labels: (n,) labels that every batch should mix; None for clips without.
        balanced: draw every label equally often in an epoch, clips of rare labels more than once, instead of every clip
            once; the number of clips stays the same.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        batch_size: int,
        seed: int,
        epochs: int,
        start: int = 0,
        batch_length: float | None = None,
        labels: np.ndarray | None = None,
        balanced: bool = False,
    ) -> None:
        self.lengths = lengths
        self.batch_size = batch_size
        self.batch_length = batch_length
        self.seed = seed
        self.epochs = epochs
        self.start = start
        self.labels = np.zeros(len(lengths)) if labels is None else labels
        self.balanced = balanced

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        if self.batch_length is not None:
            return min(math.ceil(self.lengths.sum() / self.batch_length), len(self.lengths))
        return math.ceil(len(self.lengths) / self.batch_size)

    @property
    def padding(self) -> float:
        """Fraction of the first epoch's batches that is padding."""
        lengths = [self.lengths[batch] for batch in self._epoch(0)]
        return float(1 - sum(map(np.sum, lengths)) / sum(len(batch) * batch.max() for batch in lengths))

    def __len__(self) -> int:
        return self.batches_per_epoch * self.epochs

    def __iter__(self) -> Iterator[list[int]]:
        first, skipped = divmod(self.start, self.batches_per_epoch)
        for epoch in range(first, self.epochs):
            yield from self._epoch(epoch)[skipped if epoch == first else 0 :]

    def _epoch(self, epoch: int) -> list[list[int]]:
        rng = np.random.default_rng((self.seed, epoch))
        drawn = _balanced(self.labels, rng) if self.balanced else np.arange(len(self.lengths))
        order = drawn[self._order(drawn, rng)]
        batches = np.split(order, self._cuts(order, rng))
        return [batches[batch].tolist() for batch in rng.permutation(len(batches))]

    def _order(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the order of the clips before it is cut into batches."""
        lengths = self.lengths[drawn] * rng.uniform(1 - JITTER, 1 + JITTER, len(drawn))
        rank = (1 - WITHIN_LABEL) * _rank(lengths, rng)
        for label in np.unique(self.labels):
            clips = self.labels[drawn] == label
            rank[clips] += WITHIN_LABEL * _rank(lengths[clips], rng)
        return np.argsort(rank)

    def _cuts(self, order: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the start of every batch but the first in an order of clips."""
        batches = self.batches_per_epoch
        if self.batch_length is None:
            sizes = np.full(batches, self.batch_size)
            sizes[rng.integers(batches)] -= sizes.sum() - len(order)
            return np.cumsum(sizes)[:-1]
        total = np.cumsum(self.lengths[order])
        cuts = np.searchsorted(total, total[-1] * np.arange(1, batches) / batches, side="right")
        return np.clip(cuts, np.arange(1, batches), np.arange(len(order) - batches + 1, len(order)))  # no empty batch


def _balanced(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n,) positions: every label equally often, and every clip of a label equally often, up to one."""
    present = rng.permutation(np.unique(labels))
    shares = [len(part) for part in np.array_split(labels, len(present))]
    parts = []
    for label, share in zip(present, shares, strict=True):
        clips = np.flatnonzero(labels == label)
        whole, rest = divmod(share, len(clips))
        parts += [np.tile(clips, whole), rng.choice(clips, rest, replace=False)]
    return np.concatenate(parts)


def _rank(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n,) ranks from 0 to 1 with uniform jitter below one rank."""
    return (values.argsort(kind="stable").argsort() + rng.random(len(values))) / len(values)


class SortedBatchSampler(Sampler[list[int]]):
    """Yields all clips once, longest first: little padding, and the largest batch comes first.

    Args:
        lengths: (n,) length of each clip.
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
