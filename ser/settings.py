"""The schema of the training configuration: what may stand in it, in which type and range.

Two kinds of key: those that change the science, and logistics (where files lie, which device, who is told),
which are marked `logistics()` and stay out of a cell's signature.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ser.audio.settings import AugmentationSettings
from ser.logistics import is_logistics, logistics
from ser.network_settings import (
    INVERSE_FREQUENCY,
    FreezingSettings,
    HeadSettings,
    LayersSettings,
    LossSettings,
    PoolingSettings,
)


class Part(BaseModel):
    """A part of the configuration: unknown keys are refused, and nothing changes after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def science(self) -> dict[str, Any]:
        """Return what changes the results, as plain values: everything but logistics."""
        return _science(self)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, field: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[str(field.field_name)].annotation is not bool:
            raise ValueError("true and false are values of other keys")
        return value


class ModelSettings(Part):
    """An architecture, with one checkpoint (hub id, `id@revision` or folder) for each level of `pretune`."""

    name: str
    checkpoints: dict[str, str]


class PretuneLevel(Part):
    """A level of language-based pre-fine-tuning.

    Its checkpoint stands in the model's own file, or is one that `ser.pretune` made of so many hours of a language.
    """

    name: str
    language: str | None = None
    hours: PositiveFloat | None = None


class CorpusSettings(Part):
    """Where a corpus lies and how it is read; further keys are the reader's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    reader: str
    root: Path | None = logistics()
    table: Path | None = logistics(None)
    channel: NonNegativeInt
    outside: Literal["drop", "refuse"] = "refuse"
    leave_out: list[str] = []
    scale: tuple[float, float] | None = None

    @field_validator("scale")
    @classmethod
    def _lowest_first(cls, scale: tuple[float, float] | None) -> tuple[float, float] | None:
        if scale is not None and scale[0] >= scale[1]:
            raise ValueError("the lowest rating comes first")
        return scale

    @property
    def options(self) -> dict[str, Any]:
        """What the reader takes beside the root."""
        return (self.model_extra or {}) | ({"table": self.table} if self.table else {})


class DatasetSettings(Part):
    """Which corpora are trained on, one name or several, and which are test sets."""

    name: str
    train: list[str] = Field(min_length=1)
    tests: list[str] = Field(min_length=1)
    corpora: dict[str, CorpusSettings]

    @field_validator("train", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def used(self) -> list[str]:
        """The corpora that are trained on or tested on, the former first."""
        return list(dict.fromkeys((*self.train, *self.tests)))

    @model_validator(mode="after")
    def _known_corpora(self) -> "DatasetSettings":
        if len(set(self.train)) < len(self.train):
            raise ValueError("a corpus is named twice in dataset.train; name it once")
        for name in self.used:
            if name not in self.corpora:
                raise ValueError(f"corpus '{name}' is not among dataset.corpora: {', '.join(self.corpora)}")
        reserved = {"train", "validation"} & set(self.tests)
        if reserved:
            raise ValueError(f"a test set cannot be called {reserved.pop()}: the training curves are")
        return self


Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""What NumPy and Lightning take for a seed."""


class SeedSettings(Part):
    """`value` seeds the training; `split` seeds the split and follows `value` unless it is set."""

    name: str = logistics()
    value: Seed
    split: Seed


class AudioSettings(Part):
    """What every clip is made into before it is stored."""

    sample_rate: PositiveInt
    loudness_lufs: float | None = Field(gt=-70, le=0)  # BS.1770 hears nothing below -70 LUFS


class ProtocolSettings(Part):
    """A protocol of training: optimisation, validation and stopping."""

    epochs: PositiveInt
    batch_size: PositiveInt
    batch_seconds: PositiveFloat | None = None
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    gradient_clip_norm: PositiveFloat | None
    validate_every_steps: PositiveInt
    patience: PositiveInt
    minimum_improvement: NonNegativeFloat


class NumericsSettings(Part):
    """How the arithmetic is done; what is fast rounds a little differently from what is plain."""

    name: str = logistics()
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
    tf32: bool
    fused_optimizer: bool
    attention: Literal["sdpa", "eager"]
    cnn_features: Literal["float16", "float32", "none"]


class _Kind(BaseModel):
    """As `Part`, less its validator, which pydantic does not take where a name tells kinds apart."""

    model_config = Part.model_config


class SpeakerSplit(_Kind):
    """Speakers are dealt out anew for every seed."""

    name: Literal["speaker"]


class OfficialSplit(_Kind):
    """The split that the authors of the corpus publish."""

    name: Literal["official"]
    overlap: Literal["refuse", "warn"] = logistics()


class FoldsSplit(_Kind):
    """A fold of a table or of EmoBox; what stands in the file is part of a cell's signature, its place is not."""

    name: Literal["folds"]
    file: Path = logistics()
    fold: StrictInt | str
    overlap: Literal["refuse", "warn"] = logistics()


class LeaveOneCorpusOut(_Kind):
    """One of several training corpora is tested on, whole, and not trained on."""

    name: Literal["leave_one_corpus_out"]
    corpus: str


class LeaveOneSpeakerOut(_Kind):
    """The speaker of a number, counted from 1, is tested on."""

    name: Literal["leave_one_speaker_out"]
    speaker: Annotated[StrictInt, Field(ge=1)]


SplitSettings = Annotated[
    SpeakerSplit | OfficialSplit | FoldsSplit | LeaveOneCorpusOut | LeaveOneSpeakerOut, Field(discriminator="name")
]


class EmotionsTask(_Kind):
    """Which emotion a clip expresses."""

    name: Literal["emotions"]


class DimensionsTask(_Kind):
    """How much arousal, valence and dominance it has."""

    name: Literal["dimensions"]
    loss: Literal["ccc", "mse"]


TaskSettings = Annotated[EmotionsTask | DimensionsTask, Field(discriminator="name")]


class TrainingSettings(ProtocolSettings):
    """The protocol of learning emotions."""

    name: str = logistics()
    sampling: Literal["every_clip", "balanced"]


class TranscriptionSettings(ProtocolSettings):
    """The protocol of learning to transcribe."""

    warm_up: float = Field(ge=0, lt=1)


class TrainerSettings(Part):
    """Where a cell runs."""

    name: str
    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps"]
    threads: PositiveInt | None
    evaluation_batch_size: PositiveInt
    features_gb: NonNegativeFloat
    checkpoint_minutes: NonNegativeFloat
    progress_bar: bool


class TrackerSettings(Part):
    """Who is told about the cells; without a URI nobody is."""

    name: str
    uri: str | None

    @field_validator("uri")
    @classmethod
    def _store_that_keeps_scores(cls, uri: str | None) -> str | None:
        kinds = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks")
        if uri is not None and re.split(r"[+:]", uri)[0] not in kinds:
            raise ValueError(f"runs are kept behind {', '.join(kinds)}; tracker=none tells nobody")
        return uri


class CellSettings(Part):
    """What is trained, on what, how and where."""

    corpora_dir: Path = logistics()
    store_dir: Path = logistics()
    checkpoints_dir: Path = logistics()
    model: ModelSettings
    pretune: PretuneLevel
    dataset: DatasetSettings
    task: TaskSettings
    seed: SeedSettings
    split: SplitSettings
    audio: AudioSettings
    augmentation: AugmentationSettings
    pooling: PoolingSettings
    layers: LayersSettings
    head: HeadSettings
    freezing: FreezingSettings
    loss: LossSettings
    training: TrainingSettings
    numerics: NumericsSettings
    trainer: TrainerSettings = logistics()

    @model_validator(mode="after")
    def _known_pair(self) -> "CellSettings":
        if self.pretune.name not in self.model.checkpoints and not self._made.is_dir():
            pairs = ", ".join(f"{self.model.name} x {level}" for level in self.model.checkpoints)
            raise ValueError(
                f"no checkpoint for model={self.model.name} pretune={self.pretune.name}; there are {pairs}."
                f" Add one: +model.checkpoints.{self.pretune.name}=<hub id or folder>, or make {self._made}:"
                f" python -m ser.pretune model={self.model.name} pretune={self.pretune.name}"
            )
        return self

    @model_validator(mode="after")
    def _leaves_out_one_of_several(self) -> "CellSettings":
        if isinstance(self.split, LeaveOneCorpusOut):
            train, corpus = self.dataset.train, self.split.corpus
            if len(train) < 2 or corpus not in train or corpus not in self.dataset.tests:
                raise ValueError(
                    f"split.corpus={corpus}: leave_one_corpus_out takes a corpus of dataset.tests that is one of"
                    f" several in dataset.train, which has {', '.join(train)}; see dataset=emodb_emovo"
                )
        return self

    @model_validator(mode="after")
    def _choices_of_the_task(self) -> "CellSettings":
        if self.task.name == "dimensions" and (self.loss != INVERSE_FREQUENCY or self.training.sampling == "balanced"):
            raise ValueError(
                "loss and training.sampling are choices of task=emotions; the loss of task=dimensions is task.loss"
            )
        return self

    @property
    def tests(self) -> list[str]:
        """The test sets: where a corpus is left out, none of those that are trained on whole."""
        if not isinstance(self.split, LeaveOneCorpusOut):
            return self.dataset.tests
        whole = set(self.dataset.train) - {self.split.corpus}
        return [name for name in self.dataset.tests if name not in whole]

    @property
    def checkpoint(self) -> str:
        """The encoder that this cell fine-tunes: what the model's file names, or what was made for this level."""
        return self.model.checkpoints.get(self.pretune.name) or str(self._made.absolute())

    @property
    def _made(self) -> Path:
        """Where `ser.pretune` puts what it makes, unless it is told otherwise."""
        return self.checkpoints_dir / f"{self.model.name}-{self.pretune.name}"


class TrainSettings(CellSettings):
    """A cell, the sweep that it belongs to, and who is told of it."""

    sweep: Annotated[str, Field(min_length=1)] = logistics()
    sweeps_dir: Path = logistics()
    leakage: Literal["refuse", "report"] = logistics()
    swept: list[str] = logistics()
    on_change: Literal["stop", "rerun"] = logistics()
    fail_fast: bool = logistics()
    max_parallel: PositiveInt | None = logistics()
    keep_weights: bool = logistics()
    tracker: TrackerSettings = logistics()


class SearchSettings(CellSettings):
    """What is not searched for, and how long and on how much is searched."""

    search: Annotated[str, Field(pattern=r"^[\w.+-]+$")]
    searches_dir: Path = logistics()
    trials: PositiveInt = logistics()
    share: Annotated[float, Field(gt=0, le=1)]

    @property
    def folder(self) -> Path:
        """The folder of the search."""
        return self.searches_dir / self.search


def _science(value: Any) -> Any:
    if isinstance(value, BaseModel):
        kept = {
            name: getattr(value, name) for name, field in type(value).model_fields.items() if not is_logistics(field)
        }
        return _science(kept | (value.model_extra or {}))
    if isinstance(value, dict):
        return {str(key): _science(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_science(item) for item in value]
    return str(value) if isinstance(value, Path) else value
