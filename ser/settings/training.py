"""Settings of task, training protocol, numerics, device and tracker."""

import re
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator

from ser.logistics import logistics
from ser.numbers import Threads
from ser.settings.part import Part, Variant


class EmotionsTask(Variant):
    """Classification of emotions, trained on each clip's label or on the shares of its raters' votes."""

    name: Literal["emotions"]
    labels: Literal["majority", "soft"] = "majority"


class DimensionsTask(Variant):
    """Regression of arousal, valence and dominance."""

    name: Literal["dimensions"]
    loss: Literal["ccc", "mse"]


TaskSettings = Annotated[EmotionsTask | DimensionsTask, Field(discriminator="name")]


class ProtocolSettings(Part):
    """Training protocol: optimisation, validation and stopping."""

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
    """Training protocol of emotion recognition."""

    name: str = logistics()
    sampling: Literal["every_clip", "balanced"]
    accumulate: PositiveInt = 1
    gradient_checkpointing: bool = logistics(False)  # the same bits, in less memory


class TranscriptionSettings(ProtocolSettings):
    """Training protocol of transcription."""

    warm_up: float = Field(ge=0, lt=1)


class NumericsSettings(Part):
    """Arithmetic of training; fast numerics round slightly differently from plain ones."""

    name: str = logistics()
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"]
    tf32: bool
    deterministic: bool
    fused_optimizer: bool
    attention: Literal["sdpa", "eager"]
    cnn_features: Literal["float16", "float32", "none"]


class TrainerSettings(Part):
    """Device, batches without gradients, caches and checkpoints."""

    name: str
    accelerator: Literal["auto", "cpu", "gpu", "cuda", "mps"]
    threads: Threads | None
    evaluation_batch_size: PositiveInt | None
    features_gb: NonNegativeFloat
    checkpoint_minutes: NonNegativeFloat
    progress_bar: bool


class TrackerSettings(Part):
    """The tracker of the cells; no tracking without a URI."""

    name: str
    uri: str | None

    @field_validator("uri")
    @classmethod
    def _require_tracking_store(cls, uri: str | None) -> str | None:
        kinds = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks")
        if uri is not None and re.split(r"[+:]", uri)[0] not in kinds:
            raise ValueError(f"the URI starts with one of {', '.join(kinds)}; tracker=none turns tracking off")
        if uri is not None and uri.startswith("sqlite"):
            path, _, query = uri.partition("?")
            if re.search("%[0-9a-fA-F]{2}", path) or (query and not re.fullmatch(r"\w+=[^/]*", query)):
                raise ValueError(
                    "SQLite cuts a path at ? and rewrites %20 and the like; choose another sweeps_dir, or name a"
                    " database elsewhere: tracker.uri=sqlite:///<path>"
                )
        return uri
