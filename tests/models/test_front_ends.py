"""Log-mel features against transformers' own extractors, which work in NumPy, a clip at a time."""

import numpy as np
import pytest
import torch
import transformers

from ser.models.front_ends.filterbank import Filterbank
from ser.models.front_ends.log_mel import LogMel
from tests.encoders import configuration

LENGTHS = (16000, 9999, 5001, 720)


@pytest.fixture(scope="module")
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Noise that fades, behind an offset, padded with what must not be heard."""
    rng = np.random.default_rng(0)
    waveforms = torch.full((len(LENGTHS), 20000), 7.0)
    for row, length in zip(waveforms, LENGTHS, strict=True):
        row[:length] = torch.from_numpy(0.1 * rng.standard_normal(length) * np.linspace(1, 0.01, length) + 0.02)
    return waveforms, torch.tensor(LENGTHS)


def log_mel() -> LogMel:
    model = transformers.models.whisper.modeling_whisper.WhisperEncoder(configuration("whisper"))
    return LogMel(model, transformers.WhisperFeatureExtractor())


def filterbank(**changed: int) -> Filterbank:
    return Filterbank(None, transformers.SeamlessM4TFeatureExtractor(**changed))


def test_log_mel_is_that_of_whisper(batch):
    waveforms, lengths = batch
    features, frames = log_mel()(waveforms, lengths)
    assert frames.tolist() == [length // 160 for length in LENGTHS]
    reference = transformers.WhisperFeatureExtractor()
    for row, length, found, size in zip(waveforms, LENGTHS, features, frames, strict=True):
        expected = reference(row[:length].numpy(), sampling_rate=16000, padding="do_not_pad")["input_features"][0]
        np.testing.assert_allclose(found[:size], expected.T[:size], atol=1e-4)


def test_filterbank_is_that_of_w2v_bert(batch):
    waveforms, lengths = batch
    features, frames = filterbank()(waveforms, lengths)
    reference = transformers.SeamlessM4TFeatureExtractor(padding_value=1)
    for row, length, found, size in zip(waveforms, LENGTHS, features, frames, strict=True):
        expected = reference(row[:length].numpy(), sampling_rate=16000, return_tensors="np")
        assert size == expected["attention_mask"].sum()
        np.testing.assert_allclose(found[:size], expected["input_features"][0, :size], atol=2e-3)


@pytest.mark.parametrize("make", [log_mel, filterbank, lambda: filterbank(stride=1)])
def test_any_clip_has_a_frame_and_frames_are_told_beforehand(make):
    front_end = make()
    for samples in (1, 399, 400, 559, 560, 561, 720, 721, 16000):
        lengths = torch.tensor([samples])
        features, frames = front_end(torch.randn(1, samples), lengths)
        assert features.shape == (1, int(frames), front_end.channels)
        assert frames.tolist() == front_end.frames(lengths).tolist()
        assert frames >= 1
        assert features.isfinite().all()


def test_silence_is_finite():
    for front_end in (log_mel(), filterbank()):
        features, _ = front_end(torch.zeros(1, 8000), torch.tensor([8000]))
        assert features.isfinite().all()


def test_of_a_long_clip_whisper_hears_30_s():
    front_end = log_mel()
    assert front_end.longest == 480000
    waveforms = torch.randn(1, 500000)
    found, frames = front_end(waveforms, torch.tensor([500000]))
    assert frames.tolist() == [3000]
    torch.testing.assert_close(found, front_end(waveforms[:, :480000], torch.tensor([480000]))[0])


def test_what_determines_the_features_is_described():
    assert filterbank().description() != filterbank(stride=1).description()
    assert log_mel().weights().keys() == {"filters"}
    assert filterbank().weights().keys() == {"filters", "window"}
