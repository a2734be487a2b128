"""EMOVO is a transcribed corpus and a test set: the case is real."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.command import check
from ser.errors import LeakageError
from ser.models.pretraining_clips import PretrainingClips, fingerprints, speaker_key, write_pretraining
from ser.records import Overlap
from ser.settings import TrainSettings
from ser.sources import open_sources
from ser.sweep.leakage import check_leakage


@pytest.fixture
def cell(compose, small_corpora, tiny_checkpoint, tmp_path):
    """Give a function that makes the settings of a cell, whose checkpoint lies in a folder of the test's own."""
    folder = shutil.copytree(tiny_checkpoint(), tmp_path / "checkpoint")

    def make(*overrides: str) -> TrainSettings:
        config = compose(
            f"corpora_dir={small_corpora}",
            f"store_dir={tmp_path / 'audio'}",
            f"model.checkpoints.none={folder}",
            *overrides,
        )
        return check(config, TrainSettings)

    return make


def heard_of(settings: TrainSettings, clips: dict[str, list[int]], speakers: set[str]) -> None:
    """Write down that the checkpoint has heard some clips of the corpora, and some speakers."""
    sources = open_sources(settings)
    heard = tuple(
        fingerprints(sources[name].store)[position] for name, positions in clips.items() for position in positions
    )
    write_pretraining(Path(settings.checkpoint), PretrainingClips(heard, frozenset(speakers)))


def test_nothing_is_said_of_a_checkpoint_without_a_past(cell):
    settings = cell()
    assert check_leakage(settings, open_sources(settings)) is None


def test_a_past_elsewhere_is_no_leak(cell):
    settings = cell()
    heard_of(settings, {}, {speaker_key("commonvoice", "f1"), speaker_key("emovo", "nobody")})
    assert check_leakage(settings, open_sources(settings)) == {}


def test_speakers_and_clips_of_a_test_set_are_refused(cell):
    settings = cell()
    heard_of(settings, {"emovo": [0, 5, 7]}, {speaker_key("emovo", "f1"), speaker_key("emovo", "m2")})
    with pytest.raises(LeakageError, match=r"has heard 3 clips and 2 speakers of 'emovo' .*; leakage=report runs all"):
        check_leakage(settings, open_sources(settings))


def test_they_are_only_reported_on_demand(cell, caplog):
    settings = cell("leakage=report")
    heard_of(settings, {"emovo": [0]}, set())
    assert check_leakage(settings, open_sources(settings)) == {"emovo": Overlap(clips=1, speakers=0)}
    assert "has heard 1 clips and 0 speakers of 'emovo'" in caplog.text


def test_a_corpus_that_is_trained_and_tested_on_counts_whole(cell):
    """Which of its speakers are tested on differs from seed to seed."""
    settings = cell()
    heard_of(settings, {}, {speaker_key("emozionalmente", "person3")})
    with pytest.raises(LeakageError, match="0 clips and 1 speakers of 'emozionalmente'"):
        check_leakage(settings, open_sources(settings))


def test_a_corpus_that_is_trained_on_alone_is_told(cell, caplog):
    settings = cell("dataset.tests=[emovo]")
    heard_of(settings, {"emozionalmente": [1, 2]}, set())
    assert check_leakage(settings, open_sources(settings)) == {"emozionalmente": Overlap(clips=2, speakers=0)}
    assert "has heard 2 clips" in caplog.text


def test_clips_are_found_in_other_files(cell, small_corpora, tmp_path):
    """In another folder, under another name, at another gain and rate, as a table of one's own."""
    settings = cell()
    heard_of(settings, {"emovo": list(range(84))}, set())
    samples, rate = soundfile.read(small_corpora / "EMOVO" / "f1" / "neu-f1-b1.wav")
    rows = ["path,emotion,speaker"]
    for speaker in "abc":
        other = 0.3 * np.random.default_rng(ord(speaker)).standard_normal(rate // 2) * np.linspace(0, 1, rate // 2)
        soundfile.write(tmp_path / f"{speaker}.wav", 0.4 * samples if speaker == "a" else other, rate)
        rows.append(f"{speaker}.wav,joy,{speaker}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    mine = cell("dataset=manifest", f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}")
    with pytest.raises(LeakageError, match="1 clips and 0 speakers of 'manifest'"):
        check_leakage(mine, open_sources(mine))


def test_parts_that_share_samples_on_both_sides_of_a_split(cell, tmp_path, caplog):
    """A dialogue of two people who interrupt each other, beside clips of a third."""
    soundfile.write(tmp_path / "dialogue.wav", np.random.default_rng(0).standard_normal(10 * 16000) / 10, 16000)
    rows = ["path,start_s,end_s,emotion,speaker,split"]
    for start in range(0, 10, 2):
        emotion = ("joy", "fear")[start // 2 % 2]
        rows += [
            f"dialogue.wav,{start},{start + 1},{emotion},a,train",
            f"dialogue.wav,{start + 1},{start + 2},joy,b,test",
        ]
    rows += ["dialogue.wav,8.5,9.5,fear,c,val"]
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    table = f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}"
    settings = cell("dataset=manifest", table, "split=table")
    with pytest.raises(LeakageError) as refused:
        check_leakage(settings, open_sources(settings))
    assert "corpus 'manifest': 1 pairs of clips share samples, one for training and one for testing" in str(
        refused.value
    )
    assert "(dialogue.wav [8.5-9.5 s] and dialogue.wav [9-10 s])" in str(refused.value)
    settings = cell("dataset=manifest", table, "split=table", "leakage=report")
    check_leakage(settings, open_sources(settings))
    assert "the scores will be too good" in caplog.text
