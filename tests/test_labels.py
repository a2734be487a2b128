"""One spelling for each emotion; merges, choices, and what is refused."""

import pandas as pd
import pytest

from ser.corpora.choosing import choose, require_known
from ser.errors import ConfigError, CorpusError
from ser.labels import SYNONYMS, in_order, is_name, renaming, spelled


def clips(*emotions: str) -> pd.DataFrame:
    return pd.DataFrame({"path": [f"{i}.wav" for i in range(len(emotions))], "emotion": emotions})


def chosen(table: pd.DataFrame, own=(), merged=(), emotions=None, outside="drop"):
    return choose(table, dict(own), dict(merged), emotions, outside, "mine", "corpus 'mine'")


@pytest.mark.parametrize(
    ("label", "emotion"),
    [
        ("HAP", "joy"),
        ("felicità", "joy"),
        ("felicita\u0300", "joy"),  # NFD, as macOS writes it
        (" Neutral\t", "neutrality"),
        ("Wut", "anger"),
        ("ps", "surprise"),
        ("felicita'", "joy"),
        ("Felicita\u2019", "joy"),
        ("degout", "disgust"),
        ("Pleasant-Surprise", "surprise"),
        ("pleasant_surprised", "surprise"),
        ("neutralità", "neutrality"),
        ("Traurigkeit", "sadness"),
        ("no_agreement", "undecided"),
        ("Undecided", "undecided"),
        ("être-là", "être-là"),  # what is not known is left as it is
        ("生气", "anger"),
        ("xxx", "undecided"),
        ("Mild  Irritation", "mild irritation"),
    ],
)
def test_spelling(label, emotion):
    assert spelled(label) == emotion


def test_a_word_means_one_emotion():
    words = [word for emotion, others in SYNONYMS.items() for word in (emotion, *others)]
    assert len(words) == len(set(words))
    assert all(spelled(word) == emotion for emotion, others in SYNONYMS.items() for word in (emotion, *others))
    assert all(is_name(emotion) for emotion in SYNONYMS)


def test_order_of_the_study_comes_first():
    assert in_order(["zeal", "neutrality", "anger", "calm"]) == ("anger", "neutrality", "calm", "zeal")


def test_labels_are_renamed_then_spelled_then_merged():
    table = clips("A", "Excited", "calm", "happy", "Wistful")
    result = chosen(table, own={"A": "angry", "wistful": "nostalgia"}, merged={"excitement": "joy", "calm": "neutral"})
    assert result.clips["emotion"].tolist() == ["anger", "joy", "neutrality", "joy", "nostalgia"]
    assert result.dropped == {}


def test_labels_that_become_one_are_named():
    result = chosen(clips("pleasant surprise", "surprise", "Fear"))
    assert result.clips["emotion"].tolist()[:2] == ["surprise"] * 2
    (note,) = result.notes
    assert note == "1 label(s) are written in several ways, and are one each: 'pleasant surprise' = 'surprise'"


def test_a_merge_may_be_named_by_a_synonym():
    assert chosen(clips("exc", "joy"), merged={"Excited": "happiness"}).clips["emotion"].tolist() == ["joy", "joy"]


def test_emotions_choose_and_the_rest_is_counted():
    result = chosen(clips("anger", "fear", "happy", "fear"), emotions=["joy", "angry"])
    assert result.clips["emotion"].tolist() == ["anger", "joy"]
    assert result.dropped == {"fear": 2}
    with pytest.raises(CorpusError, match=r"labels that are not among dataset.emotions: fear \(2 clips\)"):
        chosen(clips("anger", "fear", "happy", "fear"), emotions=["joy", "anger"], outside="refuse")


def test_what_is_no_emotion_is_left_out_unless_it_is_chosen(caplog):
    caplog.set_level("INFO")
    table = clips("anger", "xxx", "oth", "joy")
    assert chosen(table).dropped == {"other": 1, "undecided": 1}
    assert "undecided is no emotion (raters do not agree) unless dataset.emotions has it" in caplog.text
    assert chosen(table, emotions=["anger", "other"]).clips["emotion"].tolist() == ["anger", "other"]


def test_votes_are_merged_before_they_are_counted():
    table = pd.DataFrame({"path": ["a", "b"], "votes": ['{"exc": 2, "joy": 1, "sad": 2}', '{"exc": 1, "sad": 1}']})
    result = chosen(table, merged={"excitement": "joy"})
    assert result.clips["emotion"].tolist() == ["joy"]
    assert result.clips["votes"].tolist() == ['{"joy": 3, "sadness": 2}']
    assert result.dropped == {"undecided": 1}
    assert len(result.votes) == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("joy:happy", "'joy:happy' are no pairs"),
        ({False: "joy"}, "YAML reads yes, no, on, off and null without quotes as False; put the word into quotes"),
        ({"joy": False}, "YAML reads yes, no, on, off and null without quotes as False; put the word into quotes"),
        ({"joy": None}, "without quotes as None; put the word into quotes"),
        ({"x": "a/b"}, "'x' cannot become 'a/b'; an emotion is 1 to 60 letters"),
    ],
)
def test_labels_that_cannot_be(labels, message):
    with pytest.raises(ConfigError, match=message):
        renaming(labels, "dataset.labels")


def test_a_label_that_the_corpus_does_not_have_is_a_mistake():
    with pytest.raises(ConfigError, match=r"mine.labels: the corpus has no label '1'; it has '01', '02'"):
        chosen(clips("01", "02"), own={1: "joy"})


def test_a_label_that_cannot_be_a_name_is_refused():
    with pytest.raises(CorpusError, match=r"label 'joy/anger'; an emotion is .* rename it"):
        chosen(clips("joy/anger", "joy"))


def test_emotions_that_no_corpus_has_are_named(caplog):
    there = ["anger", "joy", "sadness", "wistful"]
    require_known({"wistful": "sad"}, ["angry", "sad"], there)
    assert caplog.text == ""
    for emotion in ("angre", "calm"):
        with pytest.raises(ConfigError, match=f"dataset.emotions: no corpus of the dataset has '{emotion}'; there"):
            require_known({}, ["anger", emotion], there)
    with pytest.raises(ConfigError, match=r"dataset.labels: no corpus of the dataset has 'wistfull'; there are anger"):
        require_known({"wistfull": "sadness"}, None, there)
    require_known({"Calm": "neutrality", "exc": "joy", "angry": "sad"}, None, there)  # one list for many datasets
    assert "dataset.labels: no corpus of the dataset has calm, exc; there are anger, joy, " in caplog.text
