"""The LightningDataModule: the split of the training corpus, and the test sets, as batches."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ser.audio.augmentation import Augmentation
from ser.audio.copies import WithCopies
from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import Batch, ClipDataset, SimilarLengthSampler, SortedBatchSampler, loader
from ser.errors import CorpusError
from ser.schema import EMOTIONS


def known_emotions(clips: pd.DataFrame) -> tuple[str, ...]:
    """Return the emotions that occur, in the order of the vocabulary: the classes of a model trained on them."""
    present = set(clips["emotion"])
    return tuple(emotion for emotion in EMOTIONS if emotion in present)


class EmotionData(pl.LightningDataModule):
    """Feeds the training split, the validation split and every test set.

    Args:
        corpora: name -> (manifest, store); manifests and stores have the same order.
        train: the corpus that is trained on.
        tests: the test sets; the training corpus among them is tested on its own test split alone.
        split: (clips,) split of each clip of the training corpus.
        inputs: name -> what the model is given of each clip, its waveform or features; training clips that are
            augmented are waveforms in any case.
        batch_size: clips in a training batch.
        batch_seconds: in place of `batch_size`: so many seconds of audio in a training batch.
        epochs: how often every training clip is drawn; to Lightning they are one long epoch, so that training can
            go on from any step.
        evaluation_batch_size: clips in a batch without gradients.
        augmentation: of the training batches; None leaves them as they are.
        seed: determines the order of the training batches.
        joined: the training corpus with augmented copies of its clips, all of which are trained on; None has none.
        balanced: whether an epoch draws every emotion equally often, not every clip once.

    Raises:
        CorpusError: a test set has no emotion that the training corpus has.
    """

    def __init__(
        self,
        corpora: Mapping[str, tuple[pd.DataFrame, Store]],
        train: str,
        tests: list[str],
        split: np.ndarray,
        inputs: Mapping[str, Ragged],
        batch_size: int,
        batch_seconds: float | None,
        epochs: int,
        evaluation_batch_size: int,
        augmentation: Augmentation | None,
        seed: int,
        joined: WithCopies | None = None,
        balanced: bool = False,
    ) -> None:
        super().__init__()
        self.corpora = corpora
        self.train = train
        self.tests = tests
        self.split = split
        self.inputs = inputs
        self.batch_size = batch_size
        self.batch_seconds = batch_seconds
        self.epochs = epochs
        self.start = 0
        self.evaluation_batch_size = evaluation_batch_size
        self.augmentation = augmentation
        self.seed = seed
        self.joined = joined
        self.balanced = balanced
        self.emotions = known_emotions(corpora[train][0])
        for name in tests:
            if not set(corpora[name][0]["emotion"]) & set(self.emotions):
                raise CorpusError(
                    f"test set '{name}' has none of the emotions of '{train}' ({', '.join(self.emotions)}):"
                    " leave it out of dataset.tests"
                )

    @property
    def sampler(self) -> SimilarLengthSampler:
        """Draws the training batches, from where training is to go on."""
        clips = self._training_rows() % len(self.split)
        durations_s = self.corpora[self.train][1].durations_s[clips]
        labels = self._labels(self.train, clips) if self.balanced else None
        return SimilarLengthSampler(
            durations_s, self.batch_size, self.seed, self.epochs, self.start, self.batch_seconds, labels
        )

    def train_dataloader(self) -> DataLoader:
        """Give shuffled batches of clips of similar length."""
        inputs: Ragged | WithCopies = self.inputs[self.train]
        if self.augmentation is not None:
            inputs = self.corpora[self.train][1]
        if self.joined is not None:
            inputs = self.joined
        return loader(self._dataset(self.train, self._training_rows(), inputs), self.sampler)

    def val_dataloader(self) -> DataLoader:
        """Give the validation split, longest clips first."""
        return self._evaluation(self.train, np.flatnonzero(self.split == "validation"))

    def predict_dataloader(self) -> list[DataLoader]:
        """Give the test sets, in the order of `tests`."""
        return [self._evaluation(name, self.test_clips(name)) for name in self.tests]

    def state_dict(self) -> dict[str, int]:
        """Say how many batches have been trained on; Lightning keeps it in checkpoints."""
        assert self.trainer is not None  # Lightning's own, which asks
        return {"start": self.trainer.fit_loop.epoch_loop.batch_progress.current.completed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on after the batches that have been trained on."""
        self.start = state_dict["start"]

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move a batch; what Lightning does for a batch of any kind takes longer than a small model's step."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in batch))

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augment training batches, on the device."""
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return batch
        return batch._replace(inputs=self.augmentation(batch.inputs, batch.lengths, self.trainer.global_step))

    def test_clips(self, name: str) -> np.ndarray:
        """Return the positions of the clips that a test set is scored on: no clip that was trained on."""
        if name == self.train:
            return np.flatnonzero(self.split == "test")
        return np.arange(len(self.corpora[name][0]))

    def class_counts(self) -> np.ndarray:
        """(emotions,) clips of each emotion that are trained on: alike where they are balanced, 0 where it has none."""
        labels = self.corpora[self.train][0]["emotion"][self.split == "train"]
        counts = labels.value_counts().reindex(list(self.emotions), fill_value=0).to_numpy()
        return np.where(counts > 0, counts.sum() / np.count_nonzero(counts), 0) if self.balanced else counts

    def _evaluation(self, name: str, clips: np.ndarray) -> DataLoader:
        lengths = self.corpora[name][1].lengths[clips]
        sampler = SortedBatchSampler(lengths, self.evaluation_batch_size)
        return loader(self._dataset(name, clips, self.inputs[name]), sampler)

    def _dataset(self, name: str, rows: np.ndarray, inputs: Ragged | WithCopies) -> ClipDataset:
        return ClipDataset(inputs, rows, self._labels(name, rows % len(self.corpora[name][0])))

    def _labels(self, name: str, clips: np.ndarray) -> np.ndarray:
        return pd.Index(self.emotions).get_indexer(pd.Index(self.corpora[name][0]["emotion"].iloc[clips]))

    def _training_rows(self) -> np.ndarray:
        """Return the rows that are trained on: the training clips, and their copies where there is a union."""
        clips = np.flatnonzero(self.split == "train")
        copies = 1 if self.joined is None else self.joined.copies
        return np.concatenate([clips + copy * len(self.split) for copy in range(copies)])
