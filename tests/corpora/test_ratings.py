"""Tables with several ratings of a clip, read as a corpus; the counts are by hand."""

import pytest

from ser.errors import ConfigError, CorpusError

RATINGS = """\
path,rater,emotion,speaker,gender,arousal,started
a.wav,r1,Anger,s1,f,3,09:00
a.wav,r2,joy,s1,f,4,09:05
b.wav,r1,joy,s2,m,1,09:01
./a.wav,r3,anger,s1,f,,09:07
b.wav,r2,excitement,s2,m,2,09:06
b.wav,r3,anger,s2,m,3,09:09
c.wav,r1,anger;joy,s2,m,3,09:02
c.wav,r2,anger,s2,m,3,09:04
d.wav,r1,fear,s1,f,3,09:02
d.wav,r2,joy,s1,f,3,09:04
"""
RATED = [[3.0, 4.0], [1.0, 2.0, 3.0], [3.0, 3.0], [3.0, 3.0]]
"""Of each clip, those without a majority too."""
COUNTS = """\
path,speaker,Anger,joy,excitement,raters
a.wav,s1,2,1,,3
b.wav,s2,1,1,1,3
c.wav,s2,0.5,0.25,0.25,4
"""


@pytest.fixture
def ratings(touch):
    def write(text: str):
        table = touch("a.wav", "b.wav", "c.wav", "d.wav") / "clips.csv"
        table.write_text(text, encoding="utf-8")
        return table

    return write


def test_one_row_a_rating(ratings, read_as, caplog):
    caplog.set_level("INFO")
    corpus = read_as("manifest", None, table=ratings(RATINGS), labels={"excitement": "joy"}, outside="refuse")
    assert corpus.clips[["path", "emotion", "votes", "arousal"]].values.tolist() == [
        ["a.wav", "anger", '{"anger": 2, "joy": 1}', "3.5"],
        ["b.wav", "joy", '{"anger": 1, "joy": 2}', "2"],
        ["c.wav", "anger", '{"anger": 1.5, "joy": 0.5}', "3"],
    ]
    assert "started" not in corpus.clips
    assert "dimension_ratings" not in corpus.clips
    assert corpus.ratings.tolist() == [f'{{"arousal": {of_clip}}}' for of_clip in RATED]
    assert corpus.dropped == {"undecided": 1}
    assert "left out, no majority of the votes (a tie, or no vote): 1 clips (d.wav)" in caplog.text


def test_labels_are_merged_before_the_majority(ratings, read_as):
    """Without the merging, joy, excitement and anger are a tie."""
    corpus = read_as("manifest", None, table=ratings(RATINGS))
    assert corpus.clips["path"].tolist() == ["a.wav", "c.wav"]
    assert corpus.dropped == {"undecided": 2}


def test_a_column_of_votes_for_each_emotion(ratings, read_as):
    options = {"table": ratings(COUNTS), "votes": ["Anger", "joy", "excitement"]}
    clips = read_as("manifest", None, labels={"excitement": "joy"}, **options).clips
    assert clips[["path", "emotion", "votes"]].values.tolist() == [
        ["a.wav", "anger", '{"anger": 2, "joy": 1}'],
        ["b.wav", "joy", '{"anger": 1, "joy": 2}'],
    ]


def test_a_label_of_its_own_stays_beside_the_votes(ratings, read_as):
    table = ratings("path,speaker,emotion,anger,joy\na.wav,s1,fear,2,1\n")
    clips = read_as("manifest", None, table=table, votes=["anger", "joy"]).clips
    assert clips[["emotion", "votes"]].values.tolist() == [["fear", '{"anger": 2, "joy": 1}']]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RATINGS + "d.wav,,joy,s1,f,3,1\n", "column 'rater' is empty in line\\(s\\) 12"),
        (RATINGS + "d.wav,r2,joy,s1,f,3,1\n", "rater 'r2' rates d.wav twice \\(line\\(s\\) 12\\); keep one"),
        (RATINGS + "d.wav,r3,joy,s2,f,3,1\n", "several values of speaker in line\\(s\\) 10, 11, 12; keep one"),
        (RATINGS + "d.wav,r3,joy,s1,f,high,1\n", "arousal 'high' in line\\(s\\) 12 is no number"),
        (RATINGS + "d.wav,r3,,s1,f,3,1\n", "column 'emotion' is empty in line\\(s\\) 12"),
    ],
)
def test_ratings_that_are_wrong(ratings, read_as, text, message):
    with pytest.raises(CorpusError, match=message):
        read_as("manifest", None, table=ratings(text))


@pytest.mark.parametrize(
    ("text", "columns", "error", "message"),
    [
        (COUNTS, ["anger"], CorpusError, "votes names anger, but the first line names path, speaker, Anger"),
        (COUNTS, "joy", ConfigError, "votes: 'joy' are no names of columns"),
        (COUNTS.replace("0.5", "-1"), ["Anger", "joy"], CorpusError, "votes holds '-1' in line\\(s\\) 4; votes are"),
        (COUNTS.replace("0.5", "two"), ["Anger"], CorpusError, "votes holds 'two' in line\\(s\\) 4"),
        (COUNTS.replace("0.5", "inf"), ["Anger"], CorpusError, "votes holds 'inf' in line\\(s\\) 4"),
        (COUNTS, ["excitement"], CorpusError, "no vote in line\\(s\\) 2; fill it in"),
    ],
)
def test_columns_of_votes_that_are_wrong(ratings, read_as, text, columns, error, message):
    with pytest.raises(error, match=message):
        read_as("manifest", None, table=ratings(text), votes=columns)
