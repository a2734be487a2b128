from itertools import product

import pytest

from ser.corpora import emovo
from ser.errors import CorpusError


def test_whole_corpus(real_corpora, read_as):
    """LREC 2014: 6 actors, 3 of them women, say 14 sentences in 7 states each."""
    corpus = read_as("emovo", real_corpora / "EMOVO")
    clips = corpus.clips
    assert len(clips) == emovo.CLIPS == 588
    assert clips["emotion"].value_counts().to_dict() == dict.fromkeys(emovo.EMOTIONS.values(), 84)
    assert clips["speaker"].value_counts().to_dict() == dict.fromkeys(["f1", "f2", "f3", "m1", "m2", "m3"], 98)
    assert clips["gender"].value_counts().to_dict() == {"female": 294, "male": 294}
    assert clips["text"].value_counts().to_dict() == dict.fromkeys(emovo.SENTENCES.values(), 42)
    assert not clips.duplicated(["emotion", "speaker", "text"]).any()
    assert corpus.dropped == {}


def test_a_part_is_read_and_said_to_be_one(real_corpora, read_as, caplog):
    caplog.set_level("INFO")
    corpus = read_as("emovo", real_corpora / "EMOVO-original")
    assert len(corpus.clips) == 7
    assert corpus.clips["path"].iloc[0] == "f1/gio-f1-b1.wav"
    assert "7 clips, where 588 are published" in caplog.text


@pytest.mark.parametrize(
    ("path", "emotion", "gender", "text"),
    [
        ("f1/rab-f1-b1.wav", "anger", "female", "Gli operai si alzano presto."),
        ("m2/pau-m2-l4.wav", "fear", "male", "Vorrei il numero telefonico del Signor Piatti."),
        ("f3/gio-f3-n5.wav", "joy", "female", "Uno quarantatré dieci mille cinquantasette venti."),
        ("m3/sor-m3-d1.wav", "surprise", "male", "Sabato sera cosa farà?"),
    ],
)
def test_labels_of_a_name(touch, path, emotion, gender, text):
    clip = emovo.manifest(touch(path)).iloc[0]
    assert clip.to_dict() == {
        "path": path,
        "emotion": emotion,
        "speaker": path[:2],
        "gender": gender,
        "language": "it",
        "text": text,
    }


def test_order_is_that_of_the_paths(touch):
    paths = [f"{actor}/{emotion}-{actor}-b1.wav" for actor, emotion in product(("m1", "f2"), ("tri", "dis"))]
    assert list(emovo.manifest(touch(*paths))["path"]) == sorted(paths)


def test_other_files_are_passed_over(touch):
    root = touch("f1/neu-f1-b1.wav", "f1/._neu-f1-b1.wav", "f1/Thumbs.db", "readme.pdf", "documents/paper.pdf")
    assert list(emovo.manifest(root)["path"]) == ["f1/neu-f1-b1.wav"]


@pytest.mark.parametrize(
    "strange",
    [
        "f1/xyz-f1-b1.wav",  # no such emotion
        "f1/neu-f2-b1.wav",  # the folder is another actor's
        "f1/neu-f1-b4.wav",  # there are three short sentences
        "f4/neu-f4-b1.wav",  # there are three women
        "f1/neu-f1-b1-copy.wav",
        "f1/neu-f1-b1xwav.wav",
    ],
)
def test_a_strange_name_is_refused(touch, strange):
    with pytest.raises(
        CorpusError, match=r"1 of 2 recordings .*expected <actor>/<emotion>-<actor>-<sentence>"
    ) as error:
        emovo.manifest(touch("f1/neu-f1-b1.wav", strange))
    assert strange in str(error.value)


def test_no_recordings(tmp_path):
    with pytest.raises(CorpusError, match="no recording"):
        emovo.manifest(tmp_path)
