import numpy as np
import pytest
import torch
import torchaudio

from ser.schema import EMOTIONS
from ser.synthesis import espeak
from ser.synthesis.emotions import PROSODY, draw_any, draw_emotional
from ser.synthesis.voices import Prosody, Utterance, Voice, draw_voice, render

RATE = espeak.SAMPLE_RATE


@pytest.fixture
def voice() -> Voice:
    return draw_voice("female", np.random.default_rng(0))


def clip(voice: Voice, prosody: Prosody) -> np.ndarray:
    return render(Utterance("Domani mattina vado a lavorare con mia sorella.", "it", voice, prosody, seed=5))


def median_pitch_hz(samples: np.ndarray) -> float:
    """Find it with torchaudio, where there is speech."""
    pitch = torchaudio.functional.detect_pitch_frequency(torch.from_numpy(samples), RATE, freq_low=70, freq_high=500)
    return float(pitch[len(pitch) // 5 : -len(pitch) // 5].median())


@pytest.mark.parametrize("gender", ["female", "male", "other"])
@pytest.mark.parametrize("semitones", [-3, 0, 3])
def test_pitch_is_where_it_shall_be(gender: str, semitones: float) -> None:
    voice = draw_voice(gender, np.random.default_rng(1))
    expected = voice.pitch_hz * 2 ** (semitones / 12)
    assert median_pitch_hz(clip(voice, Prosody(pitch_semitones=semitones))) == pytest.approx(expected, rel=0.12)


def test_the_median_pitch_stays_when_its_range_grows(voice: Voice) -> None:
    narrow, wide = (median_pitch_hz(clip(voice, Prosody(pitch_range=factor))) for factor in (0.5, 2))
    assert wide == pytest.approx(narrow, rel=0.12)


def test_a_rate_shortens_the_clip(voice: Voice) -> None:
    assert len(clip(voice, Prosody(rate=1.4))) < 0.85 * len(clip(voice, Prosody()))


def test_loud_speech_has_more_level_and_stronger_high_harmonics(voice: Voice) -> None:
    quiet, loud = (clip(voice, Prosody(loudness_db=level)) for level in (-6, 6))
    assert 20 * np.log10(loud.std() / quiet.std()) > 12
    power = [np.abs(np.fft.rfft(samples)) ** 2 for samples in (quiet, loud)]
    high_shares = [part[len(part) // 5 :].sum() / part.sum() for part in power]  # above 2.2 kHz
    assert high_shares[1] > 2 * high_shares[0]


def test_nothing_clips(voice: Voice) -> None:
    assert np.abs(clip(voice, Prosody(loudness_db=11))).max() < 1


def test_every_emotion_has_a_manner() -> None:
    assert set(PROSODY) == set(EMOTIONS)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_renderings_differ_and_scatter_around_the_manner(emotion: str) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_emotional(emotion, rng) for _ in range(400)]
    assert len(set(drawn)) == len(drawn)
    mean = PROSODY[emotion]
    assert np.median([one.rate for one in drawn]) == pytest.approx(mean.rate, rel=0.02)
    assert np.mean([one.pitch_semitones for one in drawn]) == pytest.approx(mean.pitch_semitones, abs=0.2)
    assert min(one.word_gap_ms for one in drawn) >= 0


def test_rates_stay_what_espeak_can_say() -> None:
    rng = np.random.default_rng(0)
    rates = [draw_voice("male", rng).words_per_minute * draw_any(rng).rate for _ in range(400)]
    assert min(rates) >= 80
    assert max(rates) <= 450
