"""The schema of the groups that make up the network and its loss; no torch is needed to check it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from ser.numbers import MOST, NonNegative, PositiveWhole, Share, StrictReal, Width
from ser.parts import Choice, Kind

POOLINGS = Kind(
    "pooling",
    {
        "mean": "ser.models.pooling.mean.Mean",
        "max": "ser.models.pooling.max.Max",
        "sum": "ser.models.pooling.sum.Sum",
        "attentive_statistics": "ser.models.pooling.attentive_statistics.AttentiveStatistics",
        "ecapa_tdnn": "ser.models.pooling.ecapa_tdnn.EcapaTdnn",
    },
    example="my_lab.pooling.GeM",
    positional=("width",),
)
LOSSES = Kind(
    "loss",
    {
        "inverse_frequency": "ser.models.losses.weighted_cross_entropy",
        "unweighted": "ser.models.losses.weighted_cross_entropy",
        "label_smoothing": "ser.models.losses.weighted_cross_entropy",
        "focal": "ser.models.losses.weighted_cross_entropy",
    },
    example="my_lab.losses.Asymmetric",
    optional=("class_counts",),
)


ModuleName = Annotated[str, Field(pattern=r"^\w+(\.\w+)*$")]
"""The end of a module's name: `q_proj`, or `attention.q_proj`."""


def _sorted(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class PoolingSettings(Choice):
    """Over time."""

    kind = POOLINGS
    name: str


class AnyLayers(_Settings):
    """The last layer's states, or all layers' with weights that are learned."""

    name: Literal["last", "weighted_before_pooling", "weighted_after_pooling"]


class OneLayer(_Settings):
    """The states above one layer; 0 is what enters the first."""

    name: Literal["one"]
    layer: Annotated[StrictInt, Field(ge=0, le=MOST)]


LayersSettings = Annotated[AnyLayers | OneLayer, Field(discriminator="name")]


class HeadSettings(_Settings):
    """From the pooled clip to the logits."""

    name: str
    hidden_width: Width | None
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


class Lora(_Settings):
    """The whole encoder, beside whose linear modules low-rank adapters are trained; null: those of its architecture."""

    name: Literal["lora"]
    rank: Width
    alpha: Annotated[StrictReal, Field(gt=0)]
    dropout: Share
    target_modules: Annotated[tuple[ModuleName, ...], Field(min_length=1), AfterValidator(_sorted)] | None


FreezingSettings = Annotated[PlainFreezing | FirstLayers | AtFirst | Lora, Field(discriminator="name")]


def freezes_layers(freezing: FreezingSettings) -> bool:
    """Return whether layers of the encoder are frozen from beginning to end, so that their states can be stored."""
    return isinstance(freezing, FirstLayers) or (isinstance(freezing, PlainFreezing) and freezing.name == "encoder")


class LossSettings(Choice):
    """Of the emotions."""

    kind = LOSSES
    name: str


MEAN = PoolingSettings(name="mean")
LAST = AnyLayers(name="last")
LINEAR = HeadSettings(name="linear", hidden_width=None, batch_norm=False, dropout=0.0, weight_decay=None)
CONVOLUTIONS = PlainFreezing(name="convolutions")
INVERSE_FREQUENCY = LossSettings.model_validate(
    {"name": "inverse_frequency", "class_weights": "inverse_frequency", "smoothing": 0.0, "focusing": 0.0}
)
