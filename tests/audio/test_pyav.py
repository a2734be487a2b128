"""Formats that libsndfile does not read, held against PyAV's own samples, FFmpeg's, and what was encoded."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio import decode
from ser.audio.cutting import read
from ser.audio.decode import Recording
from ser.audio.segment import segments
from ser.audio.store import open_store
from ser.auditing.measure import measure
from ser.errors import ConfigError, CorpusError
from tests.audio.conftest import encoded, voice

av = pytest.importorskip("av")

FORMATS = {
    "a.m4a": (16000, 1, "aac", "ipod", "MPEG-4 AAC"),
    "a.mp4": (44100, 2, "aac", "mp4", "MPEG-4 AAC"),
    "a.mov": (16000, 1, "alac", "mov", "MPEG-4 ALAC"),
    "a.3gp": (8000, 1, "libopencore_amrnb", "3gp", "MPEG-4 AMRNB"),
    "a.aac": (22050, 1, "aac", "adts", "AAC AAC"),
    "a.webm": (48000, 2, "libopus", "webm", "WebM OPUS"),
    "a.amr": (8000, 1, "libopencore_amrnb", "amr", "AMR AMRNB"),
    "a.avi": (16000, 2, "pcm_s16le", "avi", "AVI PCM_S16LE"),
    "a.flv": (44100, 1, "aac", "flv", "FLV AAC"),
    "g726.wav": (8000, 1, "adpcm_g726", "wav", "WAV G726"),
    "m4a.wav": (16000, 1, "aac", "ipod", "MPEG-4 AAC"),
    "m4a.gsm": (16000, 1, "aac", "ipod", "MPEG-4 AAC"),
}
"""A name -> rate, channels, codec, container, kind."""


def speech(duration_s: float, rate: int, channels: int = 1) -> np.ndarray:
    return np.stack([voice(duration_s, rate, seed) for seed in range(channels)], axis=1)


def written(folder: Path, name: str, duration_s: float = 5.3) -> Path:
    rate, channels, codec, container, _ = FORMATS[name]
    return encoded(folder / name, speech(duration_s, rate, channels), rate, codec, container)


def raw(path: Path) -> np.ndarray:
    """Return (frames, channels) as PyAV decodes them, in the codec's own type."""
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0)]
        channels = frames[0].layout.nb_channels
        arrays = [frame.to_ndarray() for frame in frames]
    return np.concatenate([one.T if len(one) == channels else one.reshape(-1, channels) for one in arrays])


@pytest.mark.parametrize("name", FORMATS)
def test_samples_are_those_of_pyav_to_the_bit(tmp_path: Path, name: str) -> None:
    rate, kind = FORMATS[name][0], FORMATS[name][-1]
    held = decode.read(written(tmp_path, name))
    samples = raw(tmp_path / name)
    if samples.dtype.kind == "i":
        samples = samples / np.float32(2 ** (8 * samples.itemsize - 1))
    assert (held.rate, held.kind, held.samples.dtype) == (rate, kind, np.float32)
    assert np.array_equal(held.samples, samples)
    assert -0.01 < len(held.samples) / rate - 5.3 < 0.13  # encoders fill their first and last blocks


@pytest.mark.parametrize(("name", "codec", "container"), [("a.m4a", "alac", "ipod"), ("a.mkv", "flac", "matroska")])
def test_lossless_samples_are_those_that_were_encoded(tmp_path: Path, name: str, codec: str, container: str) -> None:
    clip = np.round(speech(2.0, 16000, 2) * 2**15) / np.float32(2**15)
    held = decode.read(encoded(tmp_path / name, clip, 16000, codec, container))
    assert np.array_equal(held.samples, clip)
    assert held.declared == pytest.approx(len(clip), abs=16)  # WebM states milliseconds


@pytest.mark.parametrize("name", ["a.mov", "a.aac", "a.webm", "a.amr", "a.avi", "g726.wav"])
def test_samples_are_those_of_ffmpeg(tmp_path: Path, name: str) -> None:
    """Not those in MPEG-4 with padding, of which versions of FFmpeg leave out more or less at the end."""
    if not (ffmpeg := shutil.which("ffmpeg")):
        pytest.skip("no ffmpeg here")
    path = written(tmp_path, name)
    line = [ffmpeg, "-loglevel", "error", "-i", str(path), "-f", "f32le", "-c:a", "pcm_f32le", "-"]
    decoded = subprocess.run(line, capture_output=True, check=True).stdout
    held = decode.read(path)
    assert np.array_equal(held.samples, np.frombuffer(decoded, "<f4").reshape(held.samples.shape))


@pytest.mark.parametrize("name", FORMATS)
def test_parts_are_those_of_the_whole_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(decode, "BLOCK", 5001)
    path = written(tmp_path, name)
    whole, rate = decode.read(path)[:2]
    times = [(0.5, 2.25), (0.7, 0.9), (4.2, math.nan)]
    for (start_s, end_s), part in zip(times, read(segments(tmp_path, [name] * 3, times)), strict=True):
        assert isinstance(part, Recording)
        end = None if math.isnan(end_s) else round(end_s * rate)
        assert np.array_equal(part.samples, whole[round(start_s * rate) : end])
    (beyond,) = read(segments(tmp_path, [name], [(7.0, 8.0)]))
    assert "reaches beyond the recording, which lasts 5." in str(beyond)


def test_three_parts_of_a_file_are_stored_as_the_clips_cut_by_hand(tmp_path: Path) -> None:
    whole, rate = decode.decode(written(tmp_path, "a.m4a"), 0)
    times = [(0.5, 2.25), (2.0, 3.7), (4.1111, 5.0)]
    for number, (start_s, end_s) in enumerate(times):
        clip = whole[round(start_s * rate) : round(end_s * rate)]
        soundfile.write(tmp_path / f"{number}.wav", clip, rate, subtype="FLOAT")
    usual = {"root": tmp_path, "channel": 0, "sample_rate": 16000, "loudness_lufs": -23.0, "name": "made"}
    parts = open_store(paths=["a.m4a"] * 3, times=times, folder=tmp_path / "stores", **usual)  # type: ignore[arg-type]
    by_hand = open_store(paths=["0.wav", "1.wav", "2.wav"], folder=tmp_path / "stores", **usual)  # type: ignore[arg-type]
    for one, other in zip(parts, by_hand, strict=True):
        assert np.array_equal(one, other)


def test_the_audit_measures_them(tmp_path: Path) -> None:
    path = written(tmp_path, "a.webm")
    (segment,) = segments(tmp_path, [path.name])
    measures = measure(segment, decode.read(path), channel=0)
    assert (measures["problem"], measures["kind"], measures["channels"]) == (None, "WebM OPUS", 2)
    assert measures["duration_s"] == pytest.approx(5.3, abs=0.02)


def test_the_sound_of_a_video_is_read(tmp_path: Path) -> None:
    clip = np.round(speech(2.0, 16000) * 2**15) / np.float32(2**15)
    for name, sound in (("a.mp4", True), ("mute.mp4", False)):
        with av.open(str(tmp_path / name), "w") as output:
            picture = output.add_stream("mpeg4", rate=25)
            picture.width = picture.height = 64
            track = output.add_stream("alac", rate=16000, layout="mono") if sound else None
            for _ in range(100):
                image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                output.mux(picture.encode(image))
            output.mux(picture.encode(None))
            if track:
                samples = np.int16(clip.T * 2**15)
                frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout="mono")
                frame.sample_rate = 16000
                output.mux(track.encode(frame))
                output.mux(track.encode(None))
    assert np.array_equal(decode.read(tmp_path / "a.mp4").samples, clip)
    with pytest.raises(CorpusError, match=r"mute\.mp4: has no sound track; fetch it again"):
        decode.read(tmp_path / "mute.mp4")


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.amr", "a.aac"])
def test_damaged_recordings_are_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(CorpusError, match=r"a\.\w+: (cut short|cannot be decoded).*; fetch it again"):
        decode.read(path)


def test_long_recordings_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    silence = np.zeros((8000 * 700, 1), np.float32)
    for name, codec, container in (("a.m4a", "alac", "ipod"), ("a.amr", "libopencore_amrnb", "amr")):
        encoded(tmp_path / name, silence, 8000, codec, container)
        with pytest.raises(CorpusError, match=r"lasts 11\.7 minutes, where a clip lasts 10 at most"):
            decode.read(tmp_path / name)
        (part,) = read(segments(tmp_path, [name], [(690.0, 691.0)]))
        assert isinstance(part, Recording)
        assert len(part.samples) == 8000


def test_without_pyav_one_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.m4a", "m4a.wav"):
        written(tmp_path, name)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match=r"^\S+m4a\.wav: is MPEG-4 by its content.*pip install 'ser-grid\[av\]'"):
        decode.read(tmp_path / "m4a.wav")
    with pytest.raises(ConfigError, match=r"^\S+: is MPEG-4 .*pip install 'ser-grid\[av\]', or convert"):
        open_store(
            root=tmp_path,
            paths=["a.m4a", "m4a.wav"],
            channel=0,
            sample_rate=16000,
            loudness_lufs=None,
            folder=tmp_path / "stores",
            name="made",
        )


def test_a_playlist_opens_nothing(tmp_path: Path) -> None:
    """FFmpeg would read the files and addresses that it names."""
    written(tmp_path, "a.aac")
    (tmp_path / "list.m4a").write_text(f"#EXTM3U\n#EXTINF:5,\nfile://{tmp_path}/a.aac\n#EXT-X-ENDLIST\n")
    with pytest.raises(CorpusError, match="cannot be decoded"):
        decode.read(tmp_path / "list.m4a")
