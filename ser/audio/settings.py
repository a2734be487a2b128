"""The settings of the `augmentation` group; apart from the code, so that no torch is needed to check it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ser.numbers import StrictReal
from ser.parts import Choice, Kind

TRANSFORMS = Kind(
    "augmentation",
    {
        "coloured_noise": "ser.audio.named_transforms.coloured_noise",
        "pitch_shift": "ser.audio.named_transforms.pitch_shift",
        "gain": "ser.audio.named_transforms.gain",
        "time_mask": "ser.audio.named_transforms.time_mask",
        "background_noise": "ser.audio.named_transforms.background_noise",
        "impulse_response": "ser.audio.named_transforms.impulse_response",
    },
    example="torch_audiomentations.LowPassFilter",
    keywords=("p", "sample_rate", "output_type"),
)


class Transform(Choice):
    """A transform, the probability of a clip to go through it, and its keys."""

    part_key = "type"
    kind = TRANSFORMS
    type: str
    probability: Annotated[StrictReal, Field(gt=0, le=1)]


def recordings(folder: Path) -> list[Path]:
    """List what a transform draws from, in the order in which it draws."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".wav")


class AugmentationSettings(BaseModel):
    """Transforms of the training clips, applied one after the other, or each to a copy of the training set.

    In a union a copy is transformed for certain, whatever the probability.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    mode: Literal["on_the_fly", "union"]
    transforms: tuple[Transform, ...]
