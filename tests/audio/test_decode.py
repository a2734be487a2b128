from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.decode import decode, read
from ser.audio.resampling import resample
from ser.audio.transforms import Recordings
from ser.errors import CorpusError
from tests.audio.conftest import encoded, noise, sine, voice

RATE = 16000


@pytest.mark.parametrize(("suffix", "similarity"), [("wav", 1.0), ("flac", 1.0), ("ogg", 0.99), ("mp3", 0.99)])
def test_decodes_the_formats_of_the_corpora(tmp_path: Path, suffix: str, similarity: float) -> None:
    clip = voice(2.0, RATE)
    soundfile.write(tmp_path / f"clip.{suffix}", clip, RATE)
    samples, rate = decode(tmp_path / f"clip.{suffix}", channel=0)
    assert rate == RATE
    assert samples.dtype == np.float32
    assert samples.shape == clip.shape
    assert np.corrcoef(samples, clip)[0, 1] >= similarity - 1e-6


def test_reads_the_stated_channel_and_never_mixes(tmp_path: Path) -> None:
    left, right = noise(0.5, RATE, seed=1), noise(0.5, RATE, seed=2)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    for channel, expected in enumerate([left, right]):
        assert np.array_equal(decode(tmp_path / "stereo.wav", channel)[0], expected)
    for channel in (2, -1):
        with pytest.raises(CorpusError, match=rf"stereo\.wav: has no channel {channel}; .* from 0 to 1"):
            decode(tmp_path / "stereo.wav", channel)


def test_takes_a_mono_file_whatever_the_channel(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "mono.wav", noise(0.5, RATE), RATE)
    assert np.array_equal(decode(tmp_path / "mono.wav", 1)[0], decode(tmp_path / "mono.wav", 0)[0])


def test_counts_the_samples_of_mp3_files_and_not_what_they_declare(real_corpora: Path) -> None:
    for path in sorted((real_corpora / "CommonVoice-it").rglob("*.mp3"))[:5]:
        with soundfile.SoundFile(path) as recording:
            declared = recording.frames
            present = np.isfinite(recording.read(declared, fill_value=np.nan)).sum()
        assert declared > present
        assert len(decode(path, 0)[0]) == present


def test_takes_wav_files_of_writers_that_did_not_know_the_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "streamed.wav", noise(0.5, RATE), RATE)
    whole = (tmp_path / "streamed.wav").read_bytes()
    assert whole[36:40] == b"data"
    (tmp_path / "streamed.wav").write_bytes(whole[:40] + b"\xff\xff\xff\xff" + whole[44:])
    assert len(decode(tmp_path / "streamed.wav", 0)[0]) == RATE // 2


def test_takes_wav_files_that_count_their_header_as_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "clip.wav", noise(0.5, RATE), RATE)
    whole = (tmp_path / "clip.wav").read_bytes()
    (tmp_path / "clip.wav").write_bytes(whole[:40] + (RATE + 44).to_bytes(4, "little") + whole[44:])
    assert len(decode(tmp_path / "clip.wav", 0)[0]) == RATE // 2


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_refuses_cut_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    soundfile.write(path, noise(2.0, RATE), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(CorpusError, match=rf"clip\.{suffix}: (cut short|cannot be decoded).*fetch it again"):
        decode(path, 0)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\); fetch it again, or leave it out"),
        (b"no audio\n" * 99, "cannot be decoded.*fetch it again, or leave it out"),
        (LFS, "is the pointer of Git LFS, not the recording; fetch it, in its clone: git lfs pull"),
        (b"\n<!DOCTYPE html><html>Sign in", "is a web page, not the recording; fetch it again"),
        (b"PK\x03\x04" + bytes(99), "is a zip archive; unpack it"),
    ],
)
@pytest.mark.parametrize("suffix", ["wav", "mp3", "m4a", "gsm"])
def test_refuses_what_is_no_recording(tmp_path: Path, content: bytes, message: str, suffix: str) -> None:
    if suffix == "gsm" and message.startswith("cannot"):
        return  # GSM without a header is any bytes
    (tmp_path / f"clip.{suffix}").write_bytes(content)
    with pytest.raises(CorpusError, match=rf"clip\.{suffix}: {message}"):
        decode(tmp_path / f"clip.{suffix}", 0)


def test_refuses_samples_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "clip.raw").write_bytes(bytes(9999))
    with pytest.raises(CorpusError, match=r"clip\.raw: \.raw is for samples without a header.*convert it to WAV"):
        decode(tmp_path / "clip.raw", 0)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "GSM610"), ("WAV", "G721_32"), ("WAV", "NMS_ADPCM_32"), ("AU", "G723_40"), ("AIFF", "GSM610")],
)
def test_reads_codecs_in_which_nothing_can_be_sought(tmp_path: Path, container: str, subtype: str) -> None:
    clip = voice(2.0, 8000)
    soundfile.write(tmp_path / "clip.wav", clip, 8000, format=container, subtype=subtype)
    samples, rate = decode(tmp_path / "clip.wav", 0)
    assert rate == 8000
    assert 0 <= len(samples) - len(clip) < 400  # the last block is filled up
    assert np.corrcoef(samples[: len(clip)], clip)[0, 1] > 0.9


def test_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.wav", tmp_path):
        with pytest.raises(CorpusError, match="no such file; check the folder"):
            decode(path, 0)


@pytest.mark.parametrize(
    ("samples", "message"),
    [([], "holds no samples"), ([0.0, np.nan, 0.1], "not finite"), ([0.0, -np.inf, 0.1], "not finite")],
)
def test_refuses_samples_that_no_model_should_see(tmp_path: Path, samples: list[float], message: str) -> None:
    soundfile.write(tmp_path / "clip.wav", np.array(samples, dtype=np.float32), RATE, subtype="FLOAT")
    with pytest.raises(CorpusError, match=rf"clip\.wav: .*{message}"):
        decode(tmp_path / "clip.wav", 0)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_resampling_keeps_frequency_level_and_duration(rate: int) -> None:
    resampled = resample(sine(997, 1.0, rate), rate, RATE)
    assert resampled.dtype == np.float32
    assert len(resampled) == RATE
    inside = slice(RATE // 10, -RATE // 10)
    assert np.abs(resampled - sine(997, 1.0, RATE))[inside].max() < 5e-3


def test_resampling_removes_what_the_lower_rate_cannot_hold() -> None:
    assert np.abs(resample(sine(11000, 1.0, 48000), 48000, RATE)[1000:-1000]).max() < 0.01


def test_resampling_to_the_same_rate_changes_nothing() -> None:
    clip = noise(0.1, RATE)
    assert resample(clip, RATE, RATE) is clip


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_16"), ("a.wav", "GSM610"), ("a.m4a", None)])
def test_noises_are_read_from_any_moment_in_any_format(tmp_path: Path, name: str, subtype: str | None) -> None:
    clip = voice(3.0, 8000)
    if subtype:
        soundfile.write(tmp_path / name, clip, 8000, subtype=subtype)
    else:
        encoded(tmp_path / name, clip[:, None], 8000, "aac")
    whole = read(tmp_path / name).samples[:, 0]
    noises = Recordings(sample_rate=8000, mono=True)
    assert noises.get_num_samples(tmp_path / name) == pytest.approx(len(whole), abs=1024)  # blocks of AAC
    assert np.array_equal(noises(tmp_path / name)[0], whole)
    assert np.array_equal(noises(tmp_path / name, 12345, 4000)[0], whole[12345:16345])
