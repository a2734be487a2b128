"""Any emotions, any part of a recording, on real corpora; the accuracies are of no interest but in the last test."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.audio.decode import decode
from ser.corpora import read
from ser.settings import AudioSettings
from ser.sources import open_source
from tests import commands

SEVEN = ["anger", "disgust", "fear", "joy", "sadness", "neutrality", "boredom"]
"""Of EMO-DB, in the order of tables and pictures."""
FOUR = ["anger", "joy", "sadness", "neutrality"]
RAVDESS = "+corpus@dataset.corpora.ravdess=ravdess"
TESTS = "dataset.tests=[emodb,emovo,ravdess]"


@pytest.fixture(scope="module")
def train(
    real_corpora: Path, tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[..., Path]
) -> Callable[..., tuple[Path, dict]]:
    """Give a function that trains one cell, and returns its folder and its result."""
    folder = tmp_path_factory.mktemp("real")
    usual = {
        "corpora_dir": real_corpora,
        "model.checkpoints.none": tiny_checkpoint("wav2vec2"),
        "training.epochs": 1,
        "tracker": "none",
        "trainer": "cpu",
    }

    def call(sweep: str, *line: str, **others: object) -> tuple[Path, dict]:
        given = (f"{key}={value}" for key, value in (usual | others).items())
        ended = commands.run("ser.train", *given, *line, f"sweep={sweep}", folder=folder)
        assert ended.returncode == 0, ended.stderr
        [result] = (folder / "multirun_sweeps" / sweep).glob("*/result.json")
        return result.parent, json.loads(result.read_text())

    return call


@pytest.mark.slow
def test_emodb_has_its_seven_emotions(train: Callable[..., tuple[Path, dict]]) -> None:
    cell, result = train("seven", "dataset=emodb", RAVDESS, TESTS)
    assert result["corpora"]["emodb"]["clips"] == 535 == sum(result["split"].values())
    assert result["corpora"]["emodb"]["left_out"] == {}
    predictions = pd.read_parquet(cell / "predictions_emodb.parquet")
    assert [name.removeprefix("logit_") for name in predictions if name.startswith("logit_")] == SEVEN
    scored = {test: matrix["emotions"] for test, matrix in result["confusion"].items()}
    assert scored == {"emodb": SEVEN, "emovo": SEVEN[:6], "ravdess": SEVEN[:6]}
    assert result["left_out"]["ravdess"] == {"surprise": 32, "boredom": 0, "calm": 32}
    accuracies = {row["dataset"] for row in result["scores"] if (row["group"], row["metric"]) == ("all", "accuracy")}
    assert accuracies == {"emodb", "emovo", "ravdess"}


@pytest.mark.slow
def test_four_emotions_with_merging_on_three_corpora(train: Callable[..., tuple[Path, dict]]) -> None:
    line = "dataset.labels={excitement: joy, calm: neutrality}", f"dataset.emotions=[{','.join(FOUR)}]"
    three = "dataset.train=[emodb,emovo,ravdess]", TESTS
    cell, result = train("four", "dataset=emodb_emovo", RAVDESS, *three, *line)
    assert {name: corpus["clips"] for name, corpus in result["corpora"].items()} == {
        "emodb": 127 + 71 + 62 + 79,
        "emovo": 4 * 84,
        "ravdess": 3 * 32 + 32 + 16,  # calm and neutral
    }
    assert result["corpora"]["emodb"]["left_out"] == {"boredom": 81, "disgust": 46, "fear": 69}
    assert {test: matrix["emotions"] for test, matrix in result["confusion"].items()} == dict.fromkeys(
        ("emodb", "emovo", "ravdess"), FOUR
    )
    assert set(pd.read_parquet(cell / "predictions_ravdess.parquet")["emotion"]) == set(FOUR)


@pytest.mark.parametrize("name", ["EMO-DB/wav/03a01Fa.wav", "EMOVO/f1/gio-f1-l4.wav", "CommonVoice-it/clips/*.mp3"])
def test_segments_of_a_table_are_the_clips_cut_by_hand(real_corpora: Path, tmp_path: Path, name: str) -> None:
    path = sorted(real_corpora.glob(name))[0].relative_to(real_corpora)
    samples, rate = decode(real_corpora / path, 0)
    times = [(0.1, 0.9), (0.45, 1.2345), (0.8, math.nan)]
    rows = ["file,start,end,emotion,speaker"]
    for number, (start_s, end_s) in enumerate(times):
        ends = math.isfinite(end_s)
        rows.append(f"{path},{start_s},{pd.Timedelta(end_s, 's') if ends else ''},joy,s{number}")
        cut = samples[round(start_s * rate) : round(end_s * rate) if ends else None]
        soundfile.write(tmp_path / f"{number}.wav", cut, rate, subtype="FLOAT")
    (tmp_path / "parts.csv").write_text("\n".join(rows))
    clips = (f"{number}.wav,joy,s{number}" for number in range(3))
    (tmp_path / "clips.csv").write_text("\n".join(["file,emotion,speaker", *clips]))
    audio = AudioSettings(sample_rate=16000, loudness_lufs=-23)
    parts, by_hand = (
        open_source(
            read("mine", reader="manifest", root=root, channel=0, outside="drop", table=tmp_path / table),
            audio,
            tmp_path / "stores",
        ).store
        for root, table in ((real_corpora, "parts.csv"), (None, "clips.csv"))
    )
    assert len(parts) == len(by_hand) == 3
    for one, other in zip(parts, by_hand, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.torture
def test_a_real_encoder_learns_the_seven_emotions(train: Callable[..., tuple[Path, dict]], real_corpora: Path) -> None:
    """Six epochs reach .85 on new speakers of EMO-DB, .48 on EMOVO and .47 on RAVDESS; chance is .14 to .17."""
    checkpoint = real_corpora.parent / "checkpoints/whisper-tiny.en"
    if not checkpoint.is_dir():
        pytest.skip(f"there is no {checkpoint}")
    line = "dataset=emodb", RAVDESS, TESTS, "model=whisper_base"
    _, result = train("real", *line, **{"model.checkpoints.none": checkpoint, "training.epochs": 3})
    accuracies = {
        row["dataset"]: row["value"] for row in result["scores"] if (row["group"], row["metric"]) == ("all", "accuracy")
    }
    assert accuracies["emodb"] > 0.6
    assert min(accuracies.values()) > 0.3
