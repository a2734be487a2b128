"""Archives of strangers: unpacked without harm, or not at all."""

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ser.errors import CorpusError, UserError
from ser.fetch.archive import unpack


def entry(name: str, mode: int = 0, flags: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.flag_bits = flags
    return info


@pytest.fixture
def unpacked(tmp_path: Path, zipped):
    """Give a function that unpacks such an archive into a folder, and returns what is in it; or leaves the folder."""

    def call(*entries, content: bytes | None = None, most_bytes: int = 10**6, most_files: int = 10):
        (tmp_path / "a.zip").write_bytes(zipped(*entries) if content is None else content)
        unpack(tmp_path / "a.zip", tmp_path / "deep/folder", most_bytes, most_files)
        found = (tmp_path / "deep/folder").rglob("*")
        return {str(path.relative_to(tmp_path / "deep/folder")): path.read_bytes() for path in found if path.is_file()}

    yield call
    assert {path.name for path in tmp_path.iterdir()} <= {"a.zip", "deep"}
    assert not (tmp_path / "deep").exists() or [path.name for path in (tmp_path / "deep").iterdir()] == ["folder"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_files_and_folders(unpacked):
    content = {"wav/a.wav": b"a", "città.txt": "però".encode(), "deep/er/b": b""}
    assert (
        unpacked(("wav/", b""), ("wav/", b""), *content.items(), ("__MACOSX/._a", b"?"), (".DS_Store", b"?")) == content
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../a", "would lie outside the folder"),
        ("wav/../../a", "would lie outside the folder"),
        ("/etc/a", "would lie outside the folder"),
        ("..\\a", "would lie outside the folder"),
        ("C:/a", "would lie outside the folder"),
        ("a\nb", "has a control character in its name"),
        ("a\x7fb", "has a control character in its name"),
        ("wav/a\x9b31mb", "has a control character in its name"),
        ("a\u2028b", "has a control character in its name"),
        ("gnp\u202efdp.wav", "has a character in its name that changes the direction of writing"),
        ("a\u2066b", "has a character in its name that changes the direction of writing"),
        ("a\u200fb", "has a character in its name that changes the direction of writing"),
        *((name, "has a name that Windows refuses") for name in ("wav/a:b", "a?", "a*", 'a"', "<a>", "a|b")),
        *(
            (name, "has a name that Windows refuses")
            for name in ("CON", "wav/nul.wav", "a/aux/b", "Com1.tar.gz", "lpt\u00b9")
        ),
        *((name, "has a name that Windows refuses") for name in ("a.", "a ", "wav./a", "wav /a", "con .wav")),
        (entry("a", stat.S_IFLNK | 0o777), "is a link"),
        (entry("a", stat.S_IFIFO | 0o644), "is no file"),
        (entry("a", stat.S_IFCHR | 0o644), "is no file"),
    ],
)
def test_entries_that_would_do_harm(unpacked, tmp_path, name, message):
    with pytest.raises(
        CorpusError, match=rf"a.zip: entry '[^']*' {message}; nothing was unpacked; get the corpus from its"
    ):
        unpacked(("good", b"good"), (name, b"/etc/passwd"))
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b", "a"], "entry 'a' is a duplicate"),
        (["wav/a", "wav/A"], "entry 'wav/A' is a duplicate"),
        (["wav/a", "WAV/b"], "'wav' and 'WAV' differ in case or in how accents are written"),
        (["wav/", "Wav/"], "'wav' and 'Wav' differ in case"),
        (["citt\u00e0", "citta\u0300"], "is a duplicate"),
        (["citt\u00e0/a", "citta\u0300/b"], "differ in case or in how accents are written"),
        (["stra\u00dfe", "STRASSE"], "is a duplicate"),
        (["a", "a/b"], "'a' is both a file and a folder"),
        (["a/b", "a"], "entry 'a' is a duplicate"),
        (["a", "a/"], "'a' is both a file and a folder"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_entries_that_would_overwrite_each_other(unpacked, names, message):
    with pytest.raises(CorpusError, match=message):
        unpacked(*((name, b"") for name in names))


def test_names_that_only_look_special(unpacked):
    names = ["console.wav", "com10.wav", ".hidden", "a..b", "\u05d0\u05d1.wav", "no\u00ebl \u200c.wav", "aux_/nul-1"]
    assert set(unpacked(*((name, b"") for name in names))) == set(names)


def test_a_message_shows_no_control_character(unpacked):
    with pytest.raises(CorpusError) as error:
        unpacked(("a\x1b[31m\x9b\u202e", b""))
    assert str(error.value).isprintable()


def test_an_archive_that_is_too_much(unpacked, tmp_path):
    with pytest.raises(CorpusError, match="11 files of 0 bytes, but at most 10 files and 1000000 bytes are allowed"):
        unpacked(*((str(number), b"") for number in range(11)))
    with pytest.raises(CorpusError, match="1 files of 50000000 bytes, but at most 10 files and 1000000"):
        unpacked(("bomb", bytes(50_000_000)))
    assert not (tmp_path / "deep").exists()


def test_a_bomb_that_lies_about_its_size(unpacked, zipped):
    """The directory states ten bytes where a megabyte comes out."""
    content = bytearray(zipped(("bomb", bytes(1_000_000))))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)
    with pytest.raises(CorpusError, match="no zip file, or a damaged one"):
        unpacked(content=bytes(content), most_bytes=1000)


def test_an_encrypted_archive(unpacked, zipped):
    content = bytearray(zipped(("secret", b"secret")))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(CorpusError, match="entry 'secret' is encrypted"):
        unpacked(content=bytes(content))


@pytest.mark.parametrize("harm", ["empty", "text", "cut", "flipped"])
def test_an_archive_that_is_damaged(unpacked, zipped, harm):
    whole = zipped(("a.wav", bytes(range(256)) * 40))
    flipped = whole[:60] + bytes([whole[60] ^ 255]) + whole[61:]
    content = {"empty": b"", "text": b"<html>", "cut": whole[:-30], "flipped": flipped}[harm]
    with pytest.raises(CorpusError, match=r"a.zip: no zip file, or a damaged one .*; remove it and fetch it again"):
        unpacked(content=content)


def test_a_disk_without_space(unpacked, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(UserError, match="10 bytes are free, and 20 are needed"):
        unpacked(("a", bytes(20)))
