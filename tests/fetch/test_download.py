"""Downloads over a bad line: what comes is whole, or an error that says so."""

import random
from pathlib import Path

import pytest

from ser.errors import CorpusError, UserError
from ser.fetch.download import ATTEMPTS, download
from tests.fetch.conftest import md5
from tests.fetch.server import Site

CONTENT = random.Random(0).randbytes(300_000)


@pytest.fixture
def fetch(site: Site, tmp_path: Path):
    """Give a function that downloads `CONTENT`, and returns what the file holds."""
    site.content["a.zip"] = CONTENT

    def call(path: str = "a.zip", checksum: str = md5(CONTENT), most_bytes: int = 10**6) -> bytes:
        download(site.url(path), tmp_path / "downloads" / "a.zip", checksum, most_bytes, "get it from its page")
        assert [file.name for file in (tmp_path / "downloads").iterdir()] == ["a.zip"]
        return (tmp_path / "downloads" / "a.zip").read_bytes()

    return call


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Give the file that holds what has come so far; its folder is there."""
    (tmp_path / "downloads").mkdir()
    return tmp_path / "downloads" / "a.zip.part"


def test_a_whole_file(fetch, site):
    assert fetch() == CONTENT
    assert site.asked == [None]


def test_a_file_that_is_there_is_not_fetched_again(fetch, site):
    fetch()
    assert fetch() == CONTENT
    assert len(site.asked) == 1


def test_a_file_that_is_damaged_is_fetched_again(fetch, site, tmp_path):
    fetch()
    (tmp_path / "downloads/a.zip").write_bytes(CONTENT[:-1] + b"?")
    assert fetch() == CONTENT


def test_dropped_connections_are_taken_up_where_they_broke(fetch, site):
    site.drop_after = 70_000
    assert fetch() == CONTENT
    assert site.asked == [None, *(f"bytes={start}-" for start in range(65536, 300_000, 65536))]


def test_more_breaks_than_attempts_are_survived_while_something_comes(fetch, site):
    site.drop_after = 20_000
    assert fetch() == CONTENT
    assert len(site.asked) > 3 * ATTEMPTS


def test_a_server_without_ranges_sends_all_again(fetch, site, part):
    part.write_bytes(b"something else")
    site.ranges = False
    assert fetch() == CONTENT


@pytest.mark.parametrize("have", [1, 150_000, len(CONTENT)])
def test_what_a_killed_process_left_is_gone_on_with(fetch, site, part, have):
    part.write_bytes(CONTENT[:have])
    assert fetch() == CONTENT
    assert site.asked == [f"bytes={have}-"]


@pytest.mark.parametrize("left", [b"?" * 1000, CONTENT + b"?", b"?" * 300_000])
def test_what_was_left_and_does_not_fit_is_thrown_away(fetch, part, left):
    part.write_bytes(left)
    assert fetch() == CONTENT


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_busy_is_asked_again(fetch, site, status):
    site.failures = [status] * (ATTEMPTS - 1)
    assert fetch() == CONTENT


def test_a_server_that_stays_busy(fetch, site, part):
    part.write_bytes(CONTENT[:1000])
    site.failures = [503] * ATTEMPTS
    with pytest.raises(
        CorpusError, match=r"a.zip: the server answers 503 .*; 1000 bytes are kept, so call again later"
    ):
        fetch()
    assert part.read_bytes() == CONTENT[:1000]


def test_a_server_that_is_not_there(tmp_path, site):
    with pytest.raises(CorpusError, match=r"127.0.0.1:1/a: the connection fails .*; 0 bytes are kept, .* or ask us"):
        download("http://127.0.0.1:1/a", tmp_path / "a", "0" * 32, 10, "ask us")


def test_a_file_that_the_server_does_not_have(fetch):
    with pytest.raises(CorpusError, match=r"gone.zip: the server answers 404 Not Found; get it from its page"):
        fetch("gone.zip")


def test_a_wrong_checksum_leaves_nothing(fetch, site, tmp_path):
    with pytest.raises(
        CorpusError, match=rf"a.zip: has the checksum {md5(CONTENT)}, where 0{{32}} is expected, and was"
    ):
        fetch(checksum="0" * 32)
    assert list((tmp_path / "downloads").iterdir()) == []


def test_more_than_agreed_on_is_not_taken(fetch, tmp_path):
    with pytest.raises(CorpusError, match="more than 1000 bytes, which is not the corpus"):
        fetch(most_bytes=1000)
    assert (tmp_path / "downloads/a.zip.part").stat().st_size <= 1000


def test_a_folder_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/a.part: cannot be written .*free some space there"):
        download(site.url("a.zip"), tmp_path / "file/a", "0" * 32, 10, "ask us")
