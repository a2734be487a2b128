"""Parts of recordings, held against slices of the whole and against clips that were cut by hand."""

import functools
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio import decode
from ser.audio.cutting import batches, each_segment, read
from ser.audio.decode import SEEKABLE, Recording
from ser.audio.segment import Segment, segments
from ser.audio.store import Store, open_store
from ser.errors import CorpusError
from tests.audio.conftest import noise, voice

TIMES = [(0.0, 1.0), (0.5, 2.25), (1.2345, 7.0), (3.3, 3.9), (18.2, math.nan), (0.0, math.nan)]
FORMATS = [
    *(("WAV", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "ULAW", "IMA_ADPCM", "MS_ADPCM")),
    *(("WAVEX", "PCM_16"), ("W64", "PCM_16"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")),
    *(("AU", "PCM_16"), ("CAF", "ALAC_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")),
]
NOT_SEEKABLE = [("WAV", "GSM610"), ("WAV", "G721_32"), ("WAV", "NMS_ADPCM_16"), ("AU", "G723_24")]


@functools.cache
def signal(rate: int, channels: int) -> np.ndarray:
    """Return 20 s in which no moment is like another."""
    return np.stack([voice(20, rate, seed) + noise(20, rate, 0.02, seed) for seed in range(channels)], axis=1)


def write(path: Path, kind: str = "WAV", subtype: str = "FLOAT", rate: int = 16000, channels: int = 1) -> Path:
    """Write the signal."""
    samples = signal(rate, channels)
    soundfile.write(path, samples, rate, format=kind, subtype=subtype)
    return path


def cut(path: Path, *times: tuple[float, float]) -> list[Recording | CorpusError]:
    return read(segments(path.parent, [path.name] * len(times), times))


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (24000, 2), (48000, 1)])
@pytest.mark.parametrize(("kind", "subtype"), FORMATS)
def test_parts_are_those_of_the_whole_to_the_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, subtype: str, rate: int, channels: int
) -> None:
    monkeypatch.setattr(decode, "BLOCK", 50_001)
    path = write(tmp_path / "a.bin", kind, subtype, rate, channels)
    whole = decode.read(path).samples
    for (start_s, end_s), part in zip(TIMES[:-1], cut(path, *TIMES[:-1]), strict=True):
        end = None if math.isnan(end_s) else round(end_s * rate)
        assert isinstance(part, Recording)
        assert (part.rate, part.kind) == (rate, f"{kind} {subtype}")
        assert np.array_equal(part.samples, whole[round(start_s * rate) : end])
    (all_of_it,) = cut(path, TIMES[-1])
    assert isinstance(all_of_it, Recording)
    assert np.array_equal(all_of_it.samples, whole)


@pytest.mark.parametrize(("kind", "subtype"), NOT_SEEKABLE)
def test_parts_of_codecs_in_which_nothing_can_be_sought(tmp_path: Path, kind: str, subtype: str) -> None:
    path = write(tmp_path / "a.bin", kind, subtype, 8000)
    whole = decode.read(path).samples
    for (start_s, end_s), part in zip(TIMES[:3], cut(path, *TIMES[:3]), strict=True):
        assert isinstance(part, Recording)
        assert np.array_equal(part.samples, whole[round(start_s * 8000) : round(end_s * 8000)])


def test_real_mp3_files_are_cut_to_the_bit(real_corpora: Path) -> None:
    for path in sorted((real_corpora / "CommonVoice-it").rglob("*.mp3"))[:20]:
        whole, rate = decode.read(path)[:2]
        parts = cut(path, (0.3, 1.1), (0.7, 1.9), (1.5, math.nan))
        for (start_s, end_s), part in zip([(0.3, 1.1), (0.7, 1.9), (1.5, 99)], parts, strict=True):
            assert isinstance(part, Recording)
            assert np.array_equal(part.samples, whole[round(start_s * rate) : round(end_s * rate)])


def test_formats_that_are_not_exact_after_a_seek_are_not_sought_in() -> None:
    assert not {"OGG", "MP3"} & set(SEEKABLE)
    assert {kind for kind, _ in FORMATS} - {"OGG", "MP3"} == set(SEEKABLE)


def stored(folder: Path, paths: list[str], **more: object) -> Store:
    usual = {"channel": 0, "sample_rate": 16000, "loudness_lufs": -23.0, "folder": folder / "stores", "name": "made"}
    return open_store(root=folder, paths=paths, **usual | more)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_three_parts_of_a_file_are_stored_as_the_clips_cut_by_hand(tmp_path: Path, suffix: str) -> None:
    soundfile.write(tmp_path / f"long.{suffix}", signal(22050, 1), 22050)
    whole, rate = decode.decode(tmp_path / f"long.{suffix}", 0)
    times = [(0.5, 2.25), (2.0, 3.7), (11.1111, math.nan)]
    for number, (start_s, end_s) in enumerate(times):
        end = len(whole) if math.isnan(end_s) else round(end_s * rate)
        soundfile.write(tmp_path / f"{number}.wav", whole[round(start_s * rate) : end], rate, subtype="FLOAT")
    parts = stored(tmp_path, [f"long.{suffix}"] * 3, times=times)
    by_hand = stored(tmp_path, ["0.wav", "1.wav", "2.wav"])
    assert parts.digest != by_hand.digest
    for one, other in zip(parts, by_hand, strict=True):
        assert np.array_equal(one, other)


def test_store_of_whole_recordings_keeps_its_digest(tmp_path: Path) -> None:
    """The digest that the program gave such a corpus before there were parts of recordings."""
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.zeros(16000), 16000)
    digest = stored(tmp_path, ["a.wav", "b.wav"]).digest
    assert digest == stored(tmp_path, ["a.wav", "b.wav"], times=[(0.0, math.nan)] * 2).digest
    assert digest == "1b0de3fa7be36cffbf4ab697bde20ae2"


def test_store_depends_on_the_times_and_on_nothing_else_of_the_parts(tmp_path: Path) -> None:
    write(tmp_path / "a.wav")
    digests = [
        stored(tmp_path, ["a.wav", "a.wav"], times=times, origins=origins).digest
        for times, origins in (
            ([(0.0, 1.0), (1.0, 2.0)], []),
            ([(0.0, 1.0), (1.0, 2.0)], ["t.csv, line 2", "t.csv, line 3"]),
            ([(0.0, 1.0), (1.0, 2.5)], []),
            ([(0.0, 1.0), (1.0, math.nan)], []),
        )
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize("kind", ["WAV", "MP3"])
@pytest.mark.parametrize(
    ("times", "problem"),
    [
        ((19.0, 21.0), r"a\.bin \[19-21 s\]: reaches beyond the recording, which lasts 20\.\d\d\d s"),
        ((25.0, 26.0), r"a\.bin \[25-26 s\]: reaches beyond the recording"),
        ((25.0, math.nan), r"a\.bin \[25-end s\]: reaches beyond the recording"),
    ],
)
def test_parts_beyond_the_end_are_refused_and_others_kept(
    tmp_path: Path, kind: str, times: tuple[float, float], problem: str
) -> None:
    path = write(tmp_path / "a.bin", kind, {"WAV": "PCM_16", "MP3": "MPEG_LAYER_III"}[kind], 16000)
    good, bad = cut(path, (1.0, 2.0), times)
    assert isinstance(good, Recording)
    assert isinstance(bad, CorpusError)
    assert re.search(problem, str(bad))


def test_times_rounded_to_hundredths_may_end_just_after_the_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(1.0, 16000)[:15950], 16000)
    (part,) = cut(tmp_path / "a.wav", (0.5, 1.0))
    assert isinstance(part, Recording)
    assert len(part.samples) == 15950 - 8000


def test_a_problem_names_the_part_and_its_line(tmp_path: Path) -> None:
    write(tmp_path / "a.wav")
    told = r"a\.wav \[19-21 s\]: reaches beyond .* leave it out \(clips\.csv, line 3\)"
    with pytest.raises(CorpusError, match=rf"^Preparing made: 1 of 2 recordings cannot be used:\n  .*{told}$"):
        stored(
            tmp_path,
            ["a.wav", "a.wav"],
            times=[(0.0, 1.0), (19.0, 21.0)],
            origins=["clips.csv, line 2", "clips.csv, line 3"],
        )


def test_a_clip_of_a_long_recording_may_last_ten_minutes_and_no_more(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(1300 * 4000, np.int16), 4000)
    short, long, open_, last = cut(tmp_path / "a.wav", (1200, 1201), (1, 602), (600, math.nan), (1100, math.nan))
    assert isinstance(short, Recording)
    assert isinstance(last, Recording)
    for refused in (long, open_):
        assert isinstance(refused, CorpusError)
        assert "lasts more than 10 minutes" in str(refused)


def test_parts_of_a_recording_that_is_not_there_or_damaged(tmp_path: Path) -> None:
    absent = cut(tmp_path / "absent.wav", (0, 1), (1, 2))
    assert [str(error).partition(";")[0] for error in absent] == [f"{tmp_path}/absent.wav: there is no such file"] * 2
    path = write(tmp_path / "a.wav", "WAV", "PCM_16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert all("cut short" in str(error) for error in cut(path, (0, 1), (1, 2)))


def test_parts_are_read_together_up_to_a_limit() -> None:
    one, other = Path("a.wav"), Path("b.wav")
    listed = [Segment(one, start, start + 100.0) for start in range(0, 500, 100)]
    listed += [Segment(one, 500.0), Segment(other), Segment(Path("c.wav"))]
    assert [len(batch) for batch in batches(listed)] == [3, 2, 1, 1, 1]
    assert [segment for batch in batches(listed) for segment in batch] == listed


def test_results_come_in_the_order_of_the_parts(tmp_path: Path) -> None:
    write(tmp_path / "a.bin", "MP3", "MPEG_LAYER_III")
    listed = segments(tmp_path, ["a.bin"] * 3, [(5.0, 6.0), (0.0, 2.0), (1.0, 1.5)])
    assert list(each_segment(lambda _, held: len(held.samples), listed, "Counting")) == [16000, 32000, 8000]


LONG = """
import resource, sys
from pathlib import Path
from ser.audio.cutting import read
from ser.audio.segment import segments
root = Path(sys.argv[1])
read(segments(root, ["long." + sys.argv[2]], [(1.0, 2.0)]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
parts = read(segments(root, ["long." + sys.argv[2]] * 3, [(1.0, 2.0), (600.0, 603.0), (1190.0, 1199.0)]))
assert [len(part.samples) for part in parts] == [16000, 48000, 144000]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_a_long_recording_is_not_read_into_memory(tmp_path: Path, suffix: str) -> None:
    """Twenty minutes at 16 kHz are 73 MiB of samples."""
    with soundfile.SoundFile(tmp_path / f"long.{suffix}", "w", 16000, 1) as opened:
        for _ in range(20):
            opened.write(np.zeros(60 * 16000, np.float32))
    output = subprocess.run(
        [sys.executable, "-c", LONG, str(tmp_path), suffix], capture_output=True, text=True, check=True
    )
    assert int(output.stdout) < 40
