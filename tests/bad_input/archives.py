"""Archives that a server may give out, fetched and unpacked as a corpus is."""

import functools
import hashlib
import io
import stat
import zipfile
from pathlib import Path

from ser.fetch.corpus import fetch
from tests.bad_input.case import Case
from tests.fetch.server import serving


def _zip(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            undated = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(undated, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("audio")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


GOOD = _zip(("metadata/samples.csv", b"file_name\n"))


def _use(content: bytes, md5: str | None, folder: Path) -> str:
    with serving() as site:
        site.content["corpus.zip"] = content
        md5 = md5 or hashlib.md5(content).hexdigest()
        page = "https://example.org"
        fetch(site.url("corpus.zip"), md5, folder / "corpus", "metadata/samples.csv", 10**6, page)
    return "a corpus"


def _case(what: str, content: bytes, names: str, md5: str | None = None) -> Case:
    return Case("archive", what, "refused", functools.partial(_use, content, md5), names)


CASES = [
    _case("wrong checksum", GOOD, "corpus.zip", "0" * 32),
    _case("cut", GOOD[:-9], ".zip"),
    _case("web page instead of the file", b"<html>", ".zip"),
    _case("path outside the folder", _zip(("../../.bashrc", b"")), "../../.bashrc"),
    _case("absolute path", _zip(("/etc/cron.d/a", b"")), "/etc/cron.d/a"),
    _case("link", _zip((_link(), b"/etc")), "audio"),
    _case("direction of writing changed in a name", _zip(("gnp\u202efdp.wav", b"")), "fdp.wav"),
    _case("control character in a name", _zip(("a\x9b.wav", b"")), "a"),
    _case("name that Windows refuses", _zip(("wav/aux.wav", b"")), "wav/aux.wav"),
    _case("names that differ in case", _zip(("wav/a", b""), ("WAV/b", b"")), "WAV"),
    _case("a hundred times the allowed size", _zip(("zeros", bytes(10**8))), ".zip"),
    _case("another corpus", _zip(("readme.txt", b"")), ".zip"),
]
