"""Transforms that torch-audiomentations 0.12 lacks, or that do not do there what their names say."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch_audiomentations import ApplyImpulseResponse
from torch_audiomentations.core.transforms_interface import BaseWaveformTransform
from torch_audiomentations.utils.dsp import calculate_rms
from torch_audiomentations.utils.io import Audio
from torch_audiomentations.utils.object_dict import ObjectDict
from torch_pitch_shift import pitch_shift
from torchaudio.functional import mask_along_axis

from ser.audio.decode import recording, samples_of
from ser.audio.pyav import REPLACE
from ser.errors import CorpusError

WINDOW_S = 0.025
RATE_STEP_HZ = 100


class PitchShift(BaseWaveformTransform):
    """Shift the pitch by semitones that are drawn uniformly, at the same tempo.

    The library's own transform draws among the few ratios that are quick to resample: at 16 kHz and within 3
    semitones these are -0.41 and 0.41 alone. It is based on the same vocoder, but with a rectangular window of 16 ms,
    which leaves a harmonic tone 10 to 20 dB above what is not harmonic; a Hann window of 25 ms leaves 23 to 57 dB, in a
    quarter of the time. The vocoder takes about 3 dB from speech, which are given back. Rates are rounded to 100 Hz
    (0.1 semitones at 16 kHz) to keep the resampling short.

    Args:
        semitones: lowest and highest shift.
        **common: what every transform of the library takes.
    """

    def __init__(self, semitones: tuple[float, float], **common: Any) -> None:
        super().__init__(**common)
        self.semitones = semitones

    def randomize_parameters(self, samples: torch.Tensor, **_: Any) -> None:
        """Draw a shift for each of the (batch, 1, samples)."""
        self.transform_parameters["semitones"] = torch.empty(len(samples)).uniform_(*self.semitones).tolist()

    def apply_transform(self, samples: torch.Tensor, sample_rate: int, **targets: Any) -> ObjectDict:
        """Shift each of the (batch, 1, samples)."""
        window = torch.hann_window(round(WINDOW_S * sample_rate), device=samples.device)
        steps = sample_rate // math.gcd(sample_rate, RATE_STEP_HZ)
        shifted = [
            pitch_shift(
                clip[None],
                Fraction(steps, round(steps * 2 ** (-semitones / 12))),
                sample_rate,
                n_fft=len(window),
                hop_length=len(window) // 4,
                window=window,
            )
            for clip, semitones in zip(samples, self.transform_parameters["semitones"], strict=True)
        ]
        return ObjectDict(samples=_at_level_of(samples, torch.cat(shifted)), sample_rate=sample_rate, **targets)


class TimeMask(BaseWaveformTransform):
    """Silence one stretch of the batch, anywhere, up to a fraction of its length.

    Args:
        max_fraction: of the length, in (0, 1).
        **common: what every transform of the library takes.
    """

    def __init__(self, max_fraction: float, **common: Any) -> None:
        super().__init__(**common)
        self.max_fraction = max_fraction

    def apply_transform(self, samples: torch.Tensor, **others: Any) -> ObjectDict:
        """Mask (batch, 1, samples)."""
        longest = int(self.max_fraction * samples.shape[-1])
        return ObjectDict(samples=mask_along_axis(samples, longest, mask_value=0.0, axis=2), **others)


class ImpulseResponse(ApplyImpulseResponse):
    """Convolve with an impulse response, and keep the level that the clips had."""

    def apply_transform(self, samples: torch.Tensor, **others: Any) -> ObjectDict:
        """Convolve (batch, 1, samples)."""
        convolved = super().apply_transform(samples, **others)
        convolved.samples = _at_level_of(samples, convolved.samples)
        return convolved


def _at_level_of(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Scale each of the (batch, 1, samples) to the root mean square that it had before."""
    return after * (calculate_rms(before) / calculate_rms(after).clamp(min=1e-8))[..., None]


class Recordings(Audio):
    """Reads any recording: the library's reader needs `torchaudio.info`, which is no more since 2.9."""

    def get_num_samples(self, file: Path) -> int:
        """Return the length at the sampling rate of the clips."""
        with recording(file) as opened:
            return math.ceil(opened.frames * self.sample_rate / opened.samplerate)

    def __call__(self, file: Path, sample_offset: int = 0, num_samples: int | None = None) -> torch.Tensor:
        """Read (1, num_samples) from an offset, or all there is, both counted at the sampling rate of the clips."""
        with recording(file) as opened:
            rate, ratio = opened.samplerate, opened.samplerate / self.sample_rate
            opened.seek(min(round(sample_offset * ratio), opened.frames))
            frames = math.inf if num_samples is None else math.ceil(num_samples * ratio)
            read = torch.from_numpy(samples_of(opened, frames).T)
        if read.shape[-1] == 0:
            raise CorpusError(f"{file}: holds no samples; {REPLACE}")
        samples = self.downmix_and_resample(read, rate)
        if num_samples is None:
            return samples
        return torch.nn.functional.pad(samples, (0, num_samples - samples.shape[-1]))
