"""Which clips are learned from, and what becomes of the others."""

import numpy as np
import pytest

from ser.errors import ConfigError, CorpusError
from ser.pretuning.speech import Speech, open_speech, select_clips
from ser.text.vocabulary import Vocabulary
from tests.pretuning.conftest import words, write_release


@pytest.fixture
def chosen(settings, tmp_path):
    """Give a function that chooses among clips of a release; an encoder makes a frame of every 320 samples."""

    def call(rows: list[tuple[str, str]], *overrides: str) -> Speech:
        root = write_release(tmp_path / "release", rows)
        made = settings(f"corpora.commonvoice.root={root}", *overrides)
        return select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)

    return call


def split_of(speech: Speech, text: str) -> str:
    return speech.clips.set_index("text")["split"][text]


def test_no_speaker_is_on_both_sides(settings):
    made = settings()
    for seed in range(5):
        seeded = made.model_copy(update={"seed": made.seed.model_copy(update={"split": seed})})
        speech = select_clips(seeded, open_speech(seeded), Vocabulary(made.letters), lambda samples: samples // 320)
        sides = speech.clips.groupby("speaker")["split"].nunique()
        assert (sides == 1).all()
        assert set(speech.clips["split"]) == {"train", "validation"}
        assert len(speech.positions("validation")) == 8  # one of five speakers


def test_what_cannot_be_learned_from_is_left_out_and_counted(chosen, caplog):
    odd = [("s0", "..."), ("s1", "abc \u014d"), ("s2", "")]
    speech = chosen(words(20) + odd)
    assert speech.left_out == {"unknown characters": 1, "without text": 2}
    assert split_of(speech, "...") == split_of(speech, "") == "without text"
    assert "left out: 1 unknown characters, 2 without text" in caplog.text
    assert speech.labels[-3:].max() < 0


def test_a_clip_shorter_than_its_transcript_is_left_out(chosen, monkeypatch):
    """40 letters in the time of one: 0.26 s are 13 frames."""
    long_text = "zz" * 20  # the tones know no z: the clip has one
    speech = chosen([*words(20), ("s0", long_text)])
    assert speech.left_out == {"shorter than its transcript": 1}
    assert split_of(speech, long_text) == "shorter than its transcript"


def test_as_many_frames_as_the_transcript_needs_are_enough(settings, tmp_path):
    root = write_release(tmp_path / "release", [("s0", "aab"), ("s1", "abc")])
    made = settings(f"corpora.commonvoice.root={root}")
    sources, vocabulary = open_speech(made), Vocabulary(made.letters)
    assert select_clips(made, sources, vocabulary, lambda _: 4).left_out == {}
    with pytest.raises(CorpusError, match="one speaker only"):
        select_clips(made, sources, vocabulary, lambda _: 3)  # aab needs a blank between its two a


def test_long_clips_are_left_out(chosen):
    speech = chosen([*words(10), ("s0", "abcdefgh" * 3)], "longest_s=2")
    assert speech.left_out == {"longer than longest_s": 1}


def test_unknown_characters_may_be_removed(chosen):
    speech = chosen([*words(10), ("s0", "ab\u014d % c")], "text.unknown=remove")
    assert speech.left_out == {}
    assert speech.clips.set_index("text")["transcript"]["ab\u014d % c"] == "ab c"


def test_unknown_characters_may_be_refused(chosen):
    with pytest.raises(CorpusError, match=r"text.unknown=refuse: 1 of 11 .* 'ab \u014d' \(\u014d\) of clips/010.wav"):
        chosen([*words(10), ("s0", "ab \u014d")], "text.unknown=refuse")


def test_digits_are_spelled_out_or_refused(chosen, settings, tmp_path):
    speech = chosen([*words(10), ("s0", "abc 3")])
    assert speech.clips.set_index("text")["transcript"]["abc 3"] == "abc tre"
    made = settings(f"corpora.commonvoice.root={tmp_path / 'release'}", "text.numbers=refuse")
    with pytest.raises(CorpusError, match=r"text.numbers=refuse: 1 of 11 .* 'abc 3' \(3\) .*; spell them out in the"):
        select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)


def test_nothing_left_is_one_message(chosen):
    with pytest.raises(CorpusError, match=r"corpus 'commonvoice': no transcribed clip is left of 2: {'without"):
        chosen([("s0", "."), ("s1", "!")])


def test_hours_are_drawn_from_the_training_clips_and_nested(settings):
    made = settings()
    sources, vocabulary = open_speech(made), Vocabulary(made.letters)
    used = []
    for seconds in (5, 10, 15):
        level = made.pretune.model_copy(update={"hours": seconds / 3600})
        speech = select_clips(
            made.model_copy(update={"pretune": level}), sources, vocabulary, lambda samples: samples // 320
        )
        assert seconds <= 3600 * speech.hours("train") < seconds + 1.2
        assert len(speech.positions("validation")) == 8
        assert speech.left_out == {}
        used.append(set(speech.positions("train")))
    assert used[0] < used[1] < used[2]


def test_too_few_hours_are_refused(settings):
    made = settings("pretune=it_1h")
    with pytest.raises(CorpusError, match=r"0.01 h to train on, but pretune=it_1h needs 1 h; add a"):
        select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)


def test_several_corpora_are_one_speech(settings, tmp_path):
    write_release(tmp_path / "more", words(10, seed=1), seed=1)
    made = settings("+corpora.second={reader: commonvoice, root: " + str(tmp_path / "more") + ", channel: 0}")
    speech = select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)
    assert speech.clips["corpus"].value_counts().to_dict() == {"commonvoice": 40, "second": 10}
    assert len(speech.store) == 50
    assert speech.clips["speaker"].nunique() == 10  # s0 of one is not s0 of the other
    assert np.array_equal(speech.store[45], open_speech(made)["second"].store[5])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("pretune=none", "pretune=none has no language, so there is nothing to make"),
        (
            "pretune.language=xx",
            "no alphabet for the language 'xx' of pretune=it; there are it, de, en. Add one: +",
        ),
        ("text.alphabets.it=abca", "it: an alphabet is lower-case letters, each once, no space and no | (a)"),
        ("text.alphabets.it=Abc", "it: an alphabet is lower-case letters, each once"),
        ("~model.checkpoints.none", "no checkpoint to start from: +model.checkpoints.none=<hub id or folder>"),
        ("+corpora.train={reader: emovo, root: x, channel: 0}", "a corpus cannot be called train"),
        ("training.warm_up=1", "training.warm_up=1: input should be less than 1"),
    ],
)
def test_mistakes_in_the_configuration_are_named(compose, override, message):
    from ser.command import check
    from ser.pretuning.settings import PretuneSettings

    with pytest.raises(ConfigError) as raised:
        check(compose(override, entry_point="pretune"), PretuneSettings)
    assert message in str(raised.value)


def test_speech_of_another_language_is_refused(settings):
    made = settings("pretune.language=de", "corpora.commonvoice.root=${corpora_dir}/CommonVoice-it")
    with pytest.raises(CorpusError, match=r"'commonvoice': 40 clips are in 'it', but pretune=it is a level of 'de'"):
        select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)


def test_validation_takes_so_long_at_most(settings):
    made = settings(f"validation_hours={3 / 3600}")
    speech = select_clips(made, open_speech(made), Vocabulary(made.letters), lambda samples: samples // 320)
    assert 3 <= 3600 * speech.hours("validation") < 4.2
    assert (len(speech.positions("train")), len(speech.positions("unused"))) == (
        32,
        8 - len(speech.positions("validation")),
    )
