"""The schema of the configuration: its keys, with their types and ranges."""

from ser.settings.cell import CellSettings, SearchSettings, TrainSettings
from ser.settings.data import (
    AudioSettings,
    CorpusSettings,
    DatasetSettings,
    Seed,
    SeedSettings,
    SplitSettings,
)
from ser.settings.part import FolderName, Part
from ser.settings.run import ModelSettings, PretuneLevel, TrackedSettings, TrainingRunSettings
from ser.settings.training import (
    NumericsSettings,
    ProtocolSettings,
    TrackerSettings,
    TrainerSettings,
    TrainingSettings,
    TranscriptionSettings,
)

__all__ = [
    "AudioSettings",
    "CellSettings",
    "CorpusSettings",
    "DatasetSettings",
    "FolderName",
    "ModelSettings",
    "NumericsSettings",
    "Part",
    "PretuneLevel",
    "ProtocolSettings",
    "SearchSettings",
    "Seed",
    "SeedSettings",
    "SplitSettings",
    "TrackedSettings",
    "TrackerSettings",
    "TrainSettings",
    "TrainerSettings",
    "TrainingRunSettings",
    "TrainingSettings",
    "TranscriptionSettings",
]
