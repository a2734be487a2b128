import pytest

from ser.corpora import manifest
from ser.corpora.languages import language_code
from ser.errors import ConfigError, CorpusError
from ser.schema import clip_names


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
    """Of EMOVO: the same clips, emotions, speakers, genders and language as our own reader finds."""
    table = real_corpora.parent / "peers/nkululeko/data/emovo/emovo.csv"
    if not table.is_file():
        pytest.skip(f"there is no {table}")
    theirs = read_as("manifest", real_corpora, table=table).clips
    ours = read_as("emovo", real_corpora / "EMOVO").clips
    assert theirs["path"].str.removeprefix("EMOVO/").tolist() == ours["path"].tolist()
    shared = ["emotion", "speaker", "gender", "language"]
    assert theirs[shared].values.tolist() == ours[shared].values.tolist()


def test_languages_are_codes(write, read_as):
    languages = ["Italian", "ita", "it", "GERMAN", "de-DE", "Klingonese"]
    rows = [f"{n}.wav,joy,s1,{language}" for n, language in zip(("a", "b", "deep/c"), languages[:3], strict=True)]
    table = write(*rows, header="path,emotion,speaker,language")
    assert read_as("manifest", None, table=table, keep='language == "it"').clips["language"].tolist() == ["it"] * 3
    assert [language_code(language) for language in languages[3:]] == ["de", "de-DE", "Klingonese"]


def test_without_a_column_of_speakers_they_are_unknown(write, read_as):
    table = write("a.wav,joy", header="path,emotion")
    assert read_as("manifest", None, table=table).clips["speaker"].tolist() == [""]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("start_s,end_s", ("0.5,1.25", "1.25,", "0,0.5")),
        ("start,end", ("0 days 00:00:00.500000,0 days 00:00:01.250000", "0 days 00:00:01.25,NaT", ",00:00:00.5")),
    ],
)
def test_parts_of_recordings_are_clips(write, read_as, header, rows):
    table = write(*(f"a.wav,joy,s1,{row}" for row in rows), "b.wav,fear,s2,,", header=f"path,emotion,speaker,{header}")
    corpus = read_as("manifest", None, table=table)
    assert clip_names(corpus.clips) == ["a.wav [0-0.5 s]", "a.wav [0.5-1.25 s]", "a.wav [1.25-end s]", "b.wav"]
    assert corpus.origins == tuple(f"{table}, line {line}" for line in (4, 2, 3, 5))
    assert corpus.clips[["start_s", "end_s"]].dtypes.tolist() == [float, float]


def test_a_table_whose_parts_are_whole_recordings_is_one_without(write, read_as):
    table = write("a.wav,joy,s1,0,", "b.wav,fear,s2,,NaT", header="path,emotion,speaker,start,end")
    assert list(read_as("manifest", None, table=table).clips) == ["path", "emotion", "speaker", "gender"]


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        ("1.5,1.5", r"line 3: the segment from 1\.5 to 1\.5 s holds nothing"),
        ("2,1", r"line 3: the segment from 2 to 1 s holds nothing"),
        ("-1,1", r"line 3: start_s '-1' is no time"),
        ("nan,1", r"line 3: start_s 'nan' is no time"),
        ("0,inf", r"line 3: end_s 'inf' is no time"),
        ("soon,1", r"line 3: start_s 'soon' is no time in a recording; write seconds from 0, such as 1.5"),
        ('"0,5",1', r"line 3: start_s '0,5' is no time"),
        ("1,2", r"line 3: 'a\.wav \[1-2 s\]' is in line 2 too; keep one"),
        ("1.0,0 days 00:00:02", r"line 3: 'a\.wav \[1-2 s\]' is in line 2 too; keep one"),
    ],
)
def test_parts_that_are_none(write, read_as, times, problem):
    table = write("a.wav,joy,s1,1,2", f"a.wav,fear,s1,{times}", header="path,emotion,speaker,start_s,end_s")
    with pytest.raises(CorpusError, match=rf"clips\.csv, {problem}"):
        read_as("manifest", None, table=table)


def test_two_spellings_of_the_times(write, read_as):
    table = write("a.wav,joy,s1,1,1", header="path,emotion,speaker,start,start_s")
    with pytest.raises(CorpusError, match=r"columns start and start_s are the same thing; keep one"):
        read_as("manifest", None, table=table)


def test_parts_are_left_out_by_name_and_all_of_a_recording_by_its_path(write, read_as):
    rows = [f"a.wav,joy,s1,{start},{start + 1}" for start in range(39)]
    table = write(*rows, "b.wav,joy,s1,,", header="path,emotion,speaker,start_s,end_s")
    names = ["a.wav [3-4 s]", "b.wav"]
    left = clip_names(read_as("manifest", None, table=table, leave_out=names).clips)
    assert len(left) == 38
    assert not set(names) & set(left)
    with pytest.raises(CorpusError, match=r"leave_out: 39 of 40 clips, but at most 5%"):
        read_as("manifest", None, table=table, leave_out=["a.wav"])
    with pytest.raises(CorpusError, match=r"leave_out: not in the corpus: a.wav \[3-5 s\]"):
        read_as("manifest", None, table=table, leave_out=["a.wav [3-5 s]"])


def test_ratings_of_parts_are_of_clips(write, read_as):
    ratings = (("x", "0", "joy"), ("y", "0.0", "joy"), ("x", "2", "fear"), ("y", "2", "fear"))
    rows = [f"a.wav,{emotion},s1,{rater},{start}," for rater, start, emotion in ratings]
    clips = read_as("manifest", None, table=write(*rows, header="path,emotion,speaker,rater,start_s,end_s")).clips
    assert clip_names(clips) == ["a.wav", "a.wav [2-end s]"]
    assert clips["emotion"].tolist() == ["joy", "fear"]


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
    note = "1 label(s) are written in several ways, and are one each: 'Schadenfreude' = 'schadenfreude'"
    assert corpus.notes == (note,)
    assert note in caplog.text


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ("Start,End", "columns that are not read: Start, End; if they are meant, name them: columns={start_s: Start, "),
        ("onset,offset", "name them: columns={start_s: onset, end_s: offset}"),
        ("partition,room", "columns that are not read: partition; if they are meant, name them: columns={split: "),
        ("start,end", None),
        ("split,room", None),
    ],
)
def test_columns_that_look_meant_and_are_not_read_are_named(write, read_as, columns, note):
    rows = ("a.wav,joy,s1,0,1", "b.wav,anger,s1,0,1", "deep/c.wav,fear,s1,0,1")
    table = write(*rows, header=f"path,emotion,speaker,{columns}")
    notes = read_as("manifest", None, table=table).notes
    assert (note in notes[0]) if note else notes == ()


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
