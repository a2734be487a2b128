"""Augment the training batches: every clip apart, at its own length, and the same for the same seed."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch_audiomentations import Compose
from torch_audiomentations.core.transforms_interface import BaseWaveformTransform

from ser.audio.settings import AugmentationSettings, Transform
from ser.audio.transforms import Recordings
from ser.errors import ConfigError, DivergenceError

LOUDEST = 1e6
"""120 dB above full scale: encoders square samples, and beyond 1e19 single precision has no squares."""


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

        Raises:
            DivergenceError: samples are not finite, or beyond `LOUDEST`.
        """
        augmented = torch.zeros_like(waveforms)
        with _seeded((self.seed, step), waveforms.device):
            for row, waveform, length in zip(augmented, waveforms, lengths.tolist(), strict=True):
                row[:length] = self.chain(waveform[None, None, :length]).samples[0, 0]
        peak = float(augmented.abs().amax())  # the transforms wait for the device as well
        if not peak < LOUDEST:
            raise DivergenceError(
                f"augmentation makes samples of {peak:g}, where full scale is 1; lower its gain, or set"
                " augmentation=none"
            )
        return augmented


def build_augmentation(chosen: AugmentationSettings, sample_rate: int, seed: int) -> Augmentation | None:
    """Return the augmentation on the fly that the settings describe; None if there is none.

    Raises:
        ConfigError: as `build_transform`.
    """
    if chosen.mode != "on_the_fly" or not chosen.transforms:
        return None
    return Augmentation([build_transform(each, sample_rate) for each in chosen.transforms], seed)


def build_transform(chosen: Transform, sample_rate: int) -> BaseWaveformTransform:
    """Return a transform that the settings describe; its recordings are read with soundfile.

    Raises:
        ConfigError: it is no transform of torch-audiomentations, refuses a value, or a folder of noise or impulse
            responses is not there, or holds no .wav file.
    """
    try:
        made = chosen.make(p=chosen.probability, sample_rate=sample_rate, output_type="dict")
    except ValueError as error:
        raise ConfigError(f"augmentation {chosen.type}: {error}; choose another value") from error
    if not isinstance(made, BaseWaveformTransform):
        raise ConfigError(
            f"augmentation {chosen.type}: a {type(made).__name__} is no transform; derive it from"
            " torch_audiomentations.core.transforms_interface.BaseWaveformTransform"
        )
    if hasattr(made, "audio"):
        made.audio = Recordings(sample_rate)
    return made


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
