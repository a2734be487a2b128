import pytest

from ser.corpora import manifest
from ser.errors import ConfigError, CorpusError


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


def test_optional_columns_come_first_and_others_are_kept(write, read_as):
    table = write("a.wav,joy,s1,Ciao.,good,30", header="path,emotion,speaker,text,quality,age")
    clips = read_as("manifest", None, table=table).clips
    assert list(clips.columns) == ["path", "emotion", "speaker", "gender", "text", "age", "quality"]
    assert clips.iloc[0].tolist() == ["a.wav", "joy", "s1", "unknown", "Ciao.", "30", "good"]


def test_columns_of_other_names(write, read_as):
    table = write("a.wav,joy,s1", header="recording,label,who")
    columns = {"path": "recording", "emotion": "label", "speaker": "who"}
    assert read_as("manifest", None, table=table, columns=columns).clips.values.tolist() == [
        ["a.wav", "joy", "s1", "unknown"]
    ]
    with pytest.raises(ConfigError, match=r"columns: .*has no column talker; there are recording, label, who"):
        read_as("manifest", None, table=table, columns=columns | {"speaker": "talker"})
    with pytest.raises(ConfigError, match=r"columns: 'path' are no pairs"):
        read_as("manifest", None, table=table, columns="path")


def test_a_table_of_nkululeko_is_read_without_an_option(real_corpora, read_as):
    """Of EMOVO: the same clips, emotions, speakers and genders as our own reader finds."""
    table = real_corpora.parent / "peers/nkululeko/data/emovo/emovo.csv"
    if not table.is_file():
        pytest.skip(f"there is no {table}")
    theirs = read_as("manifest", real_corpora, table=table).clips
    ours = read_as("emovo", real_corpora / "EMOVO").clips
    assert theirs["path"].str.removeprefix("EMOVO/").tolist() == ours["path"].tolist()
    shared = ["emotion", "speaker", "gender"]
    assert theirs[shared].values.tolist() == ours[shared].values.tolist()


def test_without_a_column_of_speakers_they_are_unknown(write, read_as):
    table = write("a.wav,joy", header="path,emotion")
    assert read_as("manifest", None, table=table).clips["speaker"].tolist() == [""]


@pytest.mark.parametrize("column", ["start", "end", "start_s", "end_s"])
def test_parts_of_recordings_are_refused(write, read_as, column):
    table = write("a.wav,joy,s1,1.5", header=f"path,emotion,speaker,{column}")
    with pytest.raises(CorpusError, match=f"the column {column} looks like a part of a recording"):
        read_as("manifest", None, table=table)


@pytest.mark.parametrize("column", ["predicted", "logit_joy", "seed"])
def test_a_column_that_is_called_as_one_of_the_predictions(write, read_as, column):
    table = write("a.wav,joy,s1,1", header=f"path,emotion,speaker,{column}")
    with pytest.raises(CorpusError, match=f"a column cannot be called {column}"):
        read_as("manifest", None, table=table)


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
