import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ser.audio.augmentation import Augmentation, build_augmentation
from ser.audio.settings import AugmentationSettings
from ser.errors import ConfigError, CorpusError, DivergenceError
from tests.audio.conftest import noise, sine, voice

RATE = 16000
NOISE = {"type": "coloured_noise", "snr_db": [4.8, 20], "spectral_decay": [-2, 2]}
PITCH = {"type": "pitch_shift", "semitones": [-3, 3]}
GAIN = {"type": "gain", "gain_db": [-12, 6]}
MASK = {"type": "time_mask", "max_fraction": 0.2}
ALONE = [NOISE, PITCH, GAIN, MASK]


def made(*transforms: dict[str, Any], seed: int = 0) -> Augmentation:
    settings = {
        "name": "made",
        "mode": "on_the_fly",
        "transforms": [{"probability": 1.0} | transform for transform in transforms],
    }
    augmentation = build_augmentation(AugmentationSettings.model_validate(settings), RATE, seed)
    assert augmentation is not None
    return augmentation


def batch(*clips: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(clip) for clip in clips])
    waveforms = torch.zeros(len(clips), int(lengths.max()))
    for row, clip in zip(waveforms, clips, strict=True):
        row[: len(clip)] = torch.tensor(clip)
    return waveforms, lengths


VOICES = batch(*(voice(duration_s, RATE, seed=round(10 * duration_s)) for duration_s in (1.0, 0.4, 0.7, 1.3)))


def level_db(samples: torch.Tensor) -> float:
    return 10 * torch.log10(samples.double().square().mean()).item()


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Write recorded noises into a folder and one below it: long and short, mono and stereo, at two rates."""
    (tmp_path / "street").mkdir()
    soundfile.write(tmp_path / "short.wav", noise(0.3, RATE, seed=1), RATE)
    soundfile.write(tmp_path / "long.WAV", noise(3.0, RATE, seed=2), RATE)
    soundfile.write(tmp_path / "street" / "stereo.wav", noise(6.0, 44100, seed=3).reshape(-1, 2), 44100)
    (tmp_path / "licence.txt").write_text("none")
    return tmp_path


@pytest.mark.parametrize("kind", [*ALONE, "background_noise", "impulse_response"], ids=str)
def test_shape_and_padding_stay_and_the_batch_is_left_alone(kind: Any, recordings: Path) -> None:
    if isinstance(kind, str):
        kind = {"type": kind, "folder": str(recordings)} | ({"snr_db": [3, 20]} if kind == "background_noise" else {})
    waveforms, lengths = VOICES
    before = waveforms.clone()
    augmented = made(kind)(waveforms, lengths, step=0)
    assert torch.equal(waveforms, before)
    assert augmented.shape == waveforms.shape
    assert augmented.dtype == torch.float32
    assert augmented.isfinite().all()
    for row, clip, length in zip(augmented, waveforms, lengths, strict=True):
        assert not row[length:].any()
        assert not torch.equal(row[:length], clip[:length])


def test_draws_depend_on_the_seed_and_the_step_alone(recordings: Path) -> None:
    chain = [*ALONE, {"type": "background_noise", "folder": str(recordings), "snr_db": [3, 20]}]
    first = made(*chain, seed=1)
    augmented = [first(*VOICES, step=step) for step in (0, 1)]
    assert not torch.equal(*augmented)
    random.seed(5)
    torch.manual_seed(5)
    again = made(*chain, seed=1)
    assert torch.equal(again(*VOICES, step=1), augmented[1])
    assert torch.equal(again(*VOICES, step=0), augmented[0])
    assert not torch.equal(made(*chain, seed=2)(*VOICES, step=0), augmented[0])


def test_the_generators_of_others_are_left_as_they_were(recordings: Path) -> None:
    augmentation = made(*ALONE, {"type": "impulse_response", "folder": str(recordings)})
    python, torch_state, numpy = random.getstate(), torch.get_rng_state(), np.random.get_state()[1].copy()
    augmentation(*VOICES, step=0)
    assert random.getstate() == python
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy)


def test_a_clip_is_augmented_alike_in_any_padding() -> None:
    waveforms, lengths = VOICES
    padded = torch.nn.functional.pad(waveforms, (0, 5000))
    augmentation = made(*ALONE)
    assert torch.equal(augmentation(padded, lengths, 3)[:, : waveforms.shape[1]], augmentation(waveforms, lengths, 3))


def test_the_probability_is_that_of_a_clip() -> None:
    waveforms, lengths = batch(*[noise(0.05, RATE)] * 1000)
    augmented = made(GAIN | {"probability": 0.3})(waveforms, lengths, step=0)
    changed = (augmented != waveforms).any(dim=1).float().mean().item()
    assert changed == pytest.approx(0.3, abs=0.05)  # three standard errors are .043


def test_noise_has_the_stated_distance_to_the_clip_itself() -> None:
    waveforms, lengths = VOICES
    for step in range(10):
        added = made(NOISE)(waveforms, lengths, step) - waveforms
        for clip, noise_, length in zip(waveforms, added, lengths, strict=True):
            # the library sets the level of one second of noise, of which a short clip gets a part
            assert 3.8 <= level_db(clip[:length]) - level_db(noise_[:length]) <= 21


@pytest.mark.parametrize("gain_db", [200, 500, 1e29])
def test_samples_whose_squares_are_not_finite_are_refused(gain_db: float) -> None:
    """Normalised, they would be silence: the cell would train on it and finish."""
    kind = {"type": "torch_audiomentations.Gain", "min_gain_in_db": gain_db, "max_gain_in_db": 1.1 * gain_db}
    with pytest.raises(DivergenceError, match=r"augmentation makes samples of .*, where full scale is 1"):
        made(kind)(*VOICES, step=0)


def test_value_that_a_transform_refuses_is_one_message() -> None:
    kind = {"type": "torch_audiomentations.Gain", "min_gain_in_db": 6.0, "max_gain_in_db": -6.0}
    with pytest.raises(ConfigError, match=r"^augmentation torch_audiomentations.Gain: max_gain_in_db must be higher"):
        made(kind)


def test_gain_covers_its_range() -> None:
    waveforms, lengths = batch(*[noise(0.05, RATE)] * 200)
    augmented = made(GAIN)(waveforms, lengths, step=0)
    gains = [level_db(row) - level_db(clip) for row, clip in zip(augmented, waveforms, strict=True)]
    assert -12.01 <= min(gains) < -11
    assert 5 < max(gains) <= 6.01


def test_a_mask_is_one_stretch_of_at_most_its_fraction() -> None:
    waveforms, lengths = batch(*[np.ones(length, dtype=np.float32) for length in (1000, 5000, 8000) * 20])
    augmented = made(MASK)(waveforms, lengths, step=0)
    fractions = []
    for row, length in zip(augmented, lengths, strict=True):
        masked = row[:length] == 0
        edges = masked.int().diff(prepend=torch.tensor([0]), append=torch.tensor([0]))
        assert (edges == 1).sum() <= 1
        fractions.append((masked.sum() / length).item())
    assert 0.15 < max(fractions) <= 0.2


def pitch_hz(samples: torch.Tensor) -> float:
    spectrum = torch.fft.rfft(samples * torch.hann_window(len(samples)), n=2**18).abs()
    return spectrum.argmax().item() * RATE / 2**18


def test_pitch_shifts_cover_the_stated_semitones_and_keep_the_tempo() -> None:
    tone = sum(sine(150 * k, 1.0, RATE, 0.3 / k**2) for k in range(1, 20))
    augmented = made(PITCH)(*batch(*[tone] * 60), step=0)
    semitones = [12 * np.log2(pitch_hz(row[4000:12000]) / 150) for row in augmented]
    assert -3.1 <= min(semitones) < -2.5
    assert 2.5 < max(semitones) <= 3.1
    assert len(set(np.round(semitones, 1))) > 20
    assert all(level_db(row) == pytest.approx(level_db(torch.tensor(tone)), abs=0.01) for row in augmented)


@pytest.mark.parametrize("semitones", [-3, 3])
def test_a_shifted_tone_stays_harmonic(semitones: int) -> None:
    tone = sum(sine(150 * k, 2.0, RATE, 0.3 / k) for k in range(1, 20))
    shift = PITCH | {"semitones": [semitones - 0.001, semitones + 0.001]}
    shifted = made(shift)(*batch(tone), step=0)[0, 8000:24000]
    spectrum = torch.fft.rfft(shifted.double() * torch.blackman_window(len(shifted))).abs() ** 2
    frequency = torch.arange(len(spectrum)) * RATE / len(shifted)
    pitch = pitch_hz(shifted)
    assert 12 * np.log2(pitch / 150) == pytest.approx(semitones, abs=0.06)
    harmonic = (frequency / pitch - (frequency / pitch).round()).abs() * pitch < 8
    assert 10 * torch.log10(spectrum[harmonic].sum() / spectrum[~harmonic].sum()) > 25


def test_background_noise_comes_from_the_folder_at_the_stated_distance(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "hum.wav", sine(1000, 2.0, 48000, 0.5), 48000)
    waveforms, lengths = VOICES
    hum = {"type": "background_noise", "folder": str(tmp_path), "snr_db": [10, 10.001]}
    added = made(hum)(waveforms, lengths, step=0) - waveforms
    for clip, noise_, length in zip(waveforms, added, lengths, strict=True):
        assert level_db(clip[:length]) - level_db(noise_[:length]) == pytest.approx(10, abs=0.1)
        assert pitch_hz(noise_[:length]) == pytest.approx(1000, abs=5)


def test_a_room_is_a_convolution_that_keeps_the_level(tmp_path: Path) -> None:
    response = np.zeros(400, dtype=np.float32)
    response[[50, 150, 250]] = [0.5, 0.25, -0.1]  # the direct sound, after a delay, and two echoes
    soundfile.write(tmp_path / "room.wav", response, RATE, subtype="FLOAT")
    waveforms, lengths = VOICES
    augmented = made({"type": "impulse_response", "folder": str(tmp_path)})(waveforms, lengths, step=0)
    for row, clip, length in zip(augmented, waveforms, lengths, strict=True):
        expected = torch.tensor(np.convolve(clip[:length], response[50:]))[:length]
        similarity = torch.nn.functional.cosine_similarity(row[:length], expected, dim=0)
        assert similarity == pytest.approx(1, abs=1e-5)
        assert level_db(row[:length]) == pytest.approx(level_db(clip[:length]), abs=0.01)


@pytest.mark.parametrize("kind", [{"type": "background_noise", "snr_db": [3, 20]}, {"type": "impulse_response"}])
def test_a_folder_without_recordings_is_named(tmp_path: Path, kind: dict[str, Any]) -> None:
    for folder, message in ((tmp_path, "no .wav file in or below"), (tmp_path / "absent", "there is no folder")):
        with pytest.raises(ConfigError, match=rf"augmentation {kind['type']}: {message} {folder}; set its 'folder'"):
            made(kind | {"folder": str(folder)})


@pytest.mark.parametrize("content", [b"", b"no audio", None])
def test_a_noise_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        soundfile.write(tmp_path / "bad.wav", np.zeros(0), RATE)
    else:
        (tmp_path / "bad.wav").write_bytes(content)
    for kind in ({"type": "background_noise", "snr_db": [3, 20]}, {"type": "impulse_response"}):
        augmentation = made(kind | {"folder": str(tmp_path)})
        with pytest.raises(CorpusError, match=r"bad\.wav: .*fetch it again, or leave it out"):
            augmentation(*VOICES, step=0)


def test_no_transform_is_no_augmentation() -> None:
    assert build_augmentation(AugmentationSettings(name="none", mode="on_the_fly", transforms=()), RATE, seed=0) is None
