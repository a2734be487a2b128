"""What may stand in the groups that make up the network and its loss; no torch is needed to check it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

PositiveWhole = Annotated[StrictInt, Field(gt=0)]
Share = Annotated[float, Field(strict=True, ge=0, lt=1)]
NonNegative = Annotated[float, Field(strict=True, ge=0)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class PlainPooling(_Settings):
    """Over time, with nothing to learn."""

    name: Literal["mean", "max", "sum"]


class AttentivePooling(_Settings):
    """Over time, with weights that are learned."""

    name: Literal["attentive_statistics", "ecapa_tdnn"]
    attention_width: PositiveWhole


PoolingSettings = Annotated[PlainPooling | AttentivePooling, Field(discriminator="name")]


class AnyLayers(_Settings):
    """The last layer's states, or all layers' with weights that are learned."""

    name: Literal["last", "weighted_before_pooling", "weighted_after_pooling"]


class OneLayer(_Settings):
    """The states above one layer; 0 is what enters the first."""

    name: Literal["one"]
    layer: Annotated[StrictInt, Field(ge=0)]


LayersSettings = Annotated[AnyLayers | OneLayer, Field(discriminator="name")]


class HeadSettings(_Settings):
    """From the pooled clip to the logits."""

    name: str
    hidden_width: PositiveWhole | None
    batch_norm: bool
    dropout: Share
    weight_decay: NonNegative | None


class PlainFreezing(_Settings):
    """The convolutions, or the whole encoder, from beginning to end."""

    name: Literal["convolutions", "encoder"]


class FirstLayers(_Settings):
    """So many layers, and all that is below them."""

    name: Literal["first_layers"]
    layers: PositiveWhole


class AtFirst(_Settings):
    """The whole encoder, until so many optimiser steps are done."""

    name: Literal["at_first"]
    steps: PositiveWhole


FreezingSettings = Annotated[PlainFreezing | FirstLayers | AtFirst, Field(discriminator="name")]


class LossSettings(_Settings):
    """Of the emotions."""

    name: str
    class_weights: Literal["inverse_frequency", "none"]
    smoothing: Share
    focusing: NonNegative

    @model_validator(mode="after")
    def _smooth_or_focused(self) -> "LossSettings":
        if self.smoothing and self.focusing:
            raise ValueError("smoothing and focusing are two losses: one of them is 0")
        return self


MEAN = PlainPooling(name="mean")
LAST = AnyLayers(name="last")
LINEAR = HeadSettings(name="linear", hidden_width=None, batch_norm=False, dropout=0.0, weight_decay=None)
CONVOLUTIONS = PlainFreezing(name="convolutions")
INVERSE_FREQUENCY = LossSettings(
    name="inverse_frequency", class_weights="inverse_frequency", smoothing=0.0, focusing=0.0
)
