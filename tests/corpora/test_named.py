"""Corpora whose labels stand in the names: what each name says, and which are refused."""

import pytest

from ser.corpora import READERS
from ser.errors import CorpusError

PEOPLE = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n1091,29,Female,Asian,Not Hispanic\n"
DOCTOR = "I think I have a doctor's appointment."
CRAZY_HORSE = "Un cheval fou dans mon jardin."


@pytest.fixture
def labels(touch):
    """Give a function that reads a corpus of one recording, and returns its labels."""

    def call(reader: str, *paths: str) -> dict[str, str]:
        root = touch(*paths)
        (root / "VideoDemographics.csv").write_text(PEOPLE)
        return READERS[reader].manifest(root).iloc[0].to_dict()

    return call


@pytest.mark.parametrize(
    ("reader", "path", "emotion", "speaker", "gender", "text", "age"),
    [
        ("cremad", "AudioWAV/1001_IEO_ANG_HI.wav", "anger", "1001", "male", "It's eleven o'clock.", "51"),
        ("cremad", "AudioWAV/1091_WSI_HAP_XX.wav", "joy", "1091", "female", "We'll stop in a couple of minutes.", "29"),
        (
            "cremad",
            "AudioWAV/1001_ITH_SAD_X.wav",
            "sadness",
            "1001",
            "male",
            "I think I have a doctor's appointment.",
            "51",
        ),
        ("ravdess", "Actor_12/03-01-06-01-02-01-12.wav", "fear", "12", "female", "Dogs are sitting by the door.", None),
        ("ravdess", "Actor_01/03-01-02-02-01-02-01.wav", "calm", "01", "male", "Kids are talking by the door.", None),
        ("tess", "OAF_Fear/OAF_back_fear.wav", "fear", "OAF", "female", "Say the word back.", "64"),
        ("tess", "YAF_youth_ps.wav", "surprise", "YAF", "female", "Say the word youth.", "26"),
        ("tess", "OAF_neutral/OA_bite_neutral.wav", "neutrality", "OAF", "female", "Say the word bite.", "64"),
        ("savee", "AudioData/DC/su01.wav", "surprise", "DC", "male", None, None),
        ("savee", "ALL/JK_n30.wav", "neutrality", "JK", "male", None, None),
        ("cafe", "Colère/Faible/01-C-1-1.wav", "anger", "01", "male", CRAZY_HORSE, "46"),
        ("cafe", "Neutre/12-N-1.wav", "neutrality", "12", "female", CRAZY_HORSE, "37"),
        ("cafe", "Neutre/12-N-1-1.wav", "neutrality", "12", "female", CRAZY_HORSE, "37"),
        ("cafe", "D+®go+±t/Fort/02-D-2-1.aiff", "disgust", "02", "female", CRAZY_HORSE, "64"),
    ],
)
def test_labels_of_a_name(labels, reader, path, emotion, speaker, gender, text, age):
    known = {"path": path, "emotion": emotion, "speaker": speaker, "gender": gender, "text": text, "age": age}
    found = labels(reader, path)
    assert found.pop("language") == READERS[reader].LANGUAGE
    assert found == {key: value for key, value in known.items() if value is not None}


@pytest.mark.parametrize(
    ("reader", "good", "strange"),
    [
        ("cremad", "AudioWAV/1001_IEO_ANG_HI.wav", "AudioWAV/1001_IEO_SUR_HI.wav"),
        ("cremad", "AudioWAV/1001_IEO_ANG_HI.wav", "AudioWAV/1001_IEO_ANG.wav"),
        ("ravdess", "Actor_12/03-01-06-01-02-01-12.wav", "Actor_12/03-02-06-01-02-01-12.wav"),  # song
        ("ravdess", "Actor_12/03-01-06-01-02-01-12.wav", "Actor_12/03-01-06-01-02-01-11.wav"),  # another's folder
        ("ravdess", "Actor_12/03-01-06-01-02-01-12.wav", "Actor_25/03-01-06-01-02-01-25.wav"),
        ("tess", "OAF_back_fear.wav", "OAF_back_calm.wav"),
        ("savee", "AudioData/DC/a01.wav", "AudioData/XX/a01.wav"),
        ("savee", "AudioData/DC/a01.wav", "AudioData/DC/s01.wav"),
        ("cafe", "Joie/Fort/01-J-2-1.wav", "Joie/Fort/13-J-2-1.wav"),
        ("cafe", "Joie/Fort/01-J-2-1.wav", "Joie/Fort/01-J-1.wav"),  # only neutrality has no intensity
    ],
)
def test_a_strange_name_is_refused(labels, reader, good, strange):
    with pytest.raises(CorpusError, match=r"1 of 2 recordings have a name that is not the corpus's") as error:
        labels(reader, good, strange)
    assert strange in str(error.value)


def test_an_actor_of_cremad_whom_the_table_does_not_know(labels):
    with pytest.raises(
        CorpusError, match=r"VideoDemographics.csv: 1 actor\(s\) of AudioWAV are not in it: 1002; are both"
    ):
        labels("cremad", "AudioWAV/1002_IEO_ANG_HI.wav")


def test_folders_in_a_circle_are_not_followed(touch, read_as):
    root = touch("OAF_fear/OAF_back_fear.wav")
    (root / "OAF_fear" / "again").symlink_to(root)
    assert len(read_as("tess", root).clips) == 1


# Lines of processedResults/tabulatedVotes.csv as published, cut after emoVote; 1... are voices, 3... voices and faces.
TABULATED = """\
"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote"
"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX",11,0.909090909090909,"N"
"100004",2,0,0,6,2,0,"1001_IEO_HAP_HI",10,0.6,"H"
"100009",5,5,0,0,1,1,"1001_IEO_ANG_MD",12,0.416666666666667,"A:D"
"100010",2,6,0,0,1,0,"1001_IEO_ANG_HI",9,0.666666666666667,"D"
"307441",0,0,7,0,2,0,"1091_WSI_FEA_XX",9,0.777777777777778,"F"
"""


def test_listeners_of_cremad_decide_if_they_are_asked(touch, read_as, caplog):
    caplog.set_level("INFO")
    names = ("1001_IEO_NEU_XX", "1001_IEO_HAP_HI", "1001_IEO_ANG_MD", "1001_IEO_ANG_HI", "1091_WSI_FEA_XX")
    root = touch(*(f"AudioWAV/{name}.wav" for name in names), "processedResults/tabulatedVotes.csv")
    (root / "VideoDemographics.csv").write_text(PEOPLE)
    (root / "processedResults/tabulatedVotes.csv").write_text(TABULATED)
    corpus = read_as("cremad", root, perceived=True)
    assert corpus.clips[["path", "emotion", "votes"]].values.tolist() == [
        ["AudioWAV/1001_IEO_ANG_HI.wav", "disgust", '{"anger": 2, "disgust": 6, "neutrality": 1}'],
        ["AudioWAV/1001_IEO_HAP_HI.wav", "joy", '{"anger": 2, "joy": 6, "neutrality": 2}'],
        ["AudioWAV/1001_IEO_NEU_XX.wav", "neutrality", '{"joy": 1, "neutrality": 10}'],
    ]
    assert corpus.dropped == {"undecided": 2}  # the tie that the authors call A:D, and the face that nobody heard alone
    assert "AudioWAV/1001_IEO_ANG_MD.wav" in caplog.text
    assert read_as("cremad", root).clips["emotion"].tolist() == ["anger", "anger", "joy", "neutrality", "fear"]
