"""Augment the training batches: every clip apart, at its own length, and the same for the same seed."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_audiomentations import AddBackgroundNoise, AddColoredNoise, Compose, Gain
from torch_audiomentations.core.transforms_interface import BaseWaveformTransform

from ser.audio import settings, transforms
from ser.errors import ConfigError


class Augmentation:
    """Applies transforms to padded batches.

    A clip goes through the transforms without its padding, so that its noise is at the stated distance to its own
    level (the library averages over all samples it is given), and the padding stays zero.

    What is drawn depends on the seed and the step alone. The transforms draw from the generators that Python and
    torch share with everyone; these are set for the time of a call, and afterwards are as if there had been none.

    Args:
        chain: transforms, in the order of application.
        seed: the training seed.
    """

    def __init__(self, chain: Sequence[BaseWaveformTransform], seed: int) -> None:
        self.chain = Compose(chain, output_type="dict")
        self.seed = seed

    @torch.no_grad()
    def __call__(self, waveforms: torch.Tensor, lengths: torch.Tensor, step: int) -> torch.Tensor:
        """Return an augmented copy of a batch.

        Args:
            waveforms: (batch, samples) float32 on the CPU or a CUDA device, zero from each clip's length on.
            lengths: (batch,), in samples.
            step: of the training; the same one gives the same draws.
        """
        augmented = torch.zeros_like(waveforms)
        with _seeded((self.seed, step), waveforms.device):
            for row, waveform, length in zip(augmented, waveforms, lengths.tolist(), strict=True):
                row[:length] = self.chain(waveform[None, None, :length]).samples[0, 0]
        return augmented


def build(wanted: settings.AugmentationSettings, sample_rate: int, seed: int) -> Augmentation | None:
    """Return the augmentation on the fly that the settings describe; None where they want none.

    Raises:
        ConfigError: a folder of noise or impulse responses is not there, or holds no .wav file.
    """
    if wanted.mode != "on_the_fly" or not wanted.transforms:
        return None
    return Augmentation([transform(each, sample_rate) for each in wanted.transforms], seed)


def transform(wanted: settings.Transform, sample_rate: int) -> BaseWaveformTransform:
    """Return a transform that the settings describe.

    Raises:
        ConfigError: as `build` does.
    """
    common: dict[str, Any] = {"p": wanted.probability, "sample_rate": sample_rate, "output_type": "dict"}
    match wanted:
        case settings.ColouredNoise(snr_db=(low, high), spectral_decay=(rising, falling)):
            return AddColoredNoise(low, high, rising, falling, **common)
        case settings.PitchShift(semitones=semitones):
            return transforms.PitchShift(semitones, **common)
        case settings.Gain(gain_db=(low, high)):
            return Gain(low, high, **common)
        case settings.TimeMask(max_fraction=fraction):
            return transforms.TimeMask(fraction, **common)
        case settings.BackgroundNoise(folder=folder, snr_db=(low, high)):
            built = AddBackgroundNoise(_recordings(folder, wanted), low, high, **common)
        case settings.ImpulseResponse(folder=folder):
            built = transforms.ImpulseResponse(
                _recordings(folder, wanted), compensate_for_propagation_delay=True, **common
            )
    built.audio = transforms.Recordings(sample_rate)
    return built


def _recordings(folder: Path, wanted: settings.Transform) -> list[Path]:
    """List the .wav files in an order that no file system changes: which one is drawn depends on it."""
    files = settings.recordings(folder)
    if not files:
        found = "no .wav file in or below" if folder.is_dir() else "there is no folder"
        raise ConfigError(f"augmentation {wanted.type}: {found} {folder}; set its 'folder' to one with recordings")
    return files


@contextmanager
def _seeded(key: tuple[int, int], device: torch.device) -> Iterator[None]:
    """Seed the generators that the transforms draw from, and put them back; no device but this one is touched."""
    seed = int(np.random.SeedSequence(key).generate_state(1)[0])
    devices = [device] if device.type == "cuda" else []
    python_state = random.getstate()
    with torch.random.fork_rng(devices):
        random.seed(seed)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed every CUDA device as well
        for cuda in devices:
            torch.cuda.default_generators[cuda.index].manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)
