import pytest

from ser.corpora import emodb
from ser.errors import CorpusError


def test_whole_corpus(real_corpora, read_as):
    """Counts as published: Burkhardt et al. 2005, and http://emodb.bilderbar.info for the speakers."""
    emotions = emodb.manifest(real_corpora / "EMO-DB")["emotion"].value_counts().to_dict()
    assert emotions == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "joy": 71,
        "sadness": 62,
        "neutrality": 79,
    }
    corpus = read_as("emodb", real_corpora / "EMO-DB")
    assert corpus.dropped == {}
    assert len(corpus.clips) == 535
    seven = read_as("emodb", real_corpora / "EMO-DB", emotions=["anger", "happiness", "neutral"])
    assert (len(seven.clips), seven.dropped["boredom"]) == (277, 81)
    assert corpus.clips.groupby("gender")["speaker"].nunique().to_dict() == {"female": 5, "male": 5}
    assert corpus.clips["text"].nunique() == 10


def test_speakers_of_the_whole_corpus(real_corpora):
    speakers = emodb.manifest(real_corpora / "EMO-DB")["speaker"].value_counts().sort_index()
    assert speakers.to_dict() == {
        "03": 49,
        "08": 58,
        "09": 43,
        "10": 38,
        "11": 55,
        "12": 35,
        "13": 61,
        "14": 69,
        "15": 56,
        "16": 71,
    }


@pytest.mark.parametrize(
    ("path", "emotion", "gender", "text"),
    [
        ("wav/03a01Fa.wav", "joy", "male", "Der Lappen liegt auf dem Eisschrank."),
        ("wav/16b10Wb.wav", "anger", "female", "Die wird auf dem Platz sein, wo wir sie immer hinlegen."),
        ("wav/08a04L.wav", "boredom", "female", "Heute abend könnte ich es ihm sagen."),
    ],
)
def test_labels_of_a_name(touch, path, emotion, gender, text):
    clip = emodb.manifest(touch(path)).iloc[0]
    assert clip.to_dict() == {
        "path": path,
        "emotion": emotion,
        "speaker": path[4:6],
        "gender": gender,
        "language": "de",
        "text": text,
    }


@pytest.mark.parametrize("strange", ["wav/04a01Fa.wav", "wav/03a03Fa.wav", "wav/03a01Xa.wav", "wav/03a01Fab.wav"])
def test_a_strange_name_is_refused(touch, strange):
    with pytest.raises(CorpusError, match=r"expected wav/<speaker><sentence><emotion><version>\.wav") as error:
        emodb.manifest(touch("wav/03a01Fa.wav", strange))
    assert strange in str(error.value)
