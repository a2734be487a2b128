"""Batches of clips of about the same length, in an order that a seed and an epoch determine."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from ser.audio.copies import WithCopies
from ser.audio.ragged import Joined, Ragged

JITTER = 0.1
"""Clips are sorted by their lengths, each drawn anew within this share of itself: little padding, other batches in
every epoch, however small the corpus is."""

WITHIN_LABEL = 0.5
"""Weight of a clip's rank among those of its label, beside its rank among all. Sad speech is slow: sorted by length
alone, batches of EMO-DB are twice as one-sided as random ones, and what is learned of them is worse. By half they are
half as one-sided, and half of the padding of random batches is saved."""


class Batch(NamedTuple):
    """Clips padded with zeros to the longest."""

    inputs: torch.Tensor
    """Waveforms (batch, samples), or features (batch, frames, channels), as they are kept on disk."""
    lengths: torch.Tensor
    """(batch,), samples or frames of each clip before padding."""
    labels: torch.Tensor
    """(batch,), indices of the emotions that the model knows; -1 where it does not know the clip's."""
    clips: torch.Tensor
    """(batch,), positions of the clips in the corpus."""


class ClipDataset(Dataset[Batch]):
    """Some of the clips of a corpus, with their labels; an item is a whole batch, read and padded at once.

    Args:
        inputs: what the model is given of every clip: its waveform, or features.
        clips: (n,) positions in the corpus, or rows of it with its copies.
        labels: (n,) indices of emotions.
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
        for place, row in zip(padded, rows, strict=True):
            place[: len(row)] = row
        tensors = (padded, lengths, self.labels[items], self.clips[items])
        return Batch(*(torch.from_numpy(np.asarray(tensor)) for tensor in tensors))


class SimilarLengthSampler(Sampler[list[int]]):
    """Draws shuffled batches of clips of similar length: those of all epochs, one after the other.

    Every epoch sorts all clips by their lengths, give or take `JITTER`, cuts the order into batches, any one of which
    is the short one, and shuffles the batches. A clip's rank among those of its label counts too (`WITHIN_LABEL`), so
    that batches are not one-sided. The order depends on nothing but the seed and the epoch, so training can go on from
    any batch as if it had never stopped.

    Args:
        lengths: (n,) length of each clip.
        batch_size: clips in a batch; one of an epoch may have fewer.
        seed: the training seed.
        epochs: how often every clip is drawn.
        start: batches that have been drawn before, and are left out.
        batch_length: in place of `batch_size`: about so much length in a batch, alike in all batches of an epoch.
        labels: (n,) what every batch is to hold of; None where clips have none, or each its own.
        balanced: whether an epoch draws every label equally often: as many clips as there are, the rarer ones more than
            once; not every clip once.
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
        """Batches that it takes to draw as many clips as there are."""
        if self.batch_length is not None:
            return min(math.ceil(self.lengths.sum() / self.batch_length), len(self.lengths))
        return math.ceil(len(self.lengths) / self.batch_size)

    @property
    def padding(self) -> float:
        """Share of the first epoch's batches that is padding."""
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
        """Return the order in which clips are cut into batches."""
        lengths = self.lengths[drawn] * rng.uniform(1 - JITTER, 1 + JITTER, len(drawn))
        rank = (1 - WITHIN_LABEL) * _rank(lengths, rng)
        for label in np.unique(self.labels):
            clips = self.labels[drawn] == label
            rank[clips] += WITHIN_LABEL * _rank(lengths[clips], rng)
        return np.argsort(rank)

    def _cuts(self, order: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return where batches begin in an order of clips, but for the first."""
        batches = self.batches_per_epoch
        if self.batch_length is None:
            sizes = np.full(batches, self.batch_size)
            sizes[rng.integers(batches)] -= sizes.sum() - len(order)
            return np.cumsum(sizes)[:-1]
        total = np.cumsum(self.lengths[order])
        cuts = np.searchsorted(total, total[-1] * np.arange(1, batches) / batches, side="right")
        return np.clip(cuts, np.arange(1, batches), np.arange(len(order) - batches + 1, len(order)))  # no empty batch


def _balanced(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n,) positions of as many clips as there are: of every label equally many, of its clips equally often.

    Both are give or take one, which is drawn.
    """
    present = rng.permutation(np.unique(labels))
    shares = [len(part) for part in np.array_split(labels, len(present))]
    parts = []
    for label, share in zip(present, shares, strict=True):
        clips = np.flatnonzero(labels == label)
        whole, rest = divmod(share, len(clips))
        parts += [np.tile(clips, whole), rng.choice(clips, rest, replace=False)]
    return np.concatenate(parts)


def _rank(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (n,) ranks from 0 to 1; where between two ranks is drawn, so that few values spread as many do."""
    return (values.argsort(kind="stable").argsort() + rng.random(len(values))) / len(values)


class SortedBatchSampler(Sampler[list[int]]):
    """Goes through all clips once, longest first: the least padding, and the largest batch comes first.

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
