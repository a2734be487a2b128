"""Splits of clips that are parts of recordings, and of clips whose speakers are unknown."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from ser.errors import CorpusError
from ser.schema import clip_names
from ser.settings import SplitSettings
from ser.splits import assign
from ser.splits.cautions import cautions, lacking_emotions
from ser.splits.overlapping import overlapping

PARTS = {0: "train", 1: "val", 2: "test"}


@pytest.fixture
def dialogues(corpus):
    """Give a corpus of six recordings of three speakers each, whose parts are a second long."""
    rows = [
        (f"d{recording}.wav", float(start), start + 1.0 if start < 2 else math.nan, emotion, f"s{start}", "unknown")
        for recording, emotion in enumerate(("joy", "fear") * 3)
        for start in range(3)
    ]
    clips = pd.DataFrame(rows, columns=["path", "start_s", "end_s", "emotion", "speaker", "gender"])
    return dataclasses.replace(corpus("manifest"), clips=clips)


def expected(corpus) -> list[str]:
    named = {"val": "validation"}
    return [named.get(PARTS[int(start)], PARTS[int(start)]) for start in corpus.clips["start_s"]]


def test_a_table_of_folds_names_parts_by_their_times(dialogues, tmp_path):
    rows = [
        f"data/d{recording}.wav,{start}.0,{end},{part}"
        for recording in range(6)
        for start, part in PARTS.items()
        for end in ["" if start == 2 else start + 1]
    ]
    (tmp_path / "folds.csv").write_text("\n".join(["path,start,end,split", *rows]))
    split = SplitSettings(name="folds", file=tmp_path / "folds.csv", fold=1, overlap="refuse")
    assert assign(split, dialogues, 0).tolist() == expected(dialogues)


def test_a_path_alone_is_all_parts_of_the_recording(dialogues, tmp_path):
    rows = [
        f"d{recording}.wav,{('train', 'train', 'train', 'val', 'test', 'test')[recording]}" for recording in range(6)
    ]
    (tmp_path / "folds.csv").write_text("\n".join(["path,split", *rows]))
    split = SplitSettings(name="folds", file=tmp_path / "folds.csv", fold=1, overlap="warn")
    assert assign(split, dialogues, 0).tolist() == ["train"] * 9 + ["validation"] * 3 + ["test"] * 6


def test_folds_of_emobox_name_parts_by_their_times(dialogues, tmp_path):
    (tmp_path / "fold_1").mkdir()
    for name, kept in (("train", (0, 1)), ("test", (2,))):
        records = [
            {
                "wav": f"downloads/x/d{recording}.wav",
                "start_time": start,
                "end_time": start + 1.0 if start < 2 else "nan",
            }
            for recording in range(6)
            for start in kept
        ]
        (tmp_path / f"fold_1/x_{name}_fold_1.jsonl").write_text("\n".join(map(json.dumps, records)))
    split = assign(SplitSettings(name="folds", file=tmp_path, fold=1, overlap="refuse"), dialogues, 0)
    assert set(dialogues.clips["speaker"][split == "test"]) == {"s2"}
    assert (split != "unused").all()


def test_a_column_of_parts_is_of_clips_and_not_of_recordings(dialogues):
    clips = dialogues.clips.assign(split=[PARTS[int(start)] for start in dialogues.clips["start_s"]])
    split = assign(SplitSettings(name="table", overlap="refuse"), dataclasses.replace(dialogues, clips=clips), 0)
    assert split.tolist() == expected(dialogues)


def test_recordings_of_unknown_speakers_are_in_one_part_and_the_record_says_so(dialogues, caplog):
    unknown = dataclasses.replace(dialogues, clips=dialogues.clips.assign(speaker=""))
    for seed in range(5):
        parts = assign(SplitSettings(name="speaker"), unknown, seed)
        assert set(parts) == {"train", "validation", "test"}
        assert unknown.clips.assign(part=parts).groupby("path")["part"].nunique().eq(1).all()
    assert "the speakers of 18 clips are unknown" in caplog.text
    caution, *_ = cautions(unknown, parts)
    assert "18 of 18 clips are unknown" in caution
    assert "nothing can be said about new speakers" in caution
    assert not any("unknown" in caution for caution in cautions(dialogues, parts))


def test_emotions_that_a_part_lacks_are_in_the_record(dialogues):
    parts = np.array(["train"] * 12 + ["validation"] * 3 + ["test"] * 3)
    emotions = ["joy", "fear", "calm"] * 4 + ["joy", "fear", "joy"] + ["joy", "joy", "joy"]
    corpus = dataclasses.replace(dialogues, clips=dialogues.clips.assign(emotion=emotions))
    assert lacking_emotions(corpus, parts) == {"validation": ["calm"], "test": ["fear", "calm"]}
    assert [text for text in cautions(corpus, parts) if "no clip of" in text] == [
        "corpus 'mine': no clip of calm in the validation part",
        "corpus 'mine': no clip of fear, calm in the test part",
    ]


def test_validation_is_held_out_by_recording_where_speakers_are_unknown(dialogues, tmp_path):
    unknown = dataclasses.replace(dialogues, clips=dialogues.clips.assign(speaker=""))
    rows = [f"d{recording}.wav,{'train' if recording < 4 else 'test'}" for recording in range(6)]
    (tmp_path / "folds.csv").write_text("\n".join(["path,split", *rows]))
    parts = assign(SplitSettings(name="folds", file=tmp_path / "folds.csv", fold=1, overlap="refuse"), unknown, 0)
    assert unknown.clips["path"][parts == "validation"].nunique() == 1
    assert (parts == "validation").sum() == 3


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (
            SplitSettings(name="leave_one_speaker_out", speaker=1),
            "does not say who speaks in 9 of 18 clips; add a column",
        ),
        (SplitSettings(name="speaker_and_sentence", speakers="disjoint"), "does not say who speaks in every clip; add"),
    ],
)
def test_splits_that_need_speakers_say_so(dialogues, split, message):
    clips = dialogues.clips.assign(sentence=[*"abcdef"] * 3)
    clips.loc[:8, "speaker"] = ""
    with pytest.raises(CorpusError, match=message):
        assign(split, dataclasses.replace(dialogues, clips=clips), 0)


def test_parts_that_share_samples_are_found_as_by_comparing_all_pairs():
    random = np.random.default_rng(0)
    starts = random.uniform(0, 60, 200).round(1)
    clips = pd.DataFrame(
        {
            "path": random.choice(["a.wav", "b.wav"], 200),
            "start_s": starts,
            "end_s": starts + random.choice([0.5, 2.0, np.nan], 200, p=[0.5, 0.45, 0.05]),
        }
    )
    parts = random.choice(["train", "validation", "test", "unused"], 200)
    names, ends = clip_names(clips), clips["end_s"].fillna(np.inf)
    by_hand = {
        frozenset((names[i], names[j]))
        for i in range(200)
        for j in range(200)
        if clips["path"][i] == clips["path"][j]
        and max(starts[i], starts[j]) < min(ends[i], ends[j])
        and parts[i] == "test"
        and parts[j] in ("train", "validation")
    }
    found = overlapping(clips, parts)
    assert {frozenset(pair) for pair in found} == by_hand
    assert by_hand


def test_whole_recordings_share_nothing(corpus):
    clips = corpus().clips
    assert overlapping(clips, np.full(len(clips), "test")) == []
