"""What is learned, by which protocol, with which arithmetic, where, and who is told."""

import re
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from ser.logistics import logistics
from ser.settings.part import Kind, Part


class EmotionsTask(Kind):
    """Which emotion a clip expresses."""

    name: Literal["emotions"]


class DimensionsTask(Kind):
    """How much arousal, valence and dominance it has."""

    name: Literal["dimensions"]
    loss: Literal["ccc", "mse"]


TaskSettings = Annotated[EmotionsTask | DimensionsTask, Field(discriminator="name")]


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


class TrainingSettings(ProtocolSettings):
    """The protocol of learning emotions."""

    name: str = logistics()
    sampling: Literal["every_clip", "balanced"]


class TranscriptionSettings(ProtocolSettings):
    """The protocol of learning to transcribe."""

    warm_up: float = Field(ge=0, lt=1)


class NumericsSettings(Part):
    """How the arithmetic is done; what is fast rounds a little differently from what is plain."""

    name: str = logistics()
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
    tf32: bool
    deterministic: bool
    fused_optimizer: bool
    attention: Literal["sdpa", "eager"]
    cnn_features: Literal["float16", "float32", "none"]


class TrainerSettings(Part):
    """Where a cell runs."""

    name: str
    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps"]
    threads: PositiveInt | None
    evaluation_batch_size: PositiveInt | None
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
        if uri is not None and uri.startswith("sqlite"):
            path, _, query = uri.partition("?")
            if re.search("%[0-9a-fA-F]{2}", path) or (query and not re.fullmatch(r"\w+=[^/]*", query)):
                raise ValueError(
                    "SQLite cuts a path at ? and rewrites %20 and the like; choose another sweeps_dir, or name a"
                    " database elsewhere: tracker.uri=sqlite:///<path>"
                )
        return uri
