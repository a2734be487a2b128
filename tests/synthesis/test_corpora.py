import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.corpora import Corpus, read, read_transcribed
from ser.schema import EMOTIONS
from ser.synthesis import sentences
from ser.synthesis.corpora import write_common_voice, write_emovo, write_emozionalmente

SPEAKERS = 7


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    write_emozionalmente(folder / "Emozionalmente", speakers=SPEAKERS, sentences_each=1, seed=0)
    write_emovo(folder / "EMOVO", sentences_each=2, seed=0)
    write_common_voice(folder / "CommonVoice-it", speakers=3, sentences_each=2, seed=0)
    return folder


def corpus(root: Path, name: str, folder: str) -> Corpus:
    return read(name, reader=name, root=root / folder, channel=0, outside="refuse")


def test_the_reader_of_emozionalmente_reads_it(root: Path) -> None:
    clips = corpus(root, "emozionalmente", "Emozionalmente").clips
    assert len(clips) == SPEAKERS * 7
    assert (clips.groupby(["speaker", "emotion"]).size() == 1).all()
    genders = clips.drop_duplicates("speaker")["gender"].value_counts()
    assert genders.to_dict() == {"female": 4, "male": 2, "other": 1}
    assert set(clips["text"]) <= set(sentences.EMOZIONALMENTE)


def test_the_reader_of_emovo_reads_it(root: Path) -> None:
    clips = corpus(root, "emovo", "EMOVO").clips
    assert len(clips) == 6 * 7 * 2
    assert (clips.groupby(["speaker", "emotion"]).size() == 2).all()


def test_the_reader_of_common_voice_reads_it(root: Path) -> None:
    clips = read_transcribed("cv", reader="commonvoice", root=root / "CommonVoice-it", channel=0).clips
    assert clips.groupby(["speaker", "gender"]).size().tolist() == [2, 2, 2]
    assert {soundfile.info(root / "CommonVoice-it" / path).samplerate for path in clips["path"]} == {32000}


def test_no_set_of_sentences_shares_one() -> None:
    transcribed = {" ".join(parts) + "." for parts in itertools.product(*sentences.TRANSCRIBED)}
    assert len(transcribed) == 13 * 15 * 13 * 13
    assert not transcribed & {*sentences.EMOZIONALMENTE, *sentences.EMOVO.values()}


def test_the_tables_have_the_published_columns(root: Path) -> None:
    with open(root / "Emozionalmente/metadata/samples.csv", encoding="utf-8") as file:
        samples = list(csv.DictReader(file))
    assert list(samples[0]) == ["file_name", "sentence", "sentence_language", "actor", "emotion_expressed"]
    assert {row["emotion_expressed"] for row in samples} == set(EMOTIONS)
    with open(root / "Emozionalmente/metadata/users.csv", encoding="utf-8") as file:
        users = list(csv.DictReader(file))
    assert list(users[0]) == ["username", "gender", "age", "mother_tongue"]
    assert len(users) == SPEAKERS


def test_recordings_have_the_published_formats(root: Path) -> None:
    amateurs = [soundfile.info(path) for path in sorted((root / "Emozionalmente/audio").iterdir())]
    assert {(info.channels, info.subtype) for info in amateurs} == {(1, "PCM_16")}
    assert [info.samplerate for info in amateurs].count(44100) == 1  # one in 46
    assert {info.samplerate for info in amateurs} == {16000, 44100}
    actors = {path.name: soundfile.info(path) for path in (root / "EMOVO").glob("*/*.wav")}
    assert {(info.samplerate, info.subtype) for info in actors.values()} == {(48000, "PCM_16")}
    assert [name for name, info in actors.items() if info.channels == 1] == ["rab-f1-b1.wav"]
    assert all(0.7 < info.duration < 8 for info in [*amateurs, *actors.values()])


def test_the_channels_of_emovo_are_apart(root: Path) -> None:
    first, second = soundfile.read(root / "EMOVO/m1/neu-m1-b1.wav")[0].T
    lags = range(-40, 41)
    likeness = [np.dot(np.roll(first, lag), second) for lag in lags]
    assert lags[int(np.argmax(likeness))] / 48000 == pytest.approx(0.0004, abs=0.00002)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(root: Path, tmp_path: Path) -> None:
    for name, seed in (("same", 0), ("other", 1)):
        write_emozionalmente(tmp_path / name, speakers=SPEAKERS, sentences_each=1, seed=seed)
    files = sorted(path.relative_to(tmp_path / "same") for path in (tmp_path / "same").rglob("*") if path.is_file())
    assert len(files) == SPEAKERS * 7 + 2
    for file in files:
        content = (root / "Emozionalmente" / file).read_bytes()
        assert (tmp_path / "same" / file).read_bytes() == content
        assert (tmp_path / "other" / file).read_bytes() != content


def test_no_two_sets_share_a_sentence() -> None:
    sets = [sentences.EMOZIONALMENTE, sentences.EMOVO.values(), sentences.WARM_UP]
    said = [sentence for texts in sets for sentence in texts]
    assert len(set(said)) == len(said)


def test_no_sentence_is_of_the_published_corpus() -> None:
    from ser.corpora import emovo

    assert set(sentences.EMOVO) == set(emovo.SENTENCES)
    assert not set(sentences.EMOVO.values()) & set(emovo.SENTENCES.values())
