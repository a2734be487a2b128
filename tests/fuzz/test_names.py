"""Whatever a recording is called, a parser of names gives labels of the vocabulary or one message that names it."""

import re
import tempfile
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.corpora import READERS
from ser.corpora.names import match_names
from ser.errors import CorpusError
from ser.labels import SYNONYMS
from ser.schema import GENDERS

NAMED = {name: reader for name, reader in READERS.items() if hasattr(reader, "match_names")}

paths = st.one_of(
    st.text(st.characters(exclude_characters="\0"), max_size=30),
    st.lists(st.text("/0123456789-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=6), max_size=4)
    .map("/".join)
    .map("{}.wav".format),
)


def table(reader: ModuleType, path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Read a corpus of one recording, without a file system that would refuse half of the names."""

    def matched(root: Path, recordings: str, pattern: re.Pattern[str], expected: str) -> dict:
        if match := pattern.fullmatch(path):
            return {path: match}
        raise CorpusError(f"{path}; expected {expected}")

    monkeypatch.setattr(reader, "match_names", matched)
    return reader.manifest(tmp_path)


@pytest.fixture
def people(tmp_path):
    """Write the table of CREMA-D's actors, all of them."""
    rows = "".join(f"{actor},30,Female,x,x\n" for actor in range(1000, 2000))
    (tmp_path / "VideoDemographics.csv").write_text(f"ActorID,Age,Sex,Race,Ethnicity\n{rows}")


def assert_labels(rows, path: str) -> None:
    [row] = rows.to_dict("records")
    assert row["path"] == path
    assert row["emotion"] in SYNONYMS
    assert row["gender"] in GENDERS
    assert row["speaker"] or row["voice"]  # MESD does not name its speakers


@pytest.mark.parametrize("name", NAMED)
def test_any_name(name, monkeypatch, tmp_path, people):
    @settings(max_examples=80)
    @given(paths)
    def check(path: str) -> None:
        try:
            rows = table(NAMED[name], path, monkeypatch, tmp_path)
        except CorpusError as error:
            assert str(error).startswith(path)
            return
        assert_labels(rows, path)

    check()


@pytest.mark.parametrize("name", NAMED)
def test_any_name_that_fits(name, monkeypatch, tmp_path, people):
    """Names are drawn from the pattern itself, so that each label that it allows is met."""
    pattern = NAMED[name]._NAME

    @settings(max_examples=50)
    @given(st.from_regex(pattern, fullmatch=True))
    def check(path: str) -> None:
        assert_labels(table(NAMED[name], path, monkeypatch, tmp_path), path)

    check()


@settings(max_examples=60)
@given(st.sets(st.text("ab.é ", min_size=1, max_size=6).filter(lambda name: name.strip(".")), max_size=5))
def test_every_recording_is_read_or_named(names):
    """No recording goes missing without a word, but for hidden files."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in names:
            (root / name).touch()
        seen = {name for name in names if name[0] != "."}
        strange = {name for name in seen if not re.fullmatch("[ab]+", name)}
        try:
            matched = match_names(root, "*", re.compile("[ab]+"), "a or b")
        except CorpusError as error:
            told = "no recording" if not seen else f"{len(strange)} of {len(seen)} recordings have a name"
            assert told in str(error)
            return
        assert (set(matched), strange) == (seen, set())
