"""A finished cell with its corpora, its split, and its encoder before and after training."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from ser.audio.ragged import Ragged
from ser.corpora import Corpus
from ser.data.joined import scored_positions
from ser.data.labels import emotion_classes, emotion_labels
from ser.errors import ConfigError, UserError
from ser.fine_tuning import kept_network, load_encoder, open_all_inputs, split_all
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.frozen import Features
from ser.settings import TrainSettings
from ser.sources import Source, open_sources
from ser.sweep.identity import describe, differences
from ser.sweep.kept import open_kept


class FinishedCell(NamedTuple):
    """A finished cell that kept its weights.

    Attributes:
        settings: the cell's settings.
        sources: name -> corpus and decoded audio.
        splits: name of a training corpus -> (clips,) part of each clip.
        emotions: the classes of the model.
        folder: the cell's folder.
    """

    settings: TrainSettings
    sources: Mapping[str, Source]
    splits: Mapping[str, np.ndarray]
    emotions: tuple[str, ...]
    folder: Path

    def encoder(self, checkpoint: str) -> SpeechEncoder:
        """Return the encoder of a checkpoint, loaded with the cell's settings."""
        return load_encoder(self.settings, checkpoint)

    def pretrained(self) -> SpeechEncoder:
        """Return the encoder before training."""
        return self.encoder(self.settings.checkpoint)

    def network(self) -> EmotionClassifier:
        """Return the network with the weights that were scored."""
        return kept_network(self.settings, self.folder, len(self.emotions))

    def fine_tuned(self) -> SpeechEncoder:
        """Return the encoder with the weights that were scored."""
        return self.network().encoder

    def inputs(self, encoder: SpeechEncoder, limit_gb: float, device: torch.device) -> dict[str, Ragged]:
        """Return corpus -> the input of an encoder for each clip."""
        return open_all_inputs(self.settings, [Features(encoder)], self.sources, limit_gb, device)

    def corpus(self, name: str) -> Corpus:
        """Return the corpus of this name."""
        return self.sources[name].corpus

    def labels(self, name: str) -> np.ndarray:
        """Return (clips,) the class index of each clip of a corpus; -1 for emotions that the model does not have."""
        return emotion_labels(self.corpus(name).clips, self.emotions)

    def tests(self) -> dict[str, np.ndarray]:
        """Return test set -> (n,) positions of the clips that are scored."""
        return {name: scored_positions(name, self.splits, len(self.corpus(name).clips)) for name in self.settings.tests}


def open_cell(folder: Path) -> FinishedCell:
    """Return a finished cell that kept its weights.

    Raises:
        ConfigError: the cell does not classify emotions, is not finished, or kept no weights.
        RecordError: its result, its configuration or its weights are damaged.
        UserError: a corpus or the checkpoint has changed since.
    """
    _, settings, record = open_kept(folder)
    if settings.task.name != "emotions":
        raise ConfigError(f"cell={folder}: probes classify emotions, and the cell's task is {settings.task.name}")
    current = describe(settings)
    if current.signature != record.signature:
        different = differences(record, current)
        raise UserError(f"{folder}: its data or its checkpoint have changed since training:\n         {different}")
    sources = open_sources(settings)
    splits = split_all(settings, sources)
    trained = [name for name, split in splits.items() if (split == "train").any()]
    emotions = emotion_classes(pd.concat([sources[name].corpus.clips for name in trained]))
    return FinishedCell(settings, sources, splits, emotions, folder)
