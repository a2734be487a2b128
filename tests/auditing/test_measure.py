"""Measures of recordings whose faults were made on purpose, and so are known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ser.audio.cutting import read
from ser.audio.segment import Segment
from ser.auditing.measure import MEASURES, measure
from tests.audio.conftest import noise, sine, voice

RATE = 16000


def of_file(path: Path) -> dict[str, Any]:
    segment = Segment(path)
    return measure(segment, read([segment])[0], 0)


@pytest.fixture
def measured(tmp_path):
    """Give a function that writes samples and measures them."""

    def call(samples, rate: int = RATE, name: str = "a.wav", **how):
        soundfile.write(tmp_path / name, samples, rate, **how)
        return of_file(tmp_path / name)

    return call


def test_all_that_is_promised_is_measured(measured):
    assert set(measured(voice(1.0, RATE))) == set(MEASURES)


def test_a_tone(measured):
    found = measured(sine(997, 2.0, 48000, 0.5), 48000, subtype="FLOAT")
    assert (found["problem"], found["kind"], found["rate_hz"], found["channels"]) == (None, "WAV FLOAT", 48000, 1)
    assert found["duration_s"] == 2.0
    assert found["peak_dbfs"] == pytest.approx(-6.02, abs=0.01)
    assert found["loudness_lufs"] == pytest.approx(-9.03, abs=0.1)  # BS.1770: 997 Hz at full scale is -3.01 LUFS
    assert (found["clipped"], found["pause"], found["lead_s"], found["trail_s"], found["surplus_s"]) == (0, 0, 0, 0, 0)
    assert np.isnan(found["offset_ms"])
    assert np.isnan(found["mix_db"])


def test_pauses_at_the_ends(measured):
    quiet = noise(0.5, RATE, 1e-4)
    found = measured(np.concatenate([quiet, sine(500, 1.0, RATE, 0.5), quiet, quiet]))
    assert (found["lead_s"], found["trail_s"]) == (pytest.approx(0.5), pytest.approx(1.0))
    assert found["pause"] == pytest.approx(0.6)


def test_clipping_is_told_from_loudness(measured):
    loud = sine(200, 1.0, RATE, 0.999)
    assert measured(loud)["clipped"] == 0
    assert measured(np.clip(2 * loud, -1, 1))["clipped"] > 8000
    assert measured(0.4 * np.clip(2 * loud, -1, 1))["clipped"] > 8000  # and turned down afterwards
    assert measured(voice(2.0, RATE))["clipped"] == 0


@pytest.mark.parametrize("delay_ms", [0.4375, -0.25, 0.0, 2.0])
def test_offset_of_the_channels(measured, delay_ms):
    speech = voice(1.5, RATE) + noise(1.5, RATE, 0.02)
    delay = round(delay_ms * RATE / 1000)
    stereo = np.stack([speech, 0.7 * np.roll(speech, delay)], axis=1)
    assert measured(stereo)["offset_ms"] == pytest.approx(delay_ms)


def test_mean_of_channels_that_cancel(measured):
    speech = voice(1.0, RATE)
    assert measured(np.stack([speech, speech], axis=1))["mix_db"] == pytest.approx(0, abs=0.01)
    assert measured(np.stack([speech, 0 * speech], axis=1))["mix_db"] == pytest.approx(-6.02, abs=0.01)
    assert measured(np.stack([speech, -speech], axis=1))["mix_db"] < -60


def test_silence(measured):
    found = measured(np.zeros(RATE))
    assert found["problem"] is None
    assert np.isneginf(found["loudness_lufs"])
    assert np.isneginf(found["peak_dbfs"])
    assert (found["lead_s"], found["pause"]) == (1.0, 1.0)


def test_what_cannot_be_used_has_a_problem_and_nothing_else(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"no sound")
    assert list(of_file(tmp_path / "a.wav")) == ["problem"]


def test_digest_is_of_the_samples_and_not_of_the_file(measured):
    speech = (voice(1.0, RATE) * 2**15).astype(np.int16)
    assert measured(speech)["digest"] == measured(speech, name="b.flac")["digest"]
    assert measured(speech)["digest"] != measured(speech[1:])["digest"]
