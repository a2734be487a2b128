import logging
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import ser.audio.content
import ser.audio.preparation
from ser.audio.decode import Recording, read
from ser.audio.preparation import prepare
from ser.audio.store import Store, open_store
from ser.errors import CorpusError, UserError
from tests.audio.conftest import voice

Write = Callable[..., list[str]]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Store]:
    """Open the store of `recordings`, with some arguments changed."""

    def open_(paths: list[str], **changed: Any) -> Store:
        usual = {
            "root": tmp_path / "recordings",
            "channel": 0,
            "sample_rate": 16000,
            "loudness_lufs": -23.0,
            "folder": tmp_path / "stores",
            "name": "made",
        }
        return open_store(paths=paths, **usual | changed)

    return open_


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the names of the files that are prepared from here on."""
    names: list[str] = []

    def recorded(name: str, held: Recording, **audio: Any) -> ser.audio.preparation.Clip:
        names.append(Path(name).name)
        return prepare(name, held, **audio)

    monkeypatch.setattr(ser.audio.preparation, "prepare", recorded)
    return names


def test_a_store_holds_the_prepared_clips_in_order(tmp_path: Path, corpus: Write, opened: Callable[..., Store]) -> None:
    paths = corpus(4, rate=44100)
    store = opened(paths[::-1])
    assert len(store) == 4
    assert store.sample_rate == 16000
    assert store.durations_s == pytest.approx([0.9, 0.8, 0.7, 0.6])
    assert store.lengths.tolist() == [14400, 12800, 11200, 9600]
    for clip, path in zip(store, paths[::-1], strict=True):
        held = read(tmp_path / "recordings" / path)
        expected = prepare(path, held, channel=0, sample_rate=16000, loudness_lufs=-23.0)
        assert np.array_equal(clip, expected.samples)
        assert clip.dtype == np.float32
    assert np.array_equal(store[-1], store[3])
    with pytest.raises(IndexError):
        store[4]
    with pytest.raises(ValueError, match="read-only"):
        store[0][0] = 1.0


def test_a_second_run_opens_no_recording(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store], prepared: list[str]
) -> None:
    paths = corpus()
    first = opened(paths)
    assert sorted(prepared) == paths
    for path in paths:
        file = tmp_path / "recordings" / path
        state = file.stat()
        file.write_bytes(bytes(state.st_size))
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    second = opened(paths, name="another name")
    assert second.digest == first.digest
    assert np.array_equal(second[0], first[0])
    assert len(prepared) == len(paths)


def test_a_corpus_elsewhere_finds_its_store_without_decoding(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store], prepared: list[str]
) -> None:
    paths = corpus()
    digest = opened(paths).digest
    shutil.move(tmp_path / "recordings", tmp_path / "moved")
    assert opened(paths, root=tmp_path / "moved").digest == digest
    assert len(prepared) == len(paths)


def test_what_changes_the_samples_changes_the_store(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store]
) -> None:
    paths = corpus()
    digests = [
        opened(paths).digest,
        opened(paths[:3]).digest,
        opened(paths[::-1]).digest,
        opened(paths, channel=1).digest,
        opened(paths, sample_rate=8000).digest,
        opened(paths, loudness_lufs=-20.0).digest,
        opened(paths, loudness_lufs=None).digest,
    ]
    soundfile.write(tmp_path / "recordings" / paths[0], voice(1.1, 16000), 16000)
    digests.append(opened(paths).digest)
    assert len(set(digests)) == len(digests)
    assert opened(paths, loudness_lufs=-23).digest == digests[-1]


def test_without_a_loudness_the_level_of_the_recording_stays(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store]
) -> None:
    paths = corpus(1)
    samples, _ = soundfile.read(tmp_path / "recordings" / paths[0], dtype="float32")
    assert np.array_equal(opened(paths, loudness_lufs=None)[0], samples)


def test_of_many_who_ask_at_once_one_makes_the_store(
    corpus: Write, opened: Callable[..., Store], prepared: list[str]
) -> None:
    paths = corpus()
    with ThreadPoolExecutor(6) as pool:
        stores = [*pool.map(opened, [paths] * 6)]
    assert len(prepared) == len(paths)
    assert len({store.digest for store in stores}) == 1


KILLED_AT_THE_THIRD_CLIP = """
import os, signal, sys
from pathlib import Path
import ser.audio.preparation
from ser.audio.store import open_store

prepare = ser.audio.preparation.prepare

def killed(name, held, **audio):
    if name.endswith("/20.wav"):
        os.kill(os.getpid(), signal.SIGKILL)
    return prepare(name, held, **audio)

ser.audio.preparation.prepare = killed
root, folder, *paths = sys.argv[1:]
open_store(
    root=Path(root), paths=paths, channel=0, sample_rate=16000, loudness_lufs=-23.0, folder=Path(folder), name="made"
)
"""


def test_a_killed_writer_leaves_nothing_that_looks_whole(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store]
) -> None:
    paths = corpus(24)
    folders = [str(tmp_path / "recordings"), str(tmp_path / "stores")]
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_THE_THIRD_CLIP, *folders, *paths], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len([*(tmp_path / "stores").glob("*.partial")]) == 1
    opened(paths[:2])
    assert not [*(tmp_path / "stores").glob("*.partial")]
    store = opened(paths)
    assert len(store) == 24
    assert np.array_equal(store[0], opened(paths[:2])[0])


@contextmanager
def small_disk() -> Iterator[None]:
    """Let no file of this process grow beyond 16 KiB; no fixture, as pytest writes to its log between fixtures."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**14, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, corpus: Write, opened: Callable[..., Store]) -> None:
    (tmp_path / "recordings").mkdir()
    soundfile.write(tmp_path / "recordings" / "0.wav", voice(0.45, 16000), 16000)
    told = r"cannot keep the prepared audio in .*stores .*File too large.*free some space"
    with small_disk(), pytest.raises(UserError, match=told):
        opened(["0.wav"])
    assert {path.name for path in (tmp_path / "stores").iterdir()} == {"content", "lock"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, corpus: Write, opened: Callable[..., Store]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot keep the prepared audio in .*file/stores .*store_dir=<folder>"):
        opened(corpus(), folder=tmp_path / "file" / "stores")


def test_all_recordings_that_cannot_be_used_are_named_at_once(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store]
) -> None:
    paths = corpus(9)
    for path in paths[1:8]:
        (tmp_path / "recordings" / path).write_bytes(b"no audio")
    with pytest.raises(CorpusError) as caught:
        opened(paths)
    lines = str(caught.value).splitlines()
    assert lines[0] == "Preparing made: 7 of 9 recordings cannot be used:"
    assert [Path(line.split(":")[0]).name for line in lines[1:6]] == paths[1:6]
    assert lines[6] == "  and 2 more"
    assert {path.name for path in (tmp_path / "stores").iterdir()} == {"content", "lock"}


def test_missing_recordings_are_named_and_nothing_is_written(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store]
) -> None:
    with pytest.raises(CorpusError, match=r"Reading made: 1 of 5 .*\n .*absent\.wav: No such file.*check the root"):
        opened([*corpus(), "absent.wav"])
    assert not (tmp_path / "stores").exists()


def test_a_corpus_without_recordings_is_refused(opened: Callable[..., Store]) -> None:
    with pytest.raises(CorpusError, match="made: there are no recordings"):
        opened([])


def test_an_interrupted_writer_cleans_up(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: str, held: Recording, **audio: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ser.audio.preparation, "prepare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        opened(corpus())
    assert {path.name for path in (tmp_path / "stores").iterdir()} == {"content", "lock"}


def test_silent_clips_are_kept_counted_and_logged(
    tmp_path: Path, corpus: Write, opened: Callable[..., Store], caplog: pytest.LogCaptureFixture
) -> None:
    paths = [*corpus(2), "silent.wav"]
    soundfile.write(tmp_path / "recordings" / "silent.wav", np.zeros(8000), 16000)
    store = opened(paths)
    assert store.silent == 1
    assert not store[2].any()
    assert "1 silent clips" in caplog.text


def test_a_log_tells_of_the_start_and_the_end(
    corpus: Write, opened: Callable[..., Store], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    paths = corpus(2)
    opened(paths)
    opened(paths)
    assert [record.message.split(" in ")[0] for record in caplog.records] == [
        "made: preparing 2 recordings",
        "made: 0.00 h of audio prepared",
    ]
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_how_far_it_is(
    corpus: Write, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    opened(corpus(2))
    assert "Preparing made" in capsys.readouterr().err


def test_a_store_travels_as_its_folder(corpus: Write, opened: Callable[..., Store]) -> None:
    store = opened(corpus())
    pickled = pickle.dumps(store)
    assert len(pickled) < 500
    copy = pickle.loads(pickled)
    assert copy.digest == store.digest
    assert all(np.array_equal(clip, other) for clip, other in zip(copy, store, strict=True))


def test_opening_a_store_that_is_there_needs_no_torch() -> None:
    program = "import sys, ser.audio.store, ser.audio.settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_real_corpora_become_stores(real_corpora: Path, tmp_path: Path, opened: Callable[..., Store]) -> None:
    for name, channel in (("EMO-DB", 0), ("EMOVO", 1), ("EMOVO-original", 1), ("CommonVoice-it", 0)):
        root = real_corpora / name
        paths = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in (".wav", ".mp3"))[::6]
        store = opened(paths, root=root, name=name, channel=channel)
        assert len(store) == len(paths)
        assert store.silent == 0
        assert 1 < store.durations_s.mean() < 7
        assert all(np.isfinite(clip).all() for clip in store)
