"""From an address to a whole store: fetched, unpacked, checked and decoded, however often it is interrupted."""

import hashlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import ser.fetch.download
from ser.audio.store import Store
from ser.command import check
from ser.corpora import READERS, emozionalmente
from ser.errors import CorpusError, UserError
from ser.fetch.corpus import CONTENT, MARKER
from ser.prepare import PrepareSettings, main
from tests.fetch.server import Site, serving
from tests.moments import Moments

CLIPS = 140
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def archive(small_corpora: Path) -> bytes:
    """The small Emozionalmente, packed as the real one is: in a folder of its own."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for file in sorted((small_corpora / "Emozionalmente").rglob("*")):
            packed.write(file, Path("emozionalmente") / file.relative_to(small_corpora / "Emozionalmente"))
    return stream.getvalue()


@pytest.fixture
def site(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(ser.fetch.download, "WAIT_S", 0.0)
    with serving() as given:
        given.content["emozionalmente.zip"] = archive
        monkeypatch.setattr(emozionalmente, "ARCHIVE", given.url("emozionalmente.zip"))
        monkeypatch.setattr(emozionalmente, "MD5", hashlib.md5(archive).hexdigest())
        yield given


@pytest.fixture
def prepare(compose, tmp_path: Path):
    """Give a function that prepares a dataset below a folder of its own."""

    def call(*overrides: str) -> None:
        places = f"corpora_dir={tmp_path / 'corpora'}", f"store_dir={tmp_path / 'store'}"
        main(check(compose(*places, *overrides, entry_point="prepare"), PrepareSettings))

    return call


ALONE = "dataset.tests=[emozionalmente]"


def test_a_corpus_is_fetched_checked_and_decoded(site, prepare, tmp_path, capsys):
    site.drop_after = 100_000
    prepare(ALONE)
    said = capsys.readouterr().out
    assert "emozionalmente: licence: CC BY 4.0; cite: F. Catania" in said
    assert f"emozionalmente: fetching {emozionalmente.ARCHIVE} into {tmp_path}/corpora/Emozionalmente" in said
    assert f"emozionalmente: {CLIPS} clips, 0.03 h, decoded in {tmp_path}/store/" in said
    assert {path.name for path in (tmp_path / "corpora/.downloads").iterdir()} == {"Emozionalmente.lock"}
    asked = len(site.asked)
    prepare(ALONE)
    assert len(site.asked) == asked
    assert "fetching" not in capsys.readouterr().out


def test_an_empty_folder_in_its_place_is_filled(site, prepare, tmp_path):
    (tmp_path / "corpora/Emozionalmente").mkdir(parents=True)
    prepare(ALONE)
    assert (tmp_path / "corpora/Emozionalmente/metadata/samples.csv").is_file()


def test_an_archive_is_kept_on_demand(site, prepare, tmp_path):
    prepare(ALONE, "keep_archive=true")
    assert (tmp_path / f"corpora/.downloads/{emozionalmente.MD5}.zip").is_file()


def test_a_corpus_that_must_be_asked_for_is_told_after_the_others_are_prepared(site, prepare, capsys):
    with pytest.raises(CorpusError) as raised:
        prepare()
    assert f"emozionalmente: {CLIPS} clips" in capsys.readouterr().out
    assert str(raised.value).startswith("emovo: not in ")
    assert "ask for it at http://voice.fub.it" in str(raised.value)
    assert "so that it holds <actor>/<emotion>-<actor>-<sentence>.wav with actor f1|f2" in str(raised.value)


def test_nothing_is_fetched_when_that_is_not_wanted(site, prepare):
    with pytest.raises(CorpusError, match=r"emozionalmente: not in .*; ask for it at https://zenodo.org"):
        prepare(ALONE, "fetch=false")
    assert site.asked == []


def test_what_lies_in_the_place_of_a_corpus_is_not_touched(site, prepare, tmp_path):
    (tmp_path / "corpora/Emozionalmente").mkdir(parents=True)
    (tmp_path / "corpora/Emozionalmente/mine.txt").touch()
    with pytest.raises(CorpusError, match=r"Emozionalmente is not its root, which holds metadata/samples.csv"):
        prepare(ALONE)
    assert site.asked == []
    assert [path.name for path in (tmp_path / "corpora/Emozionalmente").iterdir()] == ["mine.txt"]


def test_a_folder_of_another_origin_where_the_archive_is_unpacked_stays(site, prepare, tmp_path):
    partial = tmp_path / "corpora/.downloads/Emozionalmente.partial"
    partial.mkdir(parents=True)
    (partial / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match=r"Emozionalmente.partial was not made by this program .*; move it elsewhere"):
        prepare(ALONE)
    assert (partial / "mine.txt").read_text() == "mine"
    partial.rename(tmp_path / "elsewhere")
    partial.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="was not made by this program"):
        prepare(ALONE)
    assert (tmp_path / "elsewhere/mine.txt").is_file()
    partial.unlink()
    (partial / CONTENT).mkdir(parents=True)  # as a killed process leaves it
    (partial / MARKER).touch()
    prepare(ALONE)
    assert not partial.exists()


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda content: content[:-1] + b"?", "has the checksum"),
        (lambda content: b"<html>not found</html>", "has the checksum"),
    ],
)
def test_a_wrong_archive_leaves_nothing(site, prepare, tmp_path, harm, message):
    site.content["emozionalmente.zip"] = harm(site.content["emozionalmente.zip"])
    with pytest.raises(CorpusError, match=message):
        prepare(ALONE)
    assert not (tmp_path / "corpora/Emozionalmente").exists()
    assert not (tmp_path / "store").exists()


def test_an_archive_of_something_else(site, prepare, tmp_path, monkeypatch):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("readme.txt", "moved")
    site.content["emozionalmente.zip"] = stream.getvalue()
    monkeypatch.setattr(emozionalmente, "MD5", hashlib.md5(stream.getvalue()).hexdigest())
    with pytest.raises(CorpusError, match=r"no metadata/samples.csv in it, so it is not the corpus"):
        prepare(ALONE)
    assert not (tmp_path / "corpora/Emozionalmente").exists()
    assert not list((tmp_path / "corpora/.downloads").glob("*.partial"))


def test_addresses_have_checksums():
    fetched = {name: reader for name, reader in READERS.items() if reader.ARCHIVE}
    assert {"emozionalmente", "ravdess"} <= set(fetched)
    assert all(reader.ARCHIVE.startswith("https://") and len(reader.MD5) == 32 for reader in fetched.values())


PROGRAM = """
    import runpy, sys
    from ser.corpora import emozionalmente
    emozionalmente.ARCHIVE, emozionalmente.MD5 = sys.argv[1:3]
    sys.argv[1:] = sys.argv[3:]
    runpy.run_module("ser.prepare", run_name="__main__", alter_sys=True)
    """


class Prepared:
    """A dataset that is prepared in a folder by processes that are killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "corpora/Emozionalmente"

    def call(self, site: Site, kill_at: int = 0) -> tuple[int, int]:
        """Run `python -m ser.prepare`, killed before a change to a file or with a block that arrives.

        Returns:
            The exit code, and how many changes and blocks there were.
        """
        self.folder.mkdir(exist_ok=True)
        places = f"corpora_dir={self.folder / 'corpora'}", f"store_dir={self.folder / 'store'}", "most_gb=1"
        address = (emozionalmente.ARCHIVE, emozionalmente.MD5)
        line = [sys.executable, "-c", textwrap.dedent(PROGRAM), *address, ALONE, *places]
        log = self.folder.with_suffix(".moments")
        log.unlink(missing_ok=True)
        moments = Moments(log, f"{self.folder}/*", kill_at=kill_at)
        with self.folder.with_suffix(".said").open("wb") as said:
            process = subprocess.Popen(
                line,
                cwd=self.folder,
                stdout=said,
                stderr=said,
                env=moments.environment(os.environ | {"PYTHONPATH": str(ROOT)}),
                start_new_session=True,
            )
        site.sent = lambda: process.kill() if moments.add("block") == kill_at else None
        code = process.wait()
        assert code in (0, -signal.SIGKILL), self.folder.with_suffix(".said").read_text()
        return code, len(moments.changes())

    @property
    def stores(self) -> list[Store]:
        """The stores that look whole."""
        folders = (self.folder / "store").glob("*/facts.json")
        return [Store(file.parent) for file in folders if not file.parent.name.endswith(".partial")]

    def assert_nothing_half(self, whole: Store) -> None:
        """What can be read is whole: the corpus is not there or has every file, and so is the store."""
        assert not self.root.exists() or len(list((self.root / "audio").iterdir())) == CLIPS
        for store in self.stores:
            assert store.digest == whole.digest
            assert all(np.array_equal(clip, other) for clip, other in zip(store, whole, strict=True))


def torture(site: Site, folder: Path, kills: int) -> None:
    """Kill `prepare` at random moments; the next call goes on with what has come so far, and begins anew at the end."""
    rng = random.Random(0)
    straight, tortured = Prepared(folder / "straight"), Prepared(folder / "tortured")
    code, moments = straight.call(site)
    assert code == 0
    [whole] = straight.stores
    killed = 0
    while killed < kills:
        code, _ = tortured.call(site, rng.randint(1, moments))
        tortured.assert_nothing_half(whole)
        if code == 0:  # less was left to do than until that moment
            shutil.rmtree(tortured.folder)
        else:
            killed += 1
    assert tortured.call(site)[0] == 0
    assert len(tortured.stores) == 1
    tortured.assert_nothing_half(whole)
    left = {path.name for path in (folder / "tortured/corpora/.downloads").iterdir()}
    assert left == {"Emozionalmente.lock"}
    assert not list((folder / "tortured/store").glob("*.partial"))


def test_two_kills_change_nothing(site, tmp_path):
    torture(site, tmp_path, kills=2)


@pytest.mark.torture
def test_twenty_kills_change_nothing(site, tmp_path):
    torture(site, tmp_path, kills=20)
