from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser.corpora import emodb, emovo
from ser.errors import CorpusError
from ser.schema import EMOTIONS, SPLITS
from ser.splits import held_out_speakers, speaker_split
from ser.splits.speaker import differs_from_one_draw

SHARES = {"train": 0.64, "validation": 0.16, "test": 0.20}


def crossed(genders: dict[str, str], clips: int = 2, emotions: tuple[str, ...] = EMOTIONS) -> pd.DataFrame:
    """A corpus in which every speaker says everything."""
    rows = [(emotion, speaker) for speaker in genders for emotion in emotions for _ in range(clips)]
    corpus = pd.DataFrame(rows, columns=["emotion", "speaker"])
    return corpus.assign(gender=corpus["speaker"].map(genders))


@pytest.fixture(scope="module")
def crowd() -> pd.DataFrame:
    """Like Emozionalmente: 6902 clips, 986 an emotion, of 131 men, 299 women and one other, most of a few of them."""
    rng = np.random.default_rng(0)
    genders = rng.permutation(["male"] * 131 + ["female"] * 299 + ["other"])
    activity = rng.lognormal(size=431)
    everyone_once = rng.choice(EMOTIONS, 431)
    rows = [(emotion, speaker) for speaker, emotion in enumerate(everyone_once)]
    for emotion in EMOTIONS:
        left = 986 - int((everyone_once == emotion).sum())
        rows += [(emotion, speaker) for speaker in rng.choice(431, left, p=activity / activity.sum())]
    emotions, speakers = zip(*rows, strict=True)
    return pd.DataFrame(
        {"emotion": emotions, "speaker": [f"speaker{number}" for number in speakers], "gender": genders[list(speakers)]}
    )


def check(corpus: pd.DataFrame, split: np.ndarray) -> None:
    """What holds of every split: each clip is in one part, no part is empty, no speaker is in two."""
    assert split.shape == (len(corpus),)
    assert set(split) == set(SPLITS)
    assert corpus.assign(split=split).groupby("speaker")["split"].nunique().max() == 1


@pytest.mark.parametrize("seed", range(10))
def test_crowd_is_split_64_16_20_with_genders_and_emotions_in_proportion(crowd, seed):
    split = speaker_split(crowd, seed, "crowd")
    check(crowd, split)
    for part, share in SHARES.items():
        clips = crowd[split == part]
        assert len(clips) / len(crowd) == pytest.approx(share, abs=0.01)
        assert (clips["emotion"].value_counts() / len(clips) * 7).sub(1).abs().max() < 0.05
        assert (clips["gender"] == "male").mean() == pytest.approx((crowd["gender"] == "male").mean(), abs=0.01)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("genders", "speakers"),
    [
        (emodb.GENDERS, {"train": {6, 7}, "validation": {1, 2}, "test": {2}}),
        (emovo.GENDERS, {"train": {3, 4}, "validation": {1}, "test": {1, 2}}),
        ({"a": "female", "b": "male", "c": "other"}, {"train": {1}, "validation": {1}, "test": {1}}),
    ],
    ids=["ten", "six", "three"],
)
def test_few_speakers_are_spread_over_all_parts(genders, speakers, seed):
    corpus = crossed(genders)
    split = speaker_split(corpus, seed, "corpus")
    check(corpus, split)
    for part, counts in speakers.items():
        assert corpus["speaker"][split == part].nunique() in counts
    if len(genders) == 10:
        assert all(set(corpus["gender"][split == part]) == {"female", "male"} for part in SPLITS)


@settings(max_examples=60)
@given(st.data(), st.integers(0, 2**32 - 1))
def test_any_corpus_of_three_speakers_or_more_is_split(data, seed):
    counts = data.draw(st.lists(st.lists(st.integers(0, 3), min_size=7, max_size=7), min_size=3, max_size=12))
    rows = [
        (emotion, f"speaker{speaker}", ("female", "male", "other", "unknown")[speaker % 4])
        for speaker, of_speaker in enumerate(counts)
        for emotion, count in zip(EMOTIONS, of_speaker, strict=True)
        for _ in range(max(count, emotion == "joy"))
    ]
    corpus = pd.DataFrame(rows, columns=["emotion", "speaker", "gender"])
    check(corpus, speaker_split(corpus, seed, "corpus"))


def test_one_clip_of_each_emotion_is_enough():
    corpus = crossed({f"speaker{number}": ("female", "male")[number % 2] for number in range(10)}, clips=1)
    for seed in range(20):
        split = speaker_split(corpus, seed, "corpus")
        check(corpus, split)
        assert Counter(corpus["gender"][split == "test"]) == {"female": 7, "male": 7}


def test_speaker_of_gender_other_is_kept_and_met_in_every_part(crowd):
    other = (crowd["gender"] == "other").to_numpy()
    parts = [set(speaker_split(crowd, seed, "crowd")[other]) for seed in range(12)]
    assert all(len(part) == 1 for part in parts)
    assert set.union(*parts) == set(SPLITS)


def test_seed_alone_determines_the_split(crowd):
    first = speaker_split(crowd, 7, "crowd")
    np.random.default_rng().permutation(3)
    np.random.seed(1)
    np.testing.assert_array_equal(speaker_split(crowd, 7, "another name"), first)


def test_order_of_the_clips_does_not_matter(crowd):
    order = np.random.default_rng(0).permutation(len(crowd))
    shuffled = speaker_split(crowd.iloc[order].reset_index(drop=True), 7, "crowd")
    np.testing.assert_array_equal(shuffled, speaker_split(crowd, 7, "crowd")[order])


def test_no_two_seeds_agree(crowd):
    assert len({tuple(speaker_split(crowd, seed, "crowd")) for seed in range(8)}) == 8


def test_every_speaker_is_tested_in_a_fifth_of_the_seeds():
    """Taking always the first fold would give the speakers with the most uneven clips to the test part every time."""
    genders = {f"speaker{number}": ("female", "male")[number % 2] for number in range(20)}
    corpus = pd.concat(
        [crossed({name: gender}, clips=1 + index % 4) for index, (name, gender) in enumerate(genders.items())]
    )
    seeds = 250
    tested = Counter[str]()
    for seed in range(seeds):
        tested.update(set(corpus["speaker"][speaker_split(corpus, seed, "corpus") == "test"]))
    deviation = 5 * np.sqrt(0.2 * 0.8 / seeds)  # five standard errors of a share of a fifth
    assert all(abs(tested[speaker] / seeds - 0.2) < deviation for speaker in genders)


@pytest.mark.parametrize("speakers", [1, 2])
def test_fewer_than_three_speakers_are_refused(speakers):
    corpus = crossed({f"speaker{number}": "female" for number in range(speakers)})
    with pytest.raises(CorpusError, match=rf"^emovo: {speakers} speaker\(s\), .* only test on this corpus"):
        speaker_split(corpus, 0, "emovo")


def test_real_recordings_of_emodb_keep_gender_and_emotion_in_proportion(real_corpora):
    clips = emodb.manifest(real_corpora / "EMO-DB")
    clips = clips[clips["emotion"] != "boredom"].reset_index(drop=True)
    for seed in range(5):
        split = speaker_split(clips, seed, "emodb")
        check(clips, split)
        test = clips[split == "test"]
        assert len(test) / len(clips) == pytest.approx(0.2, abs=0.06)
        assert set(test["emotion"]) == set(clips["emotion"])
        assert set(test["gender"]) == {"female", "male"}


@pytest.mark.parametrize("seed", range(10))
def test_held_out_speakers_are_whole_and_about_a_fifth_of_every_stratum(seed):
    rng = np.random.default_rng(0)
    speakers = np.repeat([f"s{number}" for number in range(50)], rng.integers(5, 15, 50))
    strata = np.where(np.char.str_len(speakers) == 2, "female", "male")
    held_out = held_out_speakers(strata, speakers, seed)
    assert not set(speakers[held_out]) & set(speakers[~held_out])
    assert 0.12 < held_out.mean() < 0.28
    assert (held_out == held_out_speakers(strata, speakers, seed)).all()


def test_one_of_two_speakers_is_held_out_and_one_alone_is_refused():
    speakers = np.array(["a", "a", "b"])
    assert set(speakers[held_out_speakers(speakers, speakers, 0)]) in ({"a"}, {"b"})
    with pytest.raises(CorpusError, match="one speaker only, but training and validation need at least one each"):
        held_out_speakers(speakers[:2], speakers[:2], 0)


@pytest.mark.parametrize("speakers", [8, 9, 10, 12])
def test_every_part_has_both_genders_where_four_speakers_of_each_allow_it(speakers):
    genders = {f"speaker{number}": ("female", "male")[number % 2] for number in range(speakers)}
    corpus = crossed(genders, clips=1)
    for seed in range(40):
        split = speaker_split(corpus, seed, "corpus")
        assert all(set(corpus["gender"][split == part]) == {"female", "male"} for part in SPLITS)


def test_every_part_has_every_emotion_that_three_speakers_have():
    """400 clips of 20 speakers, of whom four say something in fear and two in disgust."""
    rng = np.random.default_rng(0)
    common = [emotion for emotion in EMOTIONS if emotion not in ("fear", "disgust")]
    rows = [(f"s{speaker}", emotion) for speaker in range(20) for emotion in rng.choice(common, 19)]
    rows += [(f"s{speaker}", "fear") for speaker in (1, 5, 9, 16)] + [(f"s{speaker}", "disgust") for speaker in (2, 3)]
    corpus = pd.DataFrame(rows, columns=["speaker", "emotion"])
    corpus["gender"] = corpus["speaker"].str[1:].astype(int).mod(2).map({0: "female", 1: "male"})
    for seed in range(20):
        split = speaker_split(corpus, seed, "corpus")
        check(corpus, split)
        assert all({*common, "fear"} <= set(corpus["emotion"][split == part]) for part in SPLITS)


def test_clips_of_unknown_speakers_are_split_one_by_one_and_loudly(caplog):
    corpus = pd.DataFrame({"path": [f"{i}.wav" for i in range(60)], "emotion": ["joy", "fear"] * 30})
    split = speaker_split(corpus.assign(speaker="", gender="unknown"), 0, "mesd")
    assert set(split) == set(SPLITS)
    assert "mesd: the speakers of 60 clips are unknown" in caplog.text


def test_what_earlier_versions_drew_otherwise_is_known(crowd):
    assert not any(differs_from_one_draw(crowd, seed) for seed in range(3))
    six, eight = (crossed({f"s{n}": ("female", "male")[n % 2] for n in range(count)}) for count in (6, 8))
    assert not any(differs_from_one_draw(six, seed) for seed in range(10))
    assert any(differs_from_one_draw(eight, seed) for seed in range(10))
