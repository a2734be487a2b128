import numpy as np
import pytest

from ser.synthesis import espeak
from ser.synthesis.rendering import render_all, resample
from ser.synthesis.voices import Prosody, Utterance, draw_voice


def utterances(seed: int = 5) -> list[Utterance]:
    voice = draw_voice("female", np.random.default_rng(0))
    texts = ("Lavorare con mia sorella.", "Ora parte un altro treno.")  # of r, which espeak-ng remembers longest
    return [Utterance(text, "it", voice, Prosody(), seed) for text in texts]


def test_the_same_list_gives_the_same_samples_and_another_seed_does_not() -> None:
    first, again, other = (list(render_all(utterances(seed), "test")) for seed in (5, 5, 6))
    for clips in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(clips[0], clips[1])
        assert not np.array_equal(clips[0], clips[2])


@pytest.mark.parametrize("sample_rate", [16000, 44100, 48000])
def test_resampling_keeps_a_tone(sample_rate: int) -> None:
    def tone(rate: int) -> np.ndarray:
        return np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate).astype(np.float32) / 2

    resampled = resample(tone(espeak.SAMPLE_RATE), sample_rate)
    inner = slice(500, sample_rate // 2 - 500)
    np.testing.assert_allclose(resampled[inner], tone(sample_rate)[inner], atol=2e-3)
