"""The schema of the configuration: what may stand in it, in which type and range."""

from ser.settings.cell import CellSettings, SearchSettings, TrainSettings
from ser.settings.data import (
    AudioSettings,
    CorpusSettings,
    DatasetSettings,
    FoldsSplit,
    LeaveOneCorpusOut,
    LeaveOneSpeakerOut,
    OfficialSplit,
    Seed,
    SeedSettings,
    SpeakerSplit,
    SplitSettings,
)
from ser.settings.part import Part
from ser.settings.run import FolderName, ModelSettings, PretuneLevel, TrackedSettings, TrainingRunSettings
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
    "FoldsSplit",
    "LeaveOneCorpusOut",
    "LeaveOneSpeakerOut",
    "ModelSettings",
    "NumericsSettings",
    "OfficialSplit",
    "Part",
    "PretuneLevel",
    "ProtocolSettings",
    "SearchSettings",
    "Seed",
    "SeedSettings",
    "SpeakerSplit",
    "SplitSettings",
    "TrackedSettings",
    "TrackerSettings",
    "TrainSettings",
    "TrainerSettings",
    "TrainingRunSettings",
    "TrainingSettings",
    "TranscriptionSettings",
]
