import math
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest

from ser.audio.decode import decode
from ser.audio.loudness import integrated_loudness, normalise
from tests.audio.conftest import noise, sine, voice

RATES = (16000, 44100, 48000)


def pyloudnorm_lufs(samples: np.ndarray, rate: int) -> float:
    return pyloudnorm.Meter(rate).integrated_loudness(samples)


def whole_steps(samples: np.ndarray, rate: int) -> np.ndarray:
    """Cut a clip after its last gating block, as BS.1770-4 has it; pyloudnorm would count an incomplete block too."""
    return samples[: len(samples) // (rate // 10) * (rate // 10)]


@pytest.mark.parametrize("rate", RATES)
def test_full_scale_sine_reads_as_the_standard_says(rate: int) -> None:
    # ITU-R BS.1770-4, annex 1: a 997 Hz sine at 0 dB FS in one front channel reads -3.01 LKFS.
    assert integrated_loudness(sine(997, 5.0, rate), rate) == pytest.approx(-3.01, abs=0.1)


def mono_levels(*levels_dbfs_and_s: tuple[float, float]) -> np.ndarray:
    return np.concatenate([sine(1000, seconds, 48000, 10 ** (level / 20)) for level, seconds in levels_dbfs_and_s])


@pytest.mark.parametrize(
    "signal",
    [
        mono_levels((-23, 20)),
        mono_levels((-36, 10), (-23, 60), (-36, 10)),
        mono_levels((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)),
        mono_levels((-26, 20), (-20, 20.1), (-26, 20)),
    ],
    ids=["1", "3", "4", "5"],
)
def test_minimum_requirements_of_ebu_tech_3341(signal: np.ndarray) -> None:
    # EBU Tech 3341, table 1, test signals 1, 3, 4, 5: -23 LUFS +- 0.1 in stereo; one channel alone reads 3.01 less.
    assert integrated_loudness(signal, 48000) == pytest.approx(-23 - 3.01, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("amplitude", [0.001, 0.1, 0.99, 4.0])
@pytest.mark.parametrize(
    "signal", [noise(4.0, 48000, 0.25), sine(60, 4.0, 48000), sine(6000, 4.0, 48000), voice(4.0, 48000)]
)
def test_agrees_with_pyloudnorm(signal: np.ndarray, amplitude: float, rate: int) -> None:
    samples = amplitude * signal[: 3 * rate]
    expected = pyloudnorm_lufs(samples, rate)
    assert integrated_loudness(samples, rate) == pytest.approx(expected, abs=0.01)


def test_a_loud_click_over_a_quiet_clip_leaves_the_gates_where_they_are() -> None:
    samples = noise(4.0, 16000, 10 ** (-62 / 20))
    samples[32000] = 1.0
    assert integrated_loudness(samples, 16000) == pytest.approx(pyloudnorm_lufs(samples, 16000), abs=0.01)


def test_agrees_with_pyloudnorm_on_real_clips(real_corpora: Path) -> None:
    clips = [
        *sorted((real_corpora / "EMO-DB").rglob("*.wav"))[::15],
        *sorted((real_corpora / "EMOVO").rglob("*.wav"))[::7],
    ]
    clips += sorted((real_corpora / "EMOVO-original").rglob("*.wav"))
    for path in clips:
        samples, rate = decode(path, 0)
        samples = whole_steps(samples, rate)
        assert integrated_loudness(samples, rate) == pytest.approx(pyloudnorm_lufs(samples, rate), abs=0.01), path
        normalised, silent = normalise(samples, rate, -23.0)
        assert not silent
        assert pyloudnorm_lufs(normalised, rate) == pytest.approx(-23, abs=0.1), path


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("duration_s", [0.01, 0.2, 0.399, 0.4, 0.45, 3.0])
def test_normalised_clips_have_the_target(duration_s: float, rate: int) -> None:
    normalised, silent = normalise(noise(duration_s, rate, 0.3), rate, -23.0)
    assert not silent
    assert normalised.dtype == np.float32
    assert integrated_loudness(normalised, rate) == pytest.approx(-23, abs=0.01)


@pytest.mark.parametrize("level_db", [-30, 0, 20])
def test_blocks_that_scaling_moves_across_the_absolute_gate_are_reckoned_with(level_db: float) -> None:
    fading = (noise(6.0, 16000, 1.0) * np.geomspace(1e-4, 0.3, 6 * 16000)).astype(np.float32)
    normalised, _ = normalise(fading * np.float32(10 ** (level_db / 20)), 16000, -23.0)
    assert pyloudnorm_lufs(normalised, 16000) == pytest.approx(-23, abs=0.02)


def test_a_short_clip_is_one_block_of_its_own_length() -> None:
    clip = sine(997, 0.4, 48000)
    assert integrated_loudness(clip[:-480], 48000) == pytest.approx(integrated_loudness(clip, 48000), abs=0.05)


@pytest.mark.parametrize("amplitude", [0.0, 1e-6])
@pytest.mark.parametrize("duration_s", [0.1, 2.0])
def test_a_silent_clip_keeps_its_samples(duration_s: float, amplitude: float) -> None:
    clip = noise(duration_s, 16000, amplitude)
    assert integrated_loudness(clip, 16000) == -math.inf
    normalised, silent = normalise(clip, 16000, -23.0)
    assert silent
    assert np.array_equal(normalised, clip)


def test_peaks_are_not_clipped() -> None:
    clip = np.zeros(16000, dtype=np.float32)
    clip[::4000] = 0.5
    normalised, _ = normalise(clip, 16000, -23.0)
    assert normalised.max() > 1
    assert normalised / normalised.max() == pytest.approx(clip / clip.max())
