import pytest

from ser.corpora import read_transcribed
from ser.errors import ConfigError, CorpusError

HEADER = "client_id\tpath\tsentence\tup_votes\tage\tgender\tlocale"


@pytest.fixture
def release(touch):
    def write(*rows: str, part: str = "validated"):
        root = touch("clips/a.mp3", "clips/b.mp3", "clips/c.mp3")
        (root / f"{part}.tsv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        return root

    return write


def read(root, **options):
    return read_transcribed("cv", reader="commonvoice", root=root, channel=0, **options)


def test_a_release_is_a_corpus(release):
    corpus = read(release('x1\tb.mp3\t"Sì", disse.\t2\tfourties\tmale\tit', "x2\ta.mp3\tPo'\t2\t\tother\tit"))
    assert corpus.clips.columns.tolist() == ["path", "text", "speaker", "gender", "language", "age"]
    assert corpus.clips.values.tolist() == [
        ["clips/a.mp3", "Po'", "x2", "other", "it", ""],
        ["clips/b.mp3", '"Sì", disse.', "x1", "male", "it", "fourties"],
    ]


@pytest.mark.parametrize(
    ("written", "gender"),
    [("", "unknown"), ("male_masculine", "male"), ("female_feminine", "female"), ("non-binary", "other")],
)
def test_genders_of_all_releases_are_understood(release, written, gender):
    assert read(release(f"x\ta.mp3\tA\t2\t\t{written}\tit")).clips["gender"].tolist() == [gender]


def test_quotation_marks_are_no_quotes_of_cells(release):
    corpus = read(release('x\ta.mp3\t"un" due\t2\t\t\tit', 'x\tb.mp3\t""tre"\t2\t\t\tit'))
    assert corpus.clips["text"].tolist() == ['"un" due', '""tre"']


def test_text_may_be_empty_and_other_cells_not(release):
    assert read(release("x\ta.mp3\t\t2\t\t\tit")).clips["text"].tolist() == [""]
    with pytest.raises(CorpusError, match=r"column 'client_id' is empty in line\(s\) 2"):
        read(release("\ta.mp3\tA\t2\t\t\tit"))


def test_another_part(release):
    assert len(read(release("x\ta.mp3\tA\t2\t\t\tit", part="dev"), part="dev").clips) == 1
    with pytest.raises(CorpusError, match=r"train.tsv: cannot read this table"):
        read(release("x\ta.mp3\tA\t2\t\t\tit"), part="train")


def test_mistakes_name_the_key(release, tmp_path):
    with pytest.raises(CorpusError, match=r"no folder .*; set corpora.cv.root=<folder>. Get commonvoice \(CC0"):
        read(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"corpora.cv.reader=cv: no such reader; there are .*commonvoice.*emovo"):
        read_transcribed("cv", reader="cv", root=tmp_path, channel=0)


def test_emotional_corpora_and_tables_are_transcribed_speech_too(touch):
    root = touch("f1/neu-f1-l3.wav")
    clips = read_transcribed("emovo", reader="emovo", root=root, channel=0).clips
    assert clips["text"].tolist() == ["Un attimo dopo s'è incamminato ... ed è inciampato."]
    table = touch("a.wav") / "mine.csv"
    table.write_text("path,speaker,text\na.wav,1,Ciao.\n")
    clips = read_transcribed("mine", reader="manifest", root=None, channel=0, table=table).clips
    assert clips.values.tolist() == [["a.wav", "Ciao.", "1", "unknown"]]
    table.write_text("path,speaker\na.wav,1\n")
    with pytest.raises(CorpusError, match=r"mine.csv: missing column\(s\) text"):
        read_transcribed("mine", reader="manifest", root=None, channel=0, table=table)


def test_boredom_is_transcribed_speech_as_well(touch):
    assert len(read_transcribed("emodb", reader="emodb", root=touch("wav/03a01La.wav"), channel=0).clips) == 1


def test_the_real_clips_are_read(real_corpora):
    clips = read(real_corpora / "CommonVoice-it").clips
    assert (len(clips), clips["speaker"].nunique(), set(clips["language"])) == (100, 79, {"it"})
