"""Signals and recordings made on the spot."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile


def sine(frequency_hz: float, duration_s: float, rate: int, amplitude: float = 1.0) -> np.ndarray:
    time_s = np.arange(round(duration_s * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def noise(duration_s: float, rate: int, amplitude: float = 0.1, seed: int = 0) -> np.ndarray:
    return (amplitude * np.random.default_rng(seed).standard_normal(round(duration_s * rate))).astype(np.float32)


def voice(duration_s: float, rate: int, seed: int = 0) -> np.ndarray:
    """Like speech for a loudness meter: harmonics that fall by 6 dB an octave, in syllables, with pauses between.

    Another seed is a higher voice with another noise.
    """
    time_s = np.arange(round(duration_s * rate)) / rate
    pitch_hz = 140 + 13 * seed + 20 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 1.7 * time_s), 0, None) ** 2 * (np.sin(2 * np.pi * 0.3 * time_s) > -0.5)
    return (0.2 * tone * syllables + noise(duration_s, rate, 1e-4, seed)).astype(np.float32)


def encoded(path: Path, samples: np.ndarray, rate: int, codec: str, container: str | None = None) -> Path:
    """Write (frames, channels) of float32 with FFmpeg, in the format that the name or `container` says."""
    av = pytest.importorskip("av")
    samples = np.atleast_2d(samples.T)
    layout = "mono" if len(samples) == 1 else "stereo"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        converted = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
        whole.sample_rate, whole.pts, whole.time_base = rate, 0, Fraction(1, rate)
        for frame in (*converted.resample(whole), *converted.resample(None), None):
            output.mux(stream.encode(frame))
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[..., list[str]]:
    """Write a folder `recordings` of short clips, and return their paths relative to it."""

    def write(clips: int = 4, rate: int = 16000) -> list[str]:
        folder = tmp_path / "recordings"
        folder.mkdir(exist_ok=True)
        for clip in range(clips):
            soundfile.write(folder / f"{clip}.wav", voice(0.6 + clip / 10, rate, seed=clip), rate)
        return [f"{clip}.wav" for clip in range(clips)]

    return write
