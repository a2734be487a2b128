import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator

import pytest

import ser.fetch.download
from tests.fetch.server import Site, serving


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give a server on loopback; no proxy is asked, and nobody waits between attempts."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(ser.fetch.download, "WAIT_S", 0.0)
    with serving() as given:
        yield given


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    """Give a function that zips names and contents; an entry may come as a ZipInfo."""

    def call(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in entries:
                archive.writestr(name, content)
        return stream.getvalue()

    return call


def md5(content: bytes) -> str:
    """Return the checksum as a reader states it."""
    return hashlib.md5(content).hexdigest()
