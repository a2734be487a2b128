"""Folders that people have in the place of a corpus, read as EMOVO, or as Emozionalmente."""

import functools
from collections.abc import Callable
from pathlib import Path

from ser.corpora import read
from tests.bad_input.case import Case, Policy

SAMPLES = "file_name,sentence,actor,emotion_expressed\n1.wav,Ciao.,anna,joy\n2.wav,Ciao.,anna,fear\n"
USERS = "username,gender,age\nanna,female,30\n"


def emovo(root: Path) -> None:
    """Write a small EMOVO."""
    _touch(root, *(f"{actor}/{code}-{actor}-b1.wav" for actor in ("f1", "m1") for code in ("gio", "rab")))


def emozionalmente(root: Path) -> None:
    """Write a small Emozionalmente."""
    _touch(root, "audio/1.wav", "audio/2.wav")
    (root / "metadata").mkdir()
    (root / "metadata/samples.csv").write_text(SAMPLES)
    (root / "metadata/users.csv").write_text(USERS)


def _touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def _twice(root: Path) -> None:
    _touch(root, *(f"{above}OAF_angry/OAF_{word}_angry.wav" for above in ("", "TESS/") for word in ("back", "bar")))


def _use(make: Callable[[Path], object], reader: str, folder: Path) -> str:
    root = folder / "corpus"
    make(root)
    corpus = read(reader, reader=reader, root=root, channel=0, outside="drop")
    return f"{len(corpus.clips)} clips"


def _case(
    what: str, policy: Policy, make: Callable[[Path], object], reader: str = "emovo", names: str = "corpus"
) -> Case:
    return Case("tree", what, policy, functools.partial(_use, make, reader), names)


def _and(first: Callable[[Path], object], then: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: (first(root), then(root))


CASES = [
    _case("no folder", "refused", lambda root: None),
    _case("empty folder", "refused", lambda root: root.mkdir()),
    _case("file instead of the folder", "refused", lambda root: root.touch()),
    _case("folder above the root", "refused", lambda root: emovo(root / "EMOVO")),
    _case("folder below the root", "refused", lambda root: _touch(root, "gio-f1-b1.wav")),
    _case("another corpus", "refused", emozionalmente),
    _case("archive instead of the folder", "refused", lambda root: root.write_bytes(b"PK"), names="unpack it"),
    _case("suffix in upper case", "taken", _and(emovo, lambda root: _touch(root, "f1/tri-f1-b1.WAV"))),
    _case("each recording twice, in two folders", "refused", _twice, "tess", "unpacked into its own folder"),
    _case(
        "CREMA-D without the table of its actors",
        "refused",
        lambda root: _touch(root, "AudioWAV/1001_DFA_ANG_XX.wav"),
        "cremad",
        "VideoDemographics.csv: there is no such file",
    ),
    _case("recording of another name", "refused", _and(emovo, lambda root: _touch(root, "f1/copy of gio.wav"))),
    _case("hidden files and other folders", "taken", _and(emovo, lambda root: _touch(root, "f1/._a.wav", "doc/a.pdf"))),
    _case("folder called like a recording", "refused", _and(emovo, lambda root: (root / "m1/tri-m1-b1.wav").mkdir())),
    _case("links in a circle", "taken", _and(emovo, lambda root: (root / "f1/again").symlink_to(root))),
    _case("link to the corpus", "taken", lambda root: (emovo(root.parent / "real"), root.symlink_to("real"))),
    _case(
        "half copied: a recording is missing",
        "refused",
        _and(emozionalmente, lambda root: (root / "audio/2.wav").unlink()),
        "emozionalmente",
        "audio/2.wav",
    ),
    _case(
        "half copied: a table is missing",
        "refused",
        _and(emozionalmente, lambda root: (root / "metadata/users.csv").unlink()),
        "emozionalmente",
        "metadata/users.csv",
    ),
    _case(
        "tables of two versions",
        "refused",
        _and(emozionalmente, lambda root: (root / "metadata/users.csv").write_text("username,gender,age\nbea,f,1\n")),
        "emozionalmente",
        "metadata/users.csv",
    ),
]


def _leave_out(count: int, folder: Path) -> str:
    """Read 42 clips, less some that are known to be broken."""
    root = folder / "corpus"
    codes, actors = ("dis", "gio", "neu", "pau", "rab", "sor", "tri"), ("f1", "f2", "f3", "m1", "m2", "m3")
    paths = [f"{actor}/{code}-{actor}-b1.wav" for actor in actors for code in codes]
    _touch(root, *paths)
    corpus = read("emovo", reader="emovo", root=root, channel=0, outside="drop", leave_out=paths[:count])
    return f"{len(corpus.clips)} clips, left out and logged: {count}"


CASES += [
    Case("tree", "two broken clips of 42, named in leave_out", "dropped", functools.partial(_leave_out, 2)),
    Case(
        "tree",
        "three broken clips of 42, named in leave_out",
        "refused",
        functools.partial(_leave_out, 3),
        "dataset.corpora.emovo.leave_out",
    ),
]
