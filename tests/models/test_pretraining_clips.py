import numpy as np
import pytest

from ser.audio.likeness import loudness_course
from ser.errors import RecordError
from ser.models.pretraining_clips import PretrainingClips, namespace, read_pretraining, speaker_key, write_pretraining
from ser.records import PretrainingRecord


def heard(*seeds: int) -> PretrainingClips:
    clips = [np.random.default_rng(seed).uniform(0, 1, 6400) * np.repeat(np.arange(1, 65), 100) for seed in seeds]
    return PretrainingClips(
        np.stack([loudness_course(clip) for clip in clips]),
        np.array([1.5 + seed for seed in seeds]),
        frozenset(speaker_key("emovo", f"f{seed}") for seed in seeds),
    )


def test_what_was_written_is_read(tmp_path):
    before = heard(1, 2)
    write_pretraining(tmp_path, before)
    after = read_pretraining(str(tmp_path))
    assert np.array_equal(after.courses, before.courses)
    assert after.durations_s.tolist() == [2.5, 3.5]
    assert after.speakers == before.speakers
    both = after.union(heard(3))
    assert (both.courses.shape, len(both.speakers)) == ((3, 64), 3)


def test_names_of_speakers_are_not_written_down(tmp_path):
    write_pretraining(tmp_path, heard(1))
    assert "f1" not in (tmp_path / PretrainingRecord.FILE).read_text().split('"clips"')[0].replace(
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
    "content", ["", "{}", '{"speakers": [], "clips": [[1, "00"]]}', '{"speakers": [], "clips": 3}']
)
def test_a_broken_record_is_one_message(tmp_path, content):
    (tmp_path / PretrainingRecord.FILE).write_text(content)
    with pytest.raises(RecordError, match=r"heard.json is damaged: .*; make the checkpoint anew"):
        read_pretraining(str(tmp_path))


def test_speakers_are_known_by_the_published_corpus_or_the_name_of_the_table():
    assert namespace("anything", "emovo") == "emovo"
    assert namespace("mine", "manifest") == "mine"
    assert speaker_key("emovo", "f1") != speaker_key("mine", "f1")
