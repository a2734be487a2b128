from pathlib import Path

import pytest

from ser.corpora import emozionalmente
from ser.errors import CorpusError

SAMPLES = """\
file_name,sentence,sentence_language,actor,emotion_expressed
1612872848291.wav,"Sono uscito, e piove.",it,00a0efc0,joy
1612872848290.wav,Perché no?,it,00a0efc0,neutrality
1613586149044.wav,Perché no?,it,7,Anger
1613994293936.wav,"Ha detto ""sì"".",it,ff169b90,surprise
1614951631538.wav,Perché no?,it,0123,neutral
"""
USERS = """\
username,gender,age,mother_tongue
00a0efc0,female,30,italian
7,Male,26,italian
ff169b90,other,54,italian
0123,,11,italian
a-listener,prefer not to say,40,italian
a-listener,female,40,italian
"""


@pytest.fixture
def make(tmp_path: Path):
    def write(samples: str = SAMPLES, users: str = USERS) -> Path:
        (tmp_path / "metadata").mkdir()
        (tmp_path / "audio").mkdir()
        (tmp_path / "metadata/samples.csv").write_text(samples, encoding="utf-8")
        (tmp_path / "metadata/users.csv").write_text(users, encoding="utf-8")
        for line in samples.splitlines()[1:]:
            (tmp_path / "audio" / line.split(",")[0]).touch()
        return tmp_path

    return write


def test_labels_speakers_and_genders(make, read_as):
    clips = read_as("emozionalmente", make()).clips
    assert clips.values.tolist() == [
        ["audio/1612872848290.wav", "neutrality", "00a0efc0", "female", "it", "Perché no?", "30"],
        ["audio/1612872848291.wav", "joy", "00a0efc0", "female", "it", "Sono uscito, e piove.", "30"],
        ["audio/1613586149044.wav", "anger", "7", "male", "it", "Perché no?", "26"],
        ["audio/1613994293936.wav", "surprise", "ff169b90", "other", "it", 'Ha detto "sì".', "54"],
        ["audio/1614951631538.wav", "neutrality", "0123", "unknown", "it", "Perché no?", "11"],
    ]


def test_actor_without_a_person(make):
    users = USERS.replace("ff169b90", "somebody")
    with pytest.raises(CorpusError, match=r"users.csv: 1 actor.*ff169b90.*same version"):
        emozionalmente.manifest(make(users=users))


def test_actor_who_is_two_persons(make):
    with pytest.raises(CorpusError, match=r"without exactly one gender and age: 7;"):
        emozionalmente.manifest(make(users=USERS + "7,female,26,italian\n"))


def test_actor_who_stands_twice_in_the_same_way(make):
    assert len(emozionalmente.manifest(make(users=USERS + "7,male,26,italian\n"))) == 5


def test_gender_that_is_no_gender(make):
    with pytest.raises(CorpusError, match=r"users.csv: gender 'ff' in line\(s\) 2; allowed are female, male"):
        emozionalmente.manifest(make(users=USERS.replace("00a0efc0,female", "00a0efc0,ff")))


def test_missing_column(make):
    with pytest.raises(CorpusError, match=r"samples.csv: missing column\(s\) actor; the first line names file_name,"):
        emozionalmente.manifest(make(samples=SAMPLES.replace(",actor,", ",performer,")))


def test_missing_people(make):
    root = make()
    (root / "metadata/users.csv").unlink()
    with pytest.raises(CorpusError, match=r"users.csv: cannot read this table \(No such file"):
        emozionalmente.manifest(root)


def test_half_copied(make, read_as):
    root = make()
    (root / "audio/1613586149044.wav").unlink()
    with pytest.raises(CorpusError, match=r"1 of 5 recordings are not there \(audio/1613586149044.wav\); was the"):
        read_as("emozionalmente", root)


def test_recording_that_stands_twice(make, read_as):
    with pytest.raises(CorpusError, match=r"2 rows name the same clips \(audio/1612872848291.wav\)"):
        read_as("emozionalmente", make(SAMPLES + "1612872848291.wav,Perché no?,it,7,joy\n"))


def test_listeners_decide_if_they_are_asked(make, read_as):
    root = make()
    ratings = """\
file_name,evaluator,audio_quality,emotion_recognized
1612872848291.wav,listener0,good,joy
1612872848291.wav,listener1,good,Neutral
1612872848291.wav,listener2,good,neutrality
1612872848290.wav,listener3,good,joy
1612872848290.wav,listener4,good,anger
1614951631538.wav,listener5,good,no_agreement
1614951631538.wav,listener6,good,no_agreement
1614951631538.wav,listener7,good,joy
1613994293936.wav,listener8,good,disgust
"""
    (root / "metadata/evaluations.csv").write_text(ratings, encoding="utf-8")
    corpus = read_as("emozionalmente", root, perceived=True)
    assert corpus.clips[["path", "emotion", "votes"]].values.tolist() == [
        ["audio/1612872848291.wav", "neutrality", '{"joy": 1, "neutrality": 2}'],
        ["audio/1613994293936.wav", "disgust", '{"disgust": 1}'],
    ]
    assert corpus.dropped == {"undecided": 3}  # a tie, no rating, and no agreement
    assert "votes" not in read_as("emozionalmente", root).clips
