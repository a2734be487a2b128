"""A finished cell, opened again: its corpora, its split, and its encoder before and after training."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import yaml
from safetensors.torch import load_file

from ser import records
from ser.audio.ragged import Ragged
from ser.cell import build_network, open_all_inputs, split_all
from ser.corpora import Corpus
from ser.data.joined import tested
from ser.data.labels import emotion_labels, known_emotions
from ser.errors import ConfigError, RecordError, UserError
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.settings import TrainSettings
from ser.sources import Source, open_sources
from ser.sweep.identity import changes, describe


class Probed(NamedTuple):
    """What a probe needs of a cell.

    Attributes:
        settings: of the cell.
        sources: its corpora, by name.
        splits: (clips,) part of each clip of the corpora that are trained on, by name.
        emotions: the classes of its model.
    """

    settings: TrainSettings
    sources: Mapping[str, Source]
    splits: Mapping[str, np.ndarray]
    emotions: tuple[str, ...]
    folder: Path

    def encoder(self, checkpoint: str) -> SpeechEncoder:
        """Load an encoder as the cell loads its own."""
        chosen = self.settings
        return SpeechEncoder(checkpoint, chosen.audio.sample_rate, chosen.numerics.attention, chosen.model.architecture)

    def start(self) -> SpeechEncoder:
        """Return the encoder that the cell began with."""
        return self.encoder(self.settings.checkpoint)

    def network(self) -> EmotionClassifier:
        """Return the network with the weights that the cell was scored with."""
        network = build_network(self.settings, self.start(), len(self.emotions))
        network.load_state_dict(load_file(self.folder / records.WEIGHTS), strict=False)
        return network

    def fine_tuned(self) -> SpeechEncoder:
        """Return the encoder with the weights that the cell was scored with."""
        return self.network().encoder

    def inputs(self, encoder: SpeechEncoder, limit_gb: float, device: torch.device) -> dict[str, Ragged]:
        """Return what an encoder is given of each clip, by corpus."""
        return open_all_inputs(self.settings, encoder, self.sources, limit_gb, device)

    def corpus(self, name: str) -> Corpus:
        """Return a corpus."""
        return self.sources[name].corpus

    def labels(self, name: str) -> np.ndarray:
        """Return (clips,) the places of a corpus's emotions among those of the model; -1 where it has no such one."""
        return emotion_labels(self.corpus(name).clips, self.emotions)

    def tests(self) -> dict[str, np.ndarray]:
        """Return the test sets: name -> (n,) positions of the clips that are tested on."""
        return {name: tested(name, self.splits, len(self.corpus(name).clips)) for name in self.settings.tests}


def open_cell(folder: Path) -> Probed:
    """Open a finished cell that kept its weights.

    Raises:
        ConfigError: it is no cell of emotions, is not finished, or kept no weights.
        RecordError: its configuration cannot be read.
        UserError: a corpus or the checkpoint has changed since.
    """
    cell = records.description(folder)
    if cell is None or records.state(folder) != "finished":
        raise ConfigError(f"cell={folder}: no finished cell; it is a folder like multirun_sweeps/<sweep>/model=...")
    if not (folder / records.WEIGHTS).is_file():
        raise ConfigError(f"cell={folder}: it kept no weights; train it in another sweep with keep_weights=true")
    settings = _settings(folder / records.CONFIG)
    if settings.task.name != "emotions":
        raise ConfigError(f"cell={folder}: probes are of emotions, and its task is {settings.task.name}")
    now = describe(settings)
    if now.signature != cell.signature:
        different = "\n         ".join(changes(cell.parameters, now.parameters))
        raise UserError(f"{folder}: what it was trained on or with has changed since:\n         {different}")
    sources = open_sources(settings)
    splits = split_all(settings, sources)
    trained = [name for name, split in splits.items() if (split == "train").any()]
    emotions = known_emotions(pd.concat([sources[name].corpus.clips for name in trained]))
    return Probed(settings, sources, splits, emotions, folder)


def _settings(path: Path) -> TrainSettings:
    try:
        return TrainSettings.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise RecordError(path, reason, "train the cell anew in another sweep (sweep=...)") from error
