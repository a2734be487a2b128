"""Splits that somebody wrote down: tables, and the files of EmoBox."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ser.errors import ConfigError, CorpusError
from ser.settings import SplitSettings
from ser.splits import assign, content

PARTS = {"f1": "train", "f2": "train", "m1": "train", "m2": "dev", "f3": "Test", "m3": "test"}


def table(folder: Path, header: str = "path,split", parts: dict[str, str] = PARTS, row: str = "{path},{part}") -> Path:
    """Write a table of folds in which a speaker's two clips stand together."""
    lines = [
        row.format(path=f"{speaker}/{emotion}.wav", part=part)
        for speaker, part in parts.items()
        for emotion in ("joy", "anger")
    ]
    file = folder / "folds.csv"
    file.write_text("\n".join([header, *lines]) + "\n")
    return file


def folds(file: Path, fold: int | str = 1, overlap: str = "refuse") -> SplitSettings:
    return SplitSettings(name="folds", file=file, fold=fold, overlap=overlap)


def by_speaker(corpus, split) -> dict[str, str]:
    found = {speaker: set(split[corpus.clips["speaker"] == speaker]) for speaker in corpus.clips["speaker"]}
    assert all(len(parts) == 1 for parts in found.values())
    return {speaker: parts.pop() for speaker, parts in found.items()}


def test_parts_of_a_table(tmp_path, corpus):
    split = assign(folds(table(tmp_path)), corpus(), 0)
    assert by_speaker(corpus(), split) == {
        speaker: {"dev": "validation", "Test": "test"}.get(part, part) for speaker, part in PARTS.items()
    }


def test_a_numbered_fold_is_tested_on_and_validation_is_held_out_by_speaker(tmp_path, corpus):
    file = table(tmp_path, "path,fold", {"f1": "1", "m1": "1", "f2": "2", "m2": "2", "f3": "3", "m3": "3"})
    for fold, tested in ((1, {"f1", "m1"}), ("3", {"f3", "m3"})):
        parts = by_speaker(corpus(), assign(folds(file, fold), corpus(), 0))
        assert {speaker for speaker, part in parts.items() if part == "test"} == tested
        assert Counter(parts.values()) == {"train": 3, "test": 2, "validation": 1}
    validated = [by_speaker(corpus(), assign(folds(file, 1), corpus(), seed)) for seed in range(6)]
    assert len({tuple(sorted(parts.items())) for parts in validated}) > 1
    assert validated[0] == by_speaker(corpus(), assign(folds(file, 1), corpus(), 0))
    with pytest.raises(ConfigError, match=r"split.fold=7: .*folds.csv has no such fold; there are 1, 2, 3"):
        assign(folds(file, 7), corpus(), 0)


def test_parts_of_one_fold_of_many(tmp_path, corpus):
    file = table(tmp_path, "path,split,fold", row="{path},{part},1\n{path},train,2")
    assert by_speaker(corpus(), assign(folds(file, 1), corpus(), 0))["m3"] == "test"


def test_what_the_split_does_not_name_is_unused_and_said(tmp_path, corpus, caplog):
    caplog.set_level("INFO")
    parts = {speaker: part for speaker, part in PARTS.items() if speaker != "f2"}
    split = assign(folds(table(tmp_path, parts=parts)), corpus(), 0)
    assert by_speaker(corpus(), split)["f2"] == "unused"
    assert "0 of its clips are not in the corpus, 2 of the corpus are not in it" in caplog.text


def test_clips_that_the_corpus_has_dropped_may_be_named(tmp_path, corpus):
    file = table(tmp_path, parts=PARTS | {"x1": "train"})
    with pytest.raises(
        CorpusError, match=r"2 of 14 clips are not in corpus 'mine' \(x1/joy.wav, where .* has f1/anger"
    ):
        assign(folds(file), corpus(), 0)
    assign(folds(file), corpus(dropped=2), 0)


def test_a_speaker_on_both_sides(tmp_path, corpus, caplog):
    file = table(tmp_path)
    file.write_text(file.read_text().replace("f1/joy.wav,train", "f1/joy.wav,test"))
    with pytest.raises(CorpusError, match=r"1 speaker\(s\) are in both training and test \(f1\).*split.overlap=warn"):
        assign(folds(file), corpus(), 0)
    assert Counter(assign(folds(file, overlap="warn"), corpus(), 0))["test"] == 5
    assert "the scores will be too high" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,part\nf1/joy.wav,train\n", r"neither a column split nor a column fold; name a \.csv"),
        (
            "path,split\nf1/joy.wav,train\nf2/joy.wav,learn\n",
            r"folds.csv, line 3: split 'learn'; allowed are train, val",
        ),
        (
            "path,split\nf1/joy.wav,train\nf1/joy.wav,test\n",
            r"f1/joy.wav is in two parts, train and test; keep one",
        ),
        ("path,split\nf1/joy.wav,train\n", r"no clip of corpus 'mine' to test on"),
        ("path,split\nf1/joy.wav,test\n", r"no clip of corpus 'mine' to train on"),
        ("path,split\nf1/joy.wav,train\nf2/joy.wav,test\n", r"one training speaker, and none left for validation"),
        ("name,split\n", r"missing column\(s\) path"),
    ],
)
def test_a_table_that_is_none(tmp_path, corpus, content, message):
    (tmp_path / "folds.csv").write_text(content)
    with pytest.raises(CorpusError, match=message):
        assign(folds(tmp_path / "folds.csv"), corpus(), 0)


def emobox(folder: Path, kind: str = "jsonl", parts=("train", "test")) -> Path:
    """Write a fold as EmoBox has it: paths of its own downloads, train and test, and no validation."""
    (folder / "data/mine/fold_1").mkdir(parents=True, exist_ok=True)
    for part in parts:
        speakers = [speaker for speaker, of in PARTS.items() if (of.lower() == "test") == (part == "test")]
        records = {
            f"mine-{speaker}-{emotion}": {"wav": f"downloads/mine/{speaker}/{emotion}.wav", "emo": emotion}
            for speaker in speakers
            for emotion in ("joy", "anger")
        }
        text = json.dumps(records) if kind == "json" else "\n".join(map(json.dumps, records.values()))
        (folder / f"data/mine/fold_1/mine_{part}_fold_1.{kind}").write_text(text)
    return folder / "data/mine"


@pytest.mark.parametrize("kind", ["jsonl", "json"])
def test_a_fold_of_emobox(tmp_path, corpus, kind):
    parts = by_speaker(corpus(), assign(folds(emobox(tmp_path, kind)), corpus(), 0))
    assert {speaker for speaker, part in parts.items() if part == "test"} == {"f3", "m3"}
    assert Counter(parts.values())["validation"] == 1


def test_no_such_fold_of_emobox(tmp_path, corpus):
    with pytest.raises(ConfigError, match=r"split.fold=2: .*data/mine has no such fold; there are 1\. name a"):
        assign(folds(emobox(tmp_path), 2), corpus(), 0)
    with pytest.raises(ConfigError, match=r"split.file=.*gone: no such file or folder"):
        assign(folds(tmp_path / "gone"), corpus(), 0)


def test_blank_lines_are_passed_over(tmp_path, corpus):
    folder = emobox(tmp_path)
    expected = assign(folds(folder), corpus(), 0).tolist()
    for file in (folder / "fold_1").iterdir():
        file.write_text("\ufeff" + file.read_text().replace("\n", "\r\n\n \n") + "\n\n")
    assert assign(folds(folder), corpus(), 0).tolist() == expected


TIMED = '{"wav": "f1/joy.wav", "start_time": "x", "end_time": 1}'


@pytest.mark.parametrize("text", [TIMED, '{"wav": 3}', '{"emo": "joy"}', "[]", "3", "{", '{"wav": "f1/joy.wav"'])
def test_files_of_emobox_that_are_none(tmp_path, corpus, text):
    folder = emobox(tmp_path)
    (folder / "fold_1/mine_test_fold_1.jsonl").write_text(text)
    with pytest.raises(CorpusError, match=r"mine_test_fold_1.jsonl: not a file of EmoBox .*fetch it again"):
        assign(folds(folder), corpus(), 0)


def test_content_is_that_of_the_files_and_not_their_place(tmp_path, corpus):
    (tmp_path / "elsewhere").mkdir()
    file, copy = table(tmp_path), table(tmp_path / "elsewhere")
    assert content(folds(file), corpus()) == content(folds(copy), corpus())
    copy.write_text(copy.read_text().replace("dev", "train"))
    assert content(folds(file), corpus()) != content(folds(copy), corpus())
