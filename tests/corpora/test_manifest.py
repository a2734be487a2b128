import pytest

from ser.corpora import manifest
from ser.errors import CorpusError


@pytest.fixture
def write(touch):
    def call(*rows: str, header: str = "path,emotion,speaker,gender"):
        table = touch("a.wav", "b.wav", "deep/c.wav") / "clips.csv"
        table.write_text("\n".join([header, *rows]), encoding="utf-8")
        return table

    return call


def test_a_table_is_a_corpus(write, read_as):
    table = write("deep/c.wav,fear,007,f", "./a.wav,Joy,NA,m", "b.wav,sadness,1,")
    corpus = read_as("manifest", None, table=table, labels={}, name="mine")
    assert (corpus.name, corpus.root) == ("mine", table.parent)
    assert corpus.clips.values.tolist() == [
        ["a.wav", "joy", "NA", "male"],
        ["b.wav", "sadness", "1", "unknown"],
        ["deep/c.wav", "fear", "007", "female"],
    ]


def test_optional_columns_are_kept_and_others_left(write, read_as):
    table = write("a.wav,joy,s1,Ciao.,good,30", header="path,emotion,speaker,text,quality,age")
    clips = read_as("manifest", None, table=table).clips
    assert list(clips.columns) == ["path", "emotion", "speaker", "gender", "text", "age"]
    assert clips.iloc[0].tolist() == ["a.wav", "joy", "s1", "unknown", "Ciao.", "30"]


def test_a_root_apart_from_the_table(write, read_as, tmp_path):
    table = write("c.wav,joy,s1,f")
    assert read_as("manifest", tmp_path / "deep", table=str(table)).clips["path"].tolist() == ["c.wav"]


def test_labels_are_renamed(write, read_as):
    table = write("a.wav,Happy,s1,f", "b.wav,anger,s1,f", "deep/c.wav,3,s1,f")
    corpus = read_as("manifest", None, table=table, labels={"happy": "joy", 3: "fear"})
    assert corpus.clips["emotion"].tolist() == ["joy", "anger", "fear"]


def test_labels_of_ones_own_are_kept(write, read_as, caplog):
    caplog.set_level("INFO")
    table = write("a.wav,Schadenfreude,s1,f", "b.wav,ANGRY,s1,f", "deep/c.wav,schadenfreude ,s1,f")
    corpus = read_as("manifest", None, table=table)
    assert corpus.clips["emotion"].tolist() == ["schadenfreude", "anger", "schadenfreude"]
    assert "emotions kept as they are written: schadenfreude (2 clips)" in caplog.text
    assert "labels that are taken as one: 'Schadenfreude', 'schadenfreude'" in caplog.text


@pytest.mark.parametrize("path", ["/etc/a.wav", "../a.wav", "deep/../../a.wav"])
def test_paths_outside_the_root(write, path):
    table = write("a.wav,joy,s1,f", f"{path},joy,s1,f")
    with pytest.raises(CorpusError, match=r"clips.csv, line 3: path '.*' lies outside the corpus root"):
        manifest.manifest(table.parent, table)


def test_paths_that_stand_twice(write):
    table = write("a.wav,joy,s1,f", "b.wav,joy,s1,f", "deep/../a.wav,joy,s1,f")
    with pytest.raises(CorpusError, match=r"clips.csv, line 4: 'deep/\.\./a.wav' is in line 2 too"):
        manifest.manifest(table.parent, table)


def test_recordings_that_are_not_there(write, read_as):
    with pytest.raises(CorpusError, match=r"2 of 3 recordings are not there \(deep, gone.wav\)"):
        read_as("manifest", None, table=write("a.wav,joy,s1,f", "gone.wav,joy,s1,f", "deep,joy,s1,f"))
