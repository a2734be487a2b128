"""The LightningDataModule of labelled clips: training, validation and test sets as batches."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from ser.audio.augmentation import Augmentation
from ser.audio.copies import WithCopies
from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import Batch
from ser.data.joined import join, scored_positions
from ser.data.labels import (
    dimension_labels,
    emotion_classes,
    emotion_labels,
    require_dimensions,
    require_emotions,
    require_votes,
    soft_labels,
    strata,
)
from ser.data.stream import Batching, ClipData, TrainingClips


class EmotionData(ClipData):
    """Batches of the training split, the validation split and every test set.

    Args:
        corpora: name -> (manifest, store), in the same order of clips.
        tests: the test sets; of a training corpus, its test split is scored.
        splits: name of a training corpus -> (clips,) split of each clip.
        inputs: name -> waveform or features of each clip; augmented training clips are always waveforms.
        batching: size and order of batches.
        augmentation: augmentation of the training batches, None for none.
        union: augmentations that each add an augmented copy of every training clip.
        dimensions: labels are the dimensions instead of the emotions.
        soft: what is trained on are the shares of the raters' votes instead of the emotions.
        order: of the classes, as `dataset.emotions` says; None is that of `ser.labels.in_order`.

    Raises:
        CorpusError: a test set shares no emotion with the training corpus, a corpus has no dimensions, or a training
            corpus has no votes.
    """

    def __init__(
        self,
        corpora: Mapping[str, tuple[pd.DataFrame, Store]],
        tests: list[str],
        splits: Mapping[str, np.ndarray],
        inputs: Mapping[str, Ragged],
        batching: Batching,
        augmentation: Augmentation | None = None,
        union: Sequence[Augmentation] = (),
        dimensions: bool = False,
        soft: bool = False,
        order: Sequence[str] | None = None,
    ) -> None:
        super().__init__(batching)
        self.training = join(corpora, inputs, splits)
        self.corpora = corpora
        self.inputs = inputs
        self.splits = splits
        self.tests = tests
        self.augmentation = augmentation
        self.union = WithCopies(self.training.waveforms, union) if union else None
        self.emotions = emotion_classes(self.training.clips, order)
        self.dimensions = dimensions
        self.soft = soft
        if soft:
            for name in splits:
                require_votes(corpora[name][0], name)
        for name, (clips, _) in corpora.items():
            if dimensions:
                require_dimensions(clips, name)
            elif name in tests:
                require_emotions(clips, name, self.emotions, self.training.name)

    def training_clips(self) -> TrainingClips:
        """Return the training split, with augmented copies if there is a union."""
        rows = self._training_rows()
        positions = rows % len(self.training.clips)
        inputs = self.training.inputs if self.augmentation is None else self.training.waveforms
        clips = self.training.clips.iloc[positions]
        return TrainingClips(
            self.union or inputs,
            rows,
            self._targets(clips),
            self.training.durations_s[positions],
            strata(clips, self.dimensions),
        )

    def val_dataloader(self) -> DataLoader:
        """Return the validation split, longest clips first."""
        validation = np.flatnonzero(self.training.split == "validation")
        labels = self._targets(self.training.clips.iloc[validation])
        return self.evaluation_dataloader(self.training.inputs, validation, labels, self.training.waveforms.lengths)

    def predict_dataloader(self) -> list[DataLoader]:
        """Return the test sets in the order of `tests`, then the validation split if the task is emotions."""
        loaders = []
        for name in self.tests:
            clips = self.test_clips(name)
            manifest, store = self.corpora[name]
            labels = self._labels(manifest.iloc[clips])
            loaders.append(self.evaluation_dataloader(self.inputs[name], clips, labels, store.lengths))
        validated = not self.dimensions and (self.training.split == "validation").any()
        return [*loaders, self.val_dataloader()] if validated else loaders

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Augment training batches on the device, but deterministically on the CPU: CUDA's vocoder is not."""
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return batch
        device = torch.device("cpu") if torch.are_deterministic_algorithms_enabled() else batch.inputs.device
        waveforms, lengths = batch.inputs.to(device), batch.lengths.to(device)
        augmented = self.augmentation(waveforms, lengths, self.trainer.global_step)
        return batch._replace(inputs=augmented.to(batch.inputs.device))

    def test_clips(self, name: str) -> np.ndarray:
        """Return the positions of the clips that a test set is scored on."""
        return scored_positions(name, self.splits, len(self.corpora[name][0]))

    def class_counts(self) -> np.ndarray:
        """Return (emotions,) training clips of each emotion, for soft labels the sums of its shares.

        They are equal for balanced sampling, and 0 for missing emotions.
        """
        clips = self.training.clips[self.training.split == "train"]
        labels = self._targets(clips)
        counts = labels.sum(axis=0) if self.soft else np.bincount(labels, minlength=len(self.emotions))
        return np.where(counts > 0, counts.sum() / np.count_nonzero(counts), 0) if self.batching.balanced else counts

    def _targets(self, clips: pd.DataFrame) -> np.ndarray:
        """Return what a model is trained on and validated with."""
        return soft_labels(clips, self.emotions) if self.soft else self._labels(clips)

    def _labels(self, clips: pd.DataFrame) -> np.ndarray:
        return dimension_labels(clips) if self.dimensions else emotion_labels(clips, self.emotions)

    def _training_rows(self) -> np.ndarray:
        """Return the rows of the training clips, and of their augmented copies if there is a union."""
        clips = np.flatnonzero(self.training.split == "train")
        copies = 1 if self.union is None else self.union.copies
        return np.concatenate([clips + copy * len(self.training.clips) for copy in range(copies)])
