import numpy as np
import pytest

from ser.audio.likeness import fingerprint
from ser.errors import RecordError
from ser.models.pretraining_clips import PretrainingClips, namespace, read_pretraining, speaker_key, write_pretraining
from ser.records import PretrainingRecord


def heard(*seeds: int) -> PretrainingClips:
    clips = [np.random.default_rng(seed).standard_normal(6400 * (1 + seed)).astype(np.float32) for seed in seeds]
    return PretrainingClips(
        tuple(fingerprint(clip, 16000) for clip in clips),
        frozenset(speaker_key("emovo", f"f{seed}") for seed in seeds),
    )


def test_what_was_written_is_read(tmp_path):
    before = heard(1, 2)
    write_pretraining(tmp_path, before)
    after = read_pretraining(str(tmp_path))
    for one, other in zip(after.fingerprints, before.fingerprints, strict=True):
        assert one.spread_s == pytest.approx(other.spread_s, abs=1e-6)
        assert np.array_equal(one.course, other.course)
        assert np.array_equal(one.signs, other.signs)
    assert after.speakers == before.speakers
    both = after.union(heard(3))
    assert (len(both.fingerprints), len(both.speakers)) == (3, 3)


def test_names_of_speakers_are_not_written_down(tmp_path):
    write_pretraining(tmp_path, heard(1))
    assert "f1" not in (tmp_path / PretrainingRecord.FILE).read_text().split('"fingerprints"')[0].replace(
        speaker_key("emovo", "f1"), ""
    )


def test_order_of_the_clips_leaves_no_trace(tmp_path):
    texts = []
    for seeds in ((1, 2), (2, 1)):
        write_pretraining(tmp_path, heard(*seeds))
        texts.append((tmp_path / PretrainingRecord.FILE).read_text())
    assert texts[0] == texts[1]


def test_nothing_is_known_of_what_was_made_elsewhere(tmp_path):
    assert read_pretraining(str(tmp_path)) is None
    assert read_pretraining("facebook/hubert-large-ll60k") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        *(f'{{"speakers": [], "fingerprints": {rows}}}' for rows in ('[[1, "00", "00"]]', '[[1, "zz", ""]]', 3)),
    ],
)
def test_a_broken_record_is_one_message(tmp_path, content):
    (tmp_path / PretrainingRecord.FILE).write_text(content)
    with pytest.raises(RecordError, match=r"heard.json is damaged: .*; make the checkpoint anew"):
        read_pretraining(str(tmp_path))


def test_clips_of_an_earlier_version_cannot_be_compared_and_that_is_said(tmp_path, caplog):
    (tmp_path / PretrainingRecord.FILE).write_text('{"speakers": ["a1"], "clips": [[1.5, "00"]]}')
    found = read_pretraining(str(tmp_path))
    assert (found.fingerprints, found.speakers) == ((), {"a1"})
    assert "its clips cannot be compared, only its speakers; make the checkpoint anew" in caplog.text


def test_speakers_are_known_by_the_published_corpus_or_the_name_of_the_table():
    assert namespace("anything", "emovo") == "emovo"
    assert namespace("mine", "manifest") == "mine"
    assert speaker_key("emovo", "f1") != speaker_key("mine", "f1")
