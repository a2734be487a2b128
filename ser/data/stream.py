"""What both LightningDataModules share: training batches as one stream, and how they reach the device."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ser.audio.copies import WithCopies
from ser.audio.ragged import Joined, Ragged
from ser.data.batches import Batch, ClipDataset, SimilarLengthSampler, SortedBatchSampler
from ser.settings import ProtocolSettings, TrainingSettings


@dataclass(frozen=True)
class Batching:
    """How clips are put into batches.

    Attributes:
        batch_size: clips in a training batch.
        evaluation_batch_size: clips in a batch without gradients.
        epochs: how often every training clip is drawn; to Lightning they are one long epoch, so that training can
            continue from any step.
        seed: determines the order of the training batches.
        batch_seconds: in place of `batch_size`: so many seconds of audio in a training batch.
        balanced: whether an epoch draws every label equally often, not every clip once.
    """

    batch_size: int
    evaluation_batch_size: int
    epochs: int
    seed: int
    batch_seconds: float | None = None
    balanced: bool = False

    @classmethod
    def of(cls, protocol: ProtocolSettings, evaluation_batch_size: int, seed: int) -> Self:
        """Return the batching of a protocol of training."""
        balanced = isinstance(protocol, TrainingSettings) and protocol.sampling == "balanced"
        return cls(protocol.batch_size, evaluation_batch_size, protocol.epochs, seed, protocol.batch_seconds, balanced)


class TrainingClips(NamedTuple):
    """The clips that are trained on.

    Attributes:
        inputs: what the model is given of every clip of the corpus.
        rows: (n,) positions of the clips in it.
        labels: (n, ...) of each clip.
        durations_s: (n,) of each clip.
        strata: (n,) what no batch should have too much of; None where clips have none.
    """

    inputs: Ragged | Joined | WithCopies
    rows: np.ndarray
    labels: np.ndarray
    durations_s: np.ndarray
    strata: np.ndarray | None = None


class ClipData(pl.LightningDataModule):
    """Base of the LightningDataModules: a stream of training batches from any point of which training can continue.

    Args:
        batching: how clips are put into batches.
    """

    def __init__(self, batching: Batching) -> None:
        super().__init__()
        self.batching = batching
        self.start = 0

    @abstractmethod
    def training_clips(self) -> TrainingClips:
        """Return the clips that are trained on."""

    @property
    def sampler(self) -> SimilarLengthSampler:
        """Draws the training batches, from where training is to continue."""
        return self._sampler(self.training_clips())

    def train_dataloader(self) -> DataLoader:
        """Return shuffled batches of clips of similar length."""
        clips = self.training_clips()
        return self._loader(ClipDataset(clips.inputs, clips.rows, clips.labels), self._sampler(clips))

    def evaluation_dataloader(self, inputs: Ragged | Joined, rows: np.ndarray, labels: np.ndarray) -> DataLoader:
        """Return batches without gradients, longest clips first.

        Args:
            inputs: what the model is given of every clip of a corpus.
            rows: (n,) positions of the clips in it.
            labels: (n, ...) of each clip.
        """
        sampler = SortedBatchSampler(inputs.lengths[rows], self.batching.evaluation_batch_size)
        return self._loader(ClipDataset(inputs, rows, labels), sampler)

    def state_dict(self) -> dict[str, int]:
        """Return how many batches have been trained on; Lightning keeps it in checkpoints."""
        assert self.trainer is not None  # Lightning's own, which asks
        return {"start": self.trainer.fit_loop.epoch_loop.batch_progress.current.completed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Continue after the batches that have been trained on."""
        self.start = state_dict["start"]

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move a batch; what Lightning does for a batch of any kind takes longer than a small model's step."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in batch))

    def _sampler(self, clips: TrainingClips) -> SimilarLengthSampler:
        batching = self.batching
        return SimilarLengthSampler(
            clips.durations_s,
            batching.batch_size,
            batching.seed,
            batching.epochs,
            self.start,
            batching.batch_seconds,
            clips.strata,
            batching.balanced,
        )

    def _loader(self, dataset: ClipDataset, sampler: SimilarLengthSampler | SortedBatchSampler) -> DataLoader:
        """Let the sampler draw whole batches, which the dataset reads at once; a GPU fetches them while it computes.

        Memory is pinned where the trainer is on CUDA: elsewhere pinning would start CUDA for nothing.
        """
        pinned = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return DataLoader(dataset, batch_size=None, sampler=sampler, pin_memory=pinned)
