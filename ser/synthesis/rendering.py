"""Render lists of utterances reproducibly: the same list gives the same samples, unlike espeak-ng alone."""

import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch
import torchaudio

from ser.synthesis import espeak
from ser.synthesis.progress import progress
from ser.synthesis.voices import Utterance, render


def render_all(utterances: Sequence[Utterance], task: str) -> Iterator[np.ndarray]:
    """Yield each utterance, (samples,) float32 at `espeak.SAMPLE_RATE`; `task` labels the progress bar.

    A new process renders them, so that earlier utterances cannot affect the state of espeak-ng.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        yield from progress(process.map(render, utterances), task, len(utterances))


def resample(clip: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return a clip of `render_all`, (samples,), at another sampling rate."""
    resampled: np.ndarray = _resampler(sample_rate)(torch.from_numpy(clip)).numpy()
    return resampled.clip(-1, 1)


@functools.cache
def _resampler(sample_rate: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(espeak.SAMPLE_RATE, sample_rate)
