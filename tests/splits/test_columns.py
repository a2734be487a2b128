"""Splits that a column of the clips holds, and those by sentence and by group."""

import dataclasses

import pandas as pd
import pytest

from ser.corpora import Corpus
from ser.errors import ConfigError, CorpusError
from ser.settings import SplitSettings
from ser.splits import assign


@pytest.fixture
def dyads(corpus) -> Corpus:
    """Six sessions of two speakers who each say six sentences in two emotions."""
    rows = [
        (f"{session}{who}-{sentence}-{emotion}.wav", emotion, f"{session}{who}", gender, f"t{sentence}", str(session))
        for session in range(1, 7)
        for who, gender in (("F", "female"), ("M", "male"))
        for sentence in range(6)
        for emotion in ("joy", "fear")
    ]
    clips = pd.DataFrame(rows, columns=["path", "emotion", "speaker", "gender", "sentence", "session"])
    return dataclasses.replace(corpus(), clips=clips)


def with_column(corpus: Corpus, **columns) -> Corpus:
    return dataclasses.replace(corpus, clips=corpus.clips.assign(**columns))


def by(corpus: Corpus, column: str, parts) -> dict[str, set[str]]:
    return corpus.clips.assign(part=parts).groupby("part")[column].agg(set).to_dict()


def test_a_column_is_a_split(dyads):
    words = dyads.clips["session"].map({"1": "Train", "2": "train", "3": "dev", "4": "test", "5": "", "6": "test"})
    parts = assign(SplitSettings(name="table", overlap="refuse"), with_column(dyads, split=words), 0)
    assert by(dyads, "session", parts) == {
        "train": {"1", "2"},
        "validation": {"3"},
        "test": {"4", "6"},
        "unused": {"5"},
    }


@pytest.mark.parametrize(
    ("split", "unused"),
    [
        (SplitSettings(name="speaker"), True),
        (SplitSettings(name="leave_one_group_out", column="session", group=2), True),
        (SplitSettings(name="leave_one_group_out", column="split", group=2), False),
        (SplitSettings(name="table", overlap="refuse"), False),
    ],
)
def test_a_column_that_another_split_passes_over_is_named(dyads, caplog, split, unused):
    words = dyads.clips["session"].map({"1": "train", "2": "train", "3": "dev", "4": "test", "5": "", "6": "test"})
    assign(split, with_column(dyads, split=words), 0)
    assert (f"split={split.name} does not use its column split; split=table" in caplog.text) == unused


def test_a_word_that_is_no_part(dyads):
    with pytest.raises(CorpusError, match=r"'holdout' \(1F-0-joy.wav\); allowed are train, validation"):
        assign(SplitSettings(name="table", overlap="refuse"), with_column(dyads, split="holdout"), 0)
    with pytest.raises(ConfigError, match="has no column split; add one with train"):
        assign(SplitSettings(name="table", overlap="refuse"), dyads, 0)


def test_a_session_is_left_out(dyads):
    split = SplitSettings(name="leave_one_group_out", column="session", group=2)
    parts = by(dyads, "session", assign(split, dyads, 0))
    assert parts["test"] == {"2"}
    assert "2" not in parts["train"] | parts["validation"]
    with pytest.raises(ConfigError, match=r"split.group=7: .* 6 values of session; .*range\(1,7\)"):
        assign(SplitSettings(name="leave_one_group_out", column="session", group=7), dyads, 0)
    with pytest.raises(ConfigError, match=r"split.column=scene: .*there are path, emotion, speaker"):
        assign(SplitSettings(name="leave_one_group_out", column="scene", group=1), dyads, 0)
    with pytest.raises(CorpusError, match="are in both training and test"):
        assign(SplitSettings(name="leave_one_group_out", column="sentence", group=1), dyads, 0)


def test_sentences_are_kept_apart(dyads):
    parts = assign(SplitSettings(name="sentence", speakers="shared"), dyads, 0)
    sentences, speakers = by(dyads, "sentence", parts), by(dyads, "speaker", parts)
    assert not sentences["train"] & sentences["test"] | sentences["train"] & sentences["validation"]
    assert speakers["train"] == speakers["test"]


def test_speakers_and_sentences_are_kept_apart(dyads):
    parts = assign(SplitSettings(name="sentence", speakers="disjoint"), dyads, 0)
    for column in ("sentence", "speaker"):
        of = by(dyads, column, parts)
        assert not of["train"] & of["test"]
        assert not (of["train"] | of["test"]) & of["validation"]
    assert (parts == "unused").any()


def test_unknown_sentences_are_refused(dyads):
    without = dataclasses.replace(dyads, clips=dyads.clips.drop(columns="sentence"))
    with pytest.raises(CorpusError, match="does not say which sentence every clip is"):
        assign(SplitSettings(name="sentence", speakers="shared"), without, 0)


def test_a_speaker_on_both_sides_of_a_given_split_is_named(dyads):
    halves = ["train", "test"] * (len(dyads.clips) // 2)
    with pytest.raises(CorpusError, match=r"12 speaker\(s\) are in both training and test"):
        assign(SplitSettings(name="table", overlap="refuse"), with_column(dyads, split=halves), 0)
