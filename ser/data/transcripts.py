"""The LightningDataModule of transcribed speech: training and validation clips as batches."""

import numpy as np
from torch.utils.data import DataLoader

from ser.audio.ragged import Joined
from ser.audio.store import Store
from ser.data.stream import Batching, ClipData, TrainingClips

NO_CHARACTER = -100
"""Pads transcripts to the longest, with the value of transformers' CTC models."""


class TranscribedData(ClipData):
    """Batches of transcribed clips.

    Args:
        store: all clips.
        inputs: waveform or features of each clip.
        labels: (clips, characters) token indices; `NO_CHARACTER` after the end of a transcript.
        train: (n,) positions of the training clips.
        validation: (n,) positions of the validation clips, which are predicted too.
        batching: size and order of batches.
    """

    def __init__(
        self,
        store: Joined[Store],
        inputs: Joined,
        labels: np.ndarray,
        train: np.ndarray,
        validation: np.ndarray,
        batching: Batching,
    ) -> None:
        super().__init__(batching)
        self.store = store
        self.inputs = inputs
        self.labels = labels
        self.train = train
        self.validation = validation

    def training_clips(self) -> TrainingClips:
        """Return the training clips."""
        durations_s = np.concatenate([store.durations_s for store in self.store.parts])
        return TrainingClips(self.inputs, self.train, self.labels[self.train], durations_s[self.train])

    def val_dataloader(self) -> DataLoader:
        """Return the validation clips, longest first."""
        labels = self.labels[self.validation]
        return self.evaluation_dataloader(self.inputs, self.validation, labels, self.store.lengths)

    def predict_dataloader(self) -> DataLoader:
        """Return the validation clips."""
        return self.val_dataloader()
