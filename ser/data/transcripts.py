"""The LightningDataModule of transcribed speech: what is trained on, and what is validated on, as batches."""

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader

from ser.audio.ragged import Joined
from ser.data.batches import ClipDataset, SimilarLengthSampler, SortedBatchSampler, loader

NO_CHARACTER = -100
"""Fills up transcripts that are shorter than the longest, as transformers' CTC models have it."""


class TranscribedData(pl.LightningDataModule):
    """Feeds transcribed clips.

    Args:
        store: all clips.
        inputs: what the model is given of each: its waveform or features.
        labels: (clips, characters) indices of the vocabulary; `NO_CHARACTER` after the end of a transcript.
        train: (n,) positions of the clips that are trained on.
        validation: (n,) positions of the clips that are validated on, and predicted.
        batch_size: clips in a training batch.
        epochs: how often every training clip is drawn; to Lightning they are one long epoch.
        evaluation_batch_size: clips in a batch without gradients.
        seed: determines the order of the training batches.
    """

    def __init__(
        self,
        store: Joined,
        inputs: Joined,
        labels: np.ndarray,
        train: np.ndarray,
        validation: np.ndarray,
        batch_size: int,
        epochs: int,
        evaluation_batch_size: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.store = store
        self.inputs = inputs
        self.labels = labels
        self.train = train
        self.validation = validation
        self.batch_size = batch_size
        self.epochs = epochs
        self.start = 0
        self.evaluation_batch_size = evaluation_batch_size
        self.seed = seed

    @property
    def sampler(self) -> SimilarLengthSampler:
        """Draws the training batches, from where training is to go on."""
        return SimilarLengthSampler(self.store.lengths[self.train], self.batch_size, self.seed, self.epochs, self.start)

    def train_dataloader(self) -> DataLoader:
        """Give shuffled batches of clips of similar length."""
        return loader(self._dataset(self.train), self.sampler, self.trainer)

    def val_dataloader(self) -> DataLoader:
        """Give the clips that are validated on, longest first."""
        lengths = self.store.lengths[self.validation]
        sampler = SortedBatchSampler(lengths, self.evaluation_batch_size)
        return loader(self._dataset(self.validation), sampler, self.trainer)

    def predict_dataloader(self) -> DataLoader:
        """Give the same clips as for validation."""
        return self.val_dataloader()

    def state_dict(self) -> dict[str, int]:
        """Say how many batches have been trained on; Lightning keeps it in checkpoints."""
        assert self.trainer is not None  # Lightning's own, which asks
        return {"start": self.trainer.fit_loop.epoch_loop.batch_progress.current.completed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on after the batches that have been trained on."""
        self.start = state_dict["start"]

    def _dataset(self, clips: np.ndarray) -> ClipDataset:
        return ClipDataset(self.inputs, clips, self.labels[clips])
