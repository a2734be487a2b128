import pytest

from ser.corpora import emozionalmente
from ser.errors import ConfigError, CorpusError
from ser.settings import SplitSettings
from ser.settings.data import SPLITS
from ser.splits import assign, content
from ser.splits.speaker import speaker_split

OFFICIAL = SplitSettings(name="official", overlap="refuse")
TABLES = {"train": ["f1", "f2", "m1"], "dev": ["m2"], "test": ["f3", "m3"]}


@pytest.fixture
def published(corpus):
    """Give a corpus with the tables of Emozionalmente's official split."""
    made = corpus("emozionalmente")
    made.clips["path"] = "audio/" + made.clips["path"]
    for name, speakers in TABLES.items():
        lines = [f"{speaker}/{emotion}.wav,{emotion}" for speaker in speakers for emotion in ("joy", "anger")]
        table = made.root / f"metadata/split/{name}.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text("\n".join(["file_name,emotion_expressed", *lines]) + "\n")
    return made


def test_clips_are_in_the_parts_that_the_authors_put_them_into(published):
    split = assign(OFFICIAL, published, 0)
    for name, speakers in TABLES.items():
        chosen = published.clips["speaker"].isin(speakers)
        assert set(split[chosen]) == {{"dev": "validation"}.get(name, name)}
    assert content(OFFICIAL, published)


def test_a_seed_changes_nothing(published):
    assert (assign(OFFICIAL, published, 0) == assign(OFFICIAL, published, 1)).all()


def test_a_recording_in_two_parts(published):
    table = published.root / "metadata/split/test.csv"
    table.write_text(table.read_text() + "f1/joy.wav,joy\n")
    with pytest.raises(CorpusError, match=r"test.csv: f1/joy.wav is in train too; fetch the corpus again"):
        assign(OFFICIAL, published, 0)


def test_version_of_the_corpus_without_a_split(published):
    (published.root / "metadata/split/dev.csv").unlink()
    with pytest.raises(CorpusError, match=r"metadata/split/dev.csv: cannot read this table \(No such file"):
        assign(OFFICIAL, published, 0)


def test_corpus_without_an_official_split(corpus):
    with pytest.raises(
        ConfigError,
        match=r"split=official: .*'mine' publish none; those of emozionalmente, esd, meld, m",
    ):
        assign(OFFICIAL, corpus("emovo"), 0)


def test_speaker_is_the_split_of_the_paper(corpus):
    split = SplitSettings(name="speaker")
    assert (assign(split, corpus(), 3) == speaker_split(corpus().clips, 3, "mine")).all()
    assert content(split, corpus()) is None


def test_every_kind_has_its_functions():
    assert all(callable(SPLITS.find(name)) for name in SPLITS.table)
    assert set(emozionalmente.OFFICIAL_SPLIT) == {"train", "validation", "test"}
