import dataclasses

import numpy as np
import pytest

from ser.command import check
from ser.errors import ConfigError, CorpusError
from ser.settings import SplitSettings, TrainSettings
from ser.splits import assign, content


def out(speaker: int) -> SplitSettings:
    return SplitSettings(name="leave_one_speaker_out", speaker=speaker)


def test_every_speaker_is_tested_once_and_no_speaker_is_in_two_parts(corpus):
    clips = corpus().clips
    tested = []
    for number in range(1, 7):
        parts = assign(out(number), corpus(), seed=3)
        assert clips.assign(part=parts).groupby("speaker")["part"].nunique().max() == 1
        assert set(parts) == {"train", "validation", "test"}
        tested += sorted(set(clips["speaker"][parts == "test"]))
    assert tested == ["f1", "f2", "f3", "m1", "m2", "m3"]
    assert content(out(1), corpus()) is None


def test_seed_chooses_who_validates(corpus):
    chosen = {tuple(np.flatnonzero(assign(out(1), corpus(), seed) == "validation")) for seed in range(20)}
    assert len(chosen) > 1


def test_speaker_that_is_not_there(corpus):
    with pytest.raises(ConfigError, match=r"split.speaker=7: corpus 'mine' has 6 speakers; all of .*'range\(1,7\)'"):
        assign(out(7), corpus(), 0)
    few = dataclasses.replace(corpus(), clips=corpus().clips.query("speaker <= 'f2'"))
    with pytest.raises(CorpusError, match=r"corpus 'mine': 2 speaker\(s\), but"):
        assign(out(1), few, 0)


def test_corpus_that_is_left_out_is_tested_on_whole_and_others_are_not_tested_on(corpus):
    assert set(assign(SplitSettings(name="leave_one_corpus_out", corpus="mine"), corpus(), 0)) == {"test"}
    parts = assign(SplitSettings(name="leave_one_corpus_out", corpus="another"), corpus(), 0)
    clips = corpus().clips
    assert set(parts) == {"train", "validation"}
    assert clips.assign(part=parts).groupby("speaker")["part"].nunique().max() == 1


@pytest.mark.parametrize(("corpus", "tests"), [("emodb", ["emodb"]), ("emovo", ["emovo"])])
def test_corpora_that_are_trained_on_whole_are_no_test_sets(compose, corpus, tests):
    overrides = "dataset=emodb_emovo", "split=leave_one_corpus_out", f"split.corpus={corpus}"
    assert check(compose(*overrides), TrainSettings).tests == tests
    assert check(compose("dataset=emodb_emovo"), TrainSettings).tests == ["emodb", "emovo"]


@pytest.mark.parametrize(
    "overrides",
    [
        ("dataset=emovo", "split.corpus=emovo"),
        ("dataset=emodb_emovo", "split.corpus=emozionalmente"),
        ("dataset=emodb_emovo", "split.corpus=emovo", "dataset.tests=[emodb]"),
    ],
)
def test_corpus_that_cannot_be_left_out(compose, overrides):
    with pytest.raises(ConfigError, match=r"takes a corpus of dataset.tests that is one of several in dataset.train"):
        check(compose("split=leave_one_corpus_out", *overrides), TrainSettings)


def test_corpus_that_is_trained_on_twice(compose):
    with pytest.raises(ConfigError, match=r"named twice in dataset\.train"):
        check(compose("dataset.train=[emovo,emovo]"), TrainSettings)
