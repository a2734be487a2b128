"""The LightningDataModule of transcribed speech: what is trained on, and what is validated on, as batches."""

import numpy as np
from torch.utils.data import DataLoader

from ser.audio.ragged import Joined
from ser.audio.store import Store
from ser.data.stream import Batching, ClipData, TrainingClips

NO_CHARACTER = -100
"""Fills up transcripts that are shorter than the longest, as transformers' CTC models have it."""


class TranscribedData(ClipData):
    """Feeds transcribed clips.

    Args:
        store: all clips.
        inputs: what the model is given of each: its waveform or features.
        labels: (clips, characters) indices of the vocabulary; `NO_CHARACTER` after the end of a transcript.
        train: (n,) positions of the clips that are trained on.
        validation: (n,) positions of the clips that are validated on, and predicted.
        batching: how clips are put into batches.
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
        """Return the clips that are trained on."""
        durations_s = np.concatenate([store.durations_s for store in self.store.parts])
        return TrainingClips(self.inputs, self.train, self.labels[self.train], durations_s[self.train])

    def val_dataloader(self) -> DataLoader:
        """Return the clips that are validated on, longest first."""
        return self.evaluation_dataloader(self.inputs, self.validation, self.labels[self.validation])

    def predict_dataloader(self) -> DataLoader:
        """Return the same clips as for validation."""
        return self.val_dataloader()
