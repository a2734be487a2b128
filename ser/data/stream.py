"""Base of the LightningDataModules: training batches as one resumable stream."""

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
    """Size and order of batches.

    Attributes:
        batch_size: clips in a training batch.
        evaluation_batch_size: clips in a batch without gradients.
        epochs: number of epochs; for Lightning they are one long epoch, so that training can resume at any step.
        seed: seed of the order of the training batches.
        batch_seconds: instead of `batch_size`: seconds of audio in a training batch.
        balanced: draw every label equally often in an epoch, instead of every clip once.
    """

    batch_size: int
    evaluation_batch_size: int
    epochs: int
    seed: int
    batch_seconds: float | None = None
    balanced: bool = False

    @classmethod
    def of(cls, protocol: ProtocolSettings, evaluation_batch_size: int, seed: int) -> Self:
        """Return the batching of a training protocol."""
        balanced = isinstance(protocol, TrainingSettings) and protocol.sampling == "balanced"
        return cls(protocol.batch_size, evaluation_batch_size, protocol.epochs, seed, protocol.batch_seconds, balanced)


class TrainingClips(NamedTuple):
    """The training clips.

    Attributes:
        inputs: waveform or features of every clip of the corpus.
        rows: (n,) rows of the training clips in `inputs`.
        labels: (n, ...) label of each clip.
        durations_s: (n,) duration of each clip.
        strata: (n,) strata that every batch should mix; None for none.
    """

    inputs: Ragged | Joined | WithCopies
    rows: np.ndarray
    labels: np.ndarray
    durations_s: np.ndarray
    strata: np.ndarray | None = None


class ClipData(pl.LightningDataModule):
    """Base of the LightningDataModules: a stream of training batches that can resume at any batch.

    Args:
        batching: size and order of batches.
    """

    def __init__(self, batching: Batching) -> None:
        super().__init__()
        self.batching = batching
        self.start = 0

    @abstractmethod
    def training_clips(self) -> TrainingClips:
        """Return the training clips."""

    @property
    def sampler(self) -> SimilarLengthSampler:
        """The sampler of the training batches, starting where training resumes."""
        return self._sampler(self.training_clips())

    def train_dataloader(self) -> DataLoader:
        """Return shuffled batches of clips of similar length."""
        clips = self.training_clips()
        return self._loader(ClipDataset(clips.inputs, clips.rows, clips.labels), self._sampler(clips))

    def evaluation_dataloader(
        self, inputs: Ragged | Joined, rows: np.ndarray, labels: np.ndarray, samples: np.ndarray
    ) -> DataLoader:
        """Return batches without gradients, longest clips first.

        Args:
            inputs: input of the network for every clip of a corpus.
            rows: (n,) rows of the clips in `inputs`.
            labels: (n, ...) label of each clip.
            samples: (clips,) length of every clip of the corpus: batches are the same, whatever the input is.
        """
        sampler = SortedBatchSampler(samples[rows], self.batching.evaluation_batch_size)
        return self._loader(ClipDataset(inputs, rows, labels), sampler)

    def state_dict(self) -> dict[str, int]:
        """Return the number of trained batches, which Lightning saves in checkpoints."""
        assert self.trainer is not None  # Lightning calls this while training
        return {"start": self.trainer.fit_loop.epoch_loop.batch_progress.current.completed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Resume after the trained batches."""
        self.start = state_dict["start"]

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Return the batch on the device; Lightning's generic transfer takes longer than a small model's step."""
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
        """Return a loader whose sampler yields whole batches; on CUDA, pinned memory makes transfers asynchronous.

        Elsewhere memory is not pinned, because pinning would initialise CUDA.
        """
        pinned = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        return DataLoader(dataset, batch_size=None, sampler=sampler, pin_memory=pinned)
