import sys

import numpy as np
import pytest

from ser.synthesis import SynthesisError, espeak

VOICE = "language it\npitch 150 200\nbreath 0 3 3 3 3 3 3 3"


def say(text: str = "Ciao, come stai?", voice: str = VOICE, rate: int = 175, gap: int = 0) -> np.ndarray:
    return espeak.speak(text, voice, words_per_minute=rate, word_gap_ms=gap, seed=1)


def test_speech_is_heard() -> None:
    speech = say()
    assert speech.dtype == np.float32
    assert 0.5 < len(speech) / espeak.SAMPLE_RATE < 3
    assert 0.05 < np.abs(speech).max() <= 1


def test_rate_and_gaps_change_the_length() -> None:
    assert len(say(rate=240)) < len(say()) < len(say(rate=120))
    assert len(say()) < len(say(gap=50)) < len(say(gap=100))


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(SynthesisError, match=r"espeak-ng is not installed; run: pip install 'ser-grid\[demo\]'"):
        espeak._library.__wrapped__()
