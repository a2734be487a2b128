"""Archives of sweeps that a stranger may send, opened as `ser.analyze archive=<zip>` does."""

import functools
import json
import stat
import zipfile
from pathlib import Path

from ser.sharing.record import ArchiveRecord
from ser.sharing.zip_files import opened
from tests.bad_input.case import Case


def _use(entries: list[tuple[str | zipfile.ZipInfo, bytes]], content: bytes | None, folder: Path) -> str:
    path = folder / "sweep.zip"
    if content is None:
        ArchiveRecord(sweep="grid", version="0.2.0", settings={}, files={}).write(folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            if not any(entry == ArchiveRecord.FILE for entry, _ in entries):
                archive.write(folder / ArchiveRecord.FILE, ArchiveRecord.FILE)
            for entry, text in entries:
                archive.writestr(entry, text)
        (folder / ArchiveRecord.FILE).unlink()
    else:
        path.write_bytes(content)
    with opened(path) as archive_of_sweep:
        return f"the archive of {archive_of_sweep.record.sweep}"


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("sweep/a/result.json")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def _case(what: str, *entries: tuple[str | zipfile.ZipInfo, bytes], content: bytes | None = None) -> Case:
    return Case("archive of a sweep", what, "refused", functools.partial(_use, list(entries), content), "sweep.zip")


_OTHER = json.dumps({"sweep": "grid", "version": "1", "settings": {}, "files": {"../x": "0"}}).encode()
_LATER = json.dumps({"format": 99, "sweep": "grid"}).encode()

CASES = [
    _case("no zip file", content=b"<html>"),
    _case("archive.json that is no JSON", (ArchiveRecord.FILE, b"!!python/object")),
    _case("archive.json that lists a file outside", (ArchiveRecord.FILE, _OTHER)),
    _case("of a later version", (ArchiveRecord.FILE, _LATER)),
    _case("path outside the folder", ("sweep/../../.bashrc", b"")),
    _case("link", (_link(), b"/etc/passwd")),
    _case("control character in a name", ("sweep/a\x9b/result.json", b"")),
    _case("name that Windows refuses", ("sweep/nul/result.json", b"")),
    _case("pickle", ("sweep/a/weights.pkl", b"")),
    _case("file that was added", ("report/more.csv", b"")),
    _case("bomb", ("report/zeros.csv", bytes(2**28 + 1))),
]
