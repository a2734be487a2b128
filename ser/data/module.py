"""The LightningDataModule: the split of what is trained on, and the test sets, as batches."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ser.audio.augmentation import Augmentation
from ser.audio.copies import WithCopies
from ser.audio.ragged import Joined, Ragged
from ser.audio.store import Store
from ser.data.batches import Batch, ClipDataset, SimilarLengthSampler, SortedBatchSampler, loader
from ser.data.joined import join, tested
from ser.data.labels import (
    dimension_labels,
    emotion_labels,
    known_emotions,
    levels,
    require_dimensions,
    require_emotions,
)


class EmotionData(pl.LightningDataModule):
    """Feeds the training split, the validation split and every test set.

    Args:
        corpora: name -> (manifest, store); manifests and stores have the same order.
        tests: the test sets; a training corpus among them is tested on its own test split alone.
        splits: name -> (clips,) split of each clip, of the corpora that are trained on.
        inputs: name -> what the model is given of each clip, its waveform or features; training clips that are
            augmented are waveforms in any case.
        batch_size: clips in a training batch.
        batch_seconds: in place of `batch_size`: so many seconds of audio in a training batch.
        epochs: how often every training clip is drawn; to Lightning they are one long epoch, so that training can
            go on from any step.
        evaluation_batch_size: clips in a batch without gradients.
        augmentation: of the training batches; None leaves them as they are.
        seed: determines the order of the training batches.
        union: augmentations, each of which adds a copy of every training clip to those that are trained on.
        balanced: whether an epoch draws every emotion equally often, not every clip once.
        dimensions: whether clips are labelled with their dimensions, not with their emotions.

    Raises:
        CorpusError: a test set has no emotion that the training corpus has, or a corpus no dimensions.
    """

    def __init__(
        self,
        corpora: Mapping[str, tuple[pd.DataFrame, Store]],
        tests: list[str],
        splits: Mapping[str, np.ndarray],
        inputs: Mapping[str, Ragged],
        batch_size: int,
        batch_seconds: float | None,
        epochs: int,
        evaluation_batch_size: int,
        augmentation: Augmentation | None,
        seed: int,
        union: Sequence[Augmentation] = (),
        balanced: bool = False,
        dimensions: bool = False,
    ) -> None:
        super().__init__()
        self.training = join(corpora, inputs, splits)
        self.corpora = corpora
        self.inputs = inputs
        self.splits = splits
        self.tests = tests
        self.batch_size = batch_size
        self.batch_seconds = batch_seconds
        self.epochs = epochs
        self.start = 0
        self.evaluation_batch_size = evaluation_batch_size
        self.augmentation = augmentation
        self.seed = seed
        self.union = WithCopies(self.training.waveforms, union) if union else None
        self.balanced = balanced
        self.emotions = known_emotions(self.training.clips)
        self.dimensions = dimensions
        for name, (clips, _) in corpora.items():
            if dimensions:
                require_dimensions(clips, name)
            elif name in tests:
                require_emotions(clips, name, self.emotions, self.training.name)

    @property
    def sampler(self) -> SimilarLengthSampler:
        """Draws the training batches, from where training is to go on."""
        clips = self._training_rows() % len(self.training.clips)
        return SimilarLengthSampler(
            self.training.durations_s[clips],
            self.batch_size,
            self.seed,
            self.epochs,
            self.start,
            self.batch_seconds,
            levels(self.training.clips.iloc[clips], self.dimensions),
            self.balanced,
        )

    def train_dataloader(self) -> DataLoader:
        """Give shuffled batches of clips of similar length."""
        rows = self._training_rows()
        inputs = self.training.inputs if self.augmentation is None else self.training.waveforms
        labels = self._labels(self.training.clips.iloc[rows % len(self.training.clips)])
        return loader(ClipDataset(self.union or inputs, rows, labels), self.sampler, self.trainer)

    def val_dataloader(self) -> DataLoader:
        """Give the validation split, longest clips first."""
        validation = np.flatnonzero(self.training.split == "validation")
        return self._evaluation(self.training.clips, self.training.inputs, validation)

    def predict_dataloader(self) -> list[DataLoader]:
        """Give the test sets, in the order of `tests`, and last, where the task is emotions, the validation split."""
        loaders = [
            self._evaluation(self.corpora[name][0], self.inputs[name], self.test_clips(name)) for name in self.tests
        ]
        validated = not self.dimensions and (self.training.split == "validation").any()
        return [*loaders, self.val_dataloader()] if validated else loaders

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
        return tested(name, self.splits, len(self.corpora[name][0]))

    def class_counts(self) -> np.ndarray:
        """(emotions,) clips of each emotion that are trained on: alike where they are balanced, 0 where it has none."""
        labels = self.training.clips["emotion"][self.training.split == "train"]
        counts = labels.value_counts().reindex(list(self.emotions), fill_value=0).to_numpy()
        return np.where(counts > 0, counts.sum() / np.count_nonzero(counts), 0) if self.balanced else counts

    def _evaluation(self, manifest: pd.DataFrame, inputs: Ragged | Joined, clips: np.ndarray) -> DataLoader:
        sampler = SortedBatchSampler(inputs.lengths[clips], self.evaluation_batch_size)
        return loader(ClipDataset(inputs, clips, self._labels(manifest.iloc[clips])), sampler, self.trainer)

    def _labels(self, clips: pd.DataFrame) -> np.ndarray:
        return dimension_labels(clips) if self.dimensions else emotion_labels(clips, self.emotions)

    def _training_rows(self) -> np.ndarray:
        """Return the rows that are trained on: the training clips, and their copies where there is a union."""
        clips = np.flatnonzero(self.training.split == "train")
        copies = 1 if self.union is None else self.union.copies
        return np.concatenate([clips + copy * len(self.training.clips) for copy in range(copies)])
