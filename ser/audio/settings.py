"""What may stand in the `augmentation` group; apart from the code, so that no torch is needed to check it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

from ser.logistics import logistics


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] >= limits[1]:
        raise ValueError(f"the lower limit comes first and is smaller than the upper one; got {list(limits)}")
    return limits


Range = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(_ordered)]
"""[lowest, highest]: a value is drawn uniformly between the two."""


Semitones = Annotated[FiniteFloat, Field(ge=-12, le=12)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Transform(_Settings):
    probability: float = Field(gt=0, le=1, strict=True)
    """Of being applied to a clip."""


class ColouredNoise(_Transform):
    """Noise of a random colour: `spectral_decay` -2 is violet, 0 white, 1 pink, 2 brown."""

    type: Literal["coloured_noise"]
    snr_db: Range
    spectral_decay: Range


class PitchShift(_Transform):
    """Another pitch at the same tempo."""

    type: Literal["pitch_shift"]
    semitones: Annotated[tuple[Semitones, Semitones], AfterValidator(_ordered)]


class Gain(_Transform):
    """Another level."""

    type: Literal["gain"]
    gain_db: Range


class TimeMask(_Transform):
    """A stretch of silence, anywhere, of at most this fraction of the clip."""

    type: Literal["time_mask"]
    max_fraction: float = Field(gt=0, lt=1, strict=True)


class BackgroundNoise(_Transform):
    """Recorded noise: the .wav files of a folder and those below it."""

    type: Literal["background_noise"]
    folder: Path = logistics()  # what is in it counts
    snr_db: Range


class ImpulseResponse(_Transform):
    """The sound of a room: impulse responses, the .wav files of a folder and those below it."""

    type: Literal["impulse_response"]
    folder: Path = logistics()  # what is in it counts


Transform = Annotated[
    ColouredNoise | PitchShift | Gain | TimeMask | BackgroundNoise | ImpulseResponse, Field(discriminator="type")
]


def recordings(folder: Path) -> list[Path]:
    """List what a transform draws from, in the order in which it draws."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".wav")


class AugmentationSettings(_Settings):
    """Transforms of the training clips, applied one after the other, or each to a copy of the training set.

    In a union a copy is transformed for certain, whatever the probability.
    """

    name: str
    mode: Literal["on_the_fly", "union"]
    transforms: tuple[Transform, ...]
