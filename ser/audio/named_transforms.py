"""The transforms of the `augmentation` group: functions whose parameters are the keys of a transform.

They are given `p`, `sample_rate` and `output_type`, as every class of torch-audiomentations is, and return such a
transform. torch is imported when one is made, not to check a configuration.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, FiniteFloat

from ser.audio.settings import recordings
from ser.errors import ConfigError
from ser.logistics import logistics
from ser.numbers import Decay, Decibels, StrictReal

if TYPE_CHECKING:
    from torch_audiomentations.core.transforms_interface import BaseWaveformTransform


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] >= limits[1]:
        raise ValueError(f"the lower limit comes first and is smaller than the upper one; got {list(limits)}")
    return limits


DecibelRange = Annotated[tuple[Decibels, Decibels], AfterValidator(_ordered)]
"""[lowest, highest]: a value is drawn uniformly between the two."""
DecayRange = Annotated[tuple[Decay, Decay], AfterValidator(_ordered)]
Semitones = Annotated[FiniteFloat, Field(ge=-12, le=12)]
SemitoneRange = Annotated[tuple[Semitones, Semitones], AfterValidator(_ordered)]
Fraction = Annotated[StrictReal, Field(gt=0, lt=1)]
Folder = Annotated[Path, logistics()]
"""Of recordings: what is in it counts, not where it is."""


def coloured_noise(*, snr_db: DecibelRange, spectral_decay: DecayRange, **common: Any) -> "BaseWaveformTransform":
    """Return a transform that adds noise of a random colour; `spectral_decay` -2 is violet, 0 white, 2 brown."""
    from torch_audiomentations import AddColoredNoise

    return AddColoredNoise(*snr_db, *spectral_decay, **common)


def pitch_shift(*, semitones: SemitoneRange, **common: Any) -> "BaseWaveformTransform":
    """Return a transform to another pitch at the same tempo."""
    from ser.audio.transforms import PitchShift

    return PitchShift(semitones, **common)


def gain(*, gain_db: DecibelRange, **common: Any) -> "BaseWaveformTransform":
    """Return a transform to another level."""
    from torch_audiomentations import Gain

    return Gain(*gain_db, **common)


def time_mask(*, max_fraction: Fraction, **common: Any) -> "BaseWaveformTransform":
    """Return a transform that silences a stretch, anywhere, of at most this fraction of the clip."""
    from ser.audio.transforms import TimeMask

    return TimeMask(max_fraction, **common)


def background_noise(*, folder: Folder, snr_db: DecibelRange, **common: Any) -> "BaseWaveformTransform":
    """Return a transform that adds recorded noise: the .wav files of a folder and those below it.

    Raises:
        ConfigError: the folder is not there, or holds no .wav file.
    """
    from torch_audiomentations import AddBackgroundNoise

    return AddBackgroundNoise(_recordings(folder, "background_noise"), *snr_db, **common)


def impulse_response(*, folder: Folder, **common: Any) -> "BaseWaveformTransform":
    """Return a transform to the sound of a room: impulse responses, the .wav files of a folder and those below it.

    Raises:
        ConfigError: as `background_noise`.
    """
    from ser.audio.transforms import ImpulseResponse

    return ImpulseResponse(_recordings(folder, "impulse_response"), compensate_for_propagation_delay=True, **common)


def _recordings(folder: Path, kind: str) -> list[Path]:
    """List the .wav files in an order that no file system changes: which one is drawn depends on it."""
    files = recordings(folder)
    if not files:
        problem = "no .wav file in or below" if folder.is_dir() else "there is no folder"
        raise ConfigError(f"augmentation {kind}: {problem} {folder}; set its 'folder' to one with recordings")
    return files
