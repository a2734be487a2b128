"""Recordings that people have: in a corpus of three good ones and this one, prepared as every corpus is."""

import contextlib
import functools
import math
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import ser.audio.preparation  # noqa: F401 - before nobody is somebody who cannot read it
from ser.audio.store import open_store
from ser.corpora import read
from tests.audio.conftest import encoded, voice
from tests.bad_input.case import Case, Policy

RATE = 16000


def prepare(folder: Path, name: str, channel: int = 0) -> str:
    """Prepare a corpus of three good recordings and one other, and say what became of that."""
    for clip in range(3):
        soundfile.write(folder / f"good{clip}.wav", voice(0.6 + clip / 10, RATE), RATE)
    lines = [f'"{path}",joy,speaker' for path in (*(f"good{clip}.wav" for clip in range(3)), name)]
    (folder / "clips.csv").write_text("\n".join(["path,emotion,speaker", *lines]), encoding="utf-8")
    corpus = read("mine", reader="manifest", root=None, channel=channel, outside="refuse", table=folder / "clips.csv")
    paths = corpus.clips["path"].tolist()
    store = open_store(
        root=corpus.root,
        paths=paths,
        channel=corpus.channel,
        sample_rate=RATE,
        loudness_lufs=-23.0,
        folder=folder / "store",
        name="mine",
    )
    silent = f", {store.silent} silent, counted and reported" if store.silent else ""
    return f"{store.durations_s[paths.index(name)]:.3g} s at {RATE} Hz{silent}"


def written(samples: Any, rate: int = RATE, **how: str) -> Callable[[Path], None]:
    """Return what writes these samples."""
    return lambda path: soundfile.write(path, samples, rate, **({"subtype": "FLOAT"} | how))


def content(data: bytes) -> Callable[[Path], None]:
    """Return what writes these bytes."""
    return lambda path: path.write_bytes(data)  # type: ignore[return-value]


def changed(change: Callable[[bytes], bytes], suffix: str = ".wav") -> Callable[[Path], None]:
    """Return what writes a good recording and changes its bytes."""

    def write(path: Path) -> None:
        good = path.with_name(f"good{suffix}")
        soundfile.write(good, voice(1.0, RATE), RATE)
        path.write_bytes(change(good.read_bytes()))
        good.unlink()

    return write


def an_hour(path: Path) -> None:
    """Write the header of an hour at 8 kHz, and zeros that take no space."""
    size = 3600 * 8000
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", size
    )
    path.write_bytes(header)
    os.truncate(path, len(header) + size)


def _cut_m4a(path: Path) -> None:
    whole = encoded(path, SPEECH[:, None], RATE, "aac").read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])


@contextlib.contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Be a user without privileges, to whom permissions matter, if one is root."""
    if os.geteuid() != 0:
        yield
        return
    passing = stat.S_IXGRP | stat.S_IXOTH
    closed = {above: mode for above in folder.parents if (mode := above.stat().st_mode) & passing != passing}
    os.chown(folder, 65534, 65534)
    for above, mode in closed.items():
        above.chmod(mode | passing)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for above, mode in closed.items():
            above.chmod(mode)


def _use(make: Callable[[Path], object], name: str, channel: int, folder: Path) -> str:
    make(folder / name)
    return prepare(folder, name, channel)


def _case(what: str, policy: Policy, make: Callable[[Path], object], name: str = "x.wav", channel: int = 0) -> Case:
    return Case("recording", what, policy, functools.partial(_use, make, name, channel), name)


SPEECH = voice(1.0, RATE)
CASES = [
    _case("empty file", "refused", content(b"")),
    _case("header without samples", "refused", written(np.zeros(0))),
    _case("cut at 60 % (wav)", "refused", changed(lambda data: data[: len(data) * 6 // 10])),
    _case("cut at 60 % (flac)", "refused", changed(lambda data: data[: len(data) * 6 // 10], ".flac"), "x.flac"),
    _case("header that is text", "refused", changed(lambda data: b"<html>  " + data[8:])),
    _case("header with a rate of 0", "refused", changed(lambda data: data[:24] + bytes(4) + data[28:])),
    _case("web page instead of the file", "refused", content(b"<html>404 not found</html>" * 9)),
    _case("MP3 called .wav", "taken", lambda path: soundfile.write(path, SPEECH, RATE, format="MP3")),
    _case("length that is not known (streamed)", "taken", changed(lambda data: data[:40] + b"\xff" * 4 + data[44:])),
    _case("pointer of Git LFS", "refused", content(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n")),
    _case("zip archive called .wav", "refused", content(b"PK\x03\x04" + bytes(99))),
    _case("m4a called .wav", "taken", lambda path: encoded(path, SPEECH[:, None], RATE, "aac", "ipod")),
    _case("m4a cut at 60 %", "refused", _cut_m4a, "x.m4a"),
    _case("GSM 6.10, which cannot be sought in", "taken", written(voice(1.0, 8000), 8000, subtype="GSM610")),
    _case("samples without a header", "refused", content(bytes(9999)), "x.raw"),
    _case("NaN", "refused", written(np.where(np.arange(RATE) == 7, math.nan, SPEECH))),
    _case("infinity", "refused", written(np.where(np.arange(RATE) == 7, math.inf, SPEECH))),
    _case("silence", "taken", written(np.zeros(RATE))),
    _case("3 ms", "refused", written(SPEECH[:48])),
    _case("an hour", "refused", an_hour),
    _case("1 Hz", "refused", written(SPEECH[:50], 1)),
    _case("192 kHz", "taken", written(voice(1.0, 192000), 192000)),
    _case("16001 Hz", "taken", written(SPEECH, 16001)),
    _case("1 MHz", "refused", written(voice(1.0, 10**6), 10**6)),
    _case("8 channels", "taken", written(np.stack([SPEECH] * 8, axis=1))),
    _case("8 channels, the ninth chosen", "refused", written(np.stack([SPEECH] * 8, axis=1)), channel=8),
    _case("NaN in an unused channel", "taken", written(np.stack([SPEECH, SPEECH * math.nan], axis=1))),
    _case("beyond full scale", "taken", written(9 * SPEECH)),
    _case("8 bit", "taken", written(SPEECH, subtype="PCM_U8")),
    _case("spaces, accents and a comma in its name", "taken", written(SPEECH), "però, già «così» 音.wav"),
    _case("folder called x.wav", "refused", lambda path: path.mkdir()),
    _case("not there", "refused", lambda path: None),
    _case("link to nowhere", "refused", lambda path: path.symlink_to("nowhere.wav")),
    _case("link to itself", "refused", lambda path: path.symlink_to(path.name)),
]


def _unreadable(folder: Path) -> str:
    with nobody(folder):
        written(SPEECH)(folder / "x.wav")
        (folder / "x.wav").chmod(0)
        return prepare(folder, "x.wav")


CASES.append(Case("recording", "unreadable permissions", "refused", _unreadable, "x.wav"))
