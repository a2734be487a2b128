"""The LightningDataModule: the split of what is trained on, and the test sets, as batches."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ser.audio.augmentation import Augmentation
from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import Batch, ClipDataset, SimilarLengthSampler, SortedBatchSampler
from ser.data.joined import join
from ser.data.labels import (
    dimension_labels,
    emotion_labels,
    known_emotions,
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
        dimensions: bool = False,
    ) -> None:
        super().__init__()
        training = join(corpora, inputs, splits)
        self.train, self.split = training.name, training.split
        self.corpora = {**corpora, training.name: (training.clips, training.store)}
        self.inputs = {**inputs, training.name: training.inputs}
        self.splits = splits
        self.tests = tests
        self.batch_size = batch_size
        self.batch_seconds = batch_seconds
        self.epochs = epochs
        self.start = 0
        self.evaluation_batch_size = evaluation_batch_size
        self.augmentation = augmentation
        self.seed = seed
        self.emotions = known_emotions(training.clips)
        self.dimensions = dimensions
        for name, (clips, _) in corpora.items():
            if dimensions:
                require_dimensions(clips, name)
            elif name in tests:
                require_emotions(clips, name, self.emotions, self.train)

    @property
    def sampler(self) -> SimilarLengthSampler:
        """Draws the training batches, from where training is to go on."""
        clips = np.flatnonzero(self.split == "train")
        durations_s = self.corpora[self.train][1].durations_s[clips]
        return SimilarLengthSampler(
            durations_s, self.batch_size, self.seed, self.epochs, self.start, self.batch_seconds
        )

    def train_dataloader(self) -> DataLoader:
        """Give shuffled batches of clips of similar length."""
        clips = np.flatnonzero(self.split == "train")
        inputs = self.inputs if self.augmentation is None else {self.train: self.corpora[self.train][1]}
        return _loader(self._dataset(self.train, clips, inputs), self.sampler)

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
        if name in self.splits:
            return np.flatnonzero(self.splits[name] == "test")
        return np.arange(len(self.corpora[name][0]))

    def class_counts(self) -> np.ndarray:
        """(emotions,) clips of each emotion in the training split."""
        labels = self.corpora[self.train][0]["emotion"][self.split == "train"]
        return labels.value_counts().reindex(list(self.emotions), fill_value=0).to_numpy()

    def _evaluation(self, name: str, clips: np.ndarray) -> DataLoader:
        lengths = self.corpora[name][1].lengths[clips]
        return _loader(self._dataset(name, clips, self.inputs), SortedBatchSampler(lengths, self.evaluation_batch_size))

    def _dataset(self, name: str, clips: np.ndarray, inputs: Mapping[str, Ragged]) -> ClipDataset:
        manifest = self.corpora[name][0].iloc[clips]
        labels = dimension_labels(manifest) if self.dimensions else emotion_labels(manifest, self.emotions)
        return ClipDataset(inputs[name], clips, labels)


def _loader(dataset: ClipDataset, sampler: SimilarLengthSampler | SortedBatchSampler) -> DataLoader:
    """Let the sampler draw whole batches, which the dataset reads at once; a GPU fetches them while it computes."""
    return DataLoader(dataset, batch_size=None, sampler=sampler, pin_memory=torch.cuda.is_available())
