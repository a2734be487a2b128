"""The whole way, as a user takes it: the command line, real files, a real tracker, on the CPU."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from ser import records
from ser.tracking import read_sweep
from tests import commands
from tests.commands import Ended

Run = Callable[..., Ended]

SWEEP = "small"
CELL = "model=wav2vec2,pretune=none,dataset=emovo,seed=0"


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, small_corpora: Path, tiny_checkpoint: Callable[..., Path]
) -> tuple[Run, Path]:
    """Give a function that runs a command on small corpora and tiny encoders, and the folder that it runs in."""
    folder = tmp_path_factory.mktemp("work")
    checkpoints = {level: tiny_checkpoint("wav2vec2", seed=seed) for seed, level in enumerate(("none", "it"))}
    usual = [
        "dataset=emovo",
        f"corpora_dir={small_corpora}",
        "sweep=" + SWEEP,
        "training.epochs=2",
        "training.learning_rate=0.001",
        "training.validate_every_steps=2",
        "trainer=cpu",
        "trainer.threads=1",
        *(f"model.checkpoints.{level}={path}" for level, path in checkpoints.items()),
    ]

    def command(*arguments: str) -> Ended:
        multirun = [item for item in arguments if item == "-m"]
        rest = [item for item in arguments if item != "-m"]
        keys = {item.split("=")[0] for item in rest}
        given = [item for item in usual if item.split("=")[0] not in keys]
        run = commands.run_afresh if "sweep=again" in rest else commands.run
        return run("ser.train", *multirun, *given, *rest, folder=folder)

    return command, folder


@pytest.fixture(scope="module")
def grid(run: tuple[Run, Path]) -> tuple[Run, Path, Ended]:
    command, folder = run
    return command, folder, command("-m", "pretune=none,it", "seed=0,1")


def scores(folder: Path, sweep: str = SWEEP, cell: str = CELL) -> pd.DataFrame:
    return pd.DataFrame(json.loads((folder / "multirun_sweeps" / sweep / cell / records.RESULT).read_text())["scores"])


def test_a_grid_says_how_each_cell_ended(grid: tuple[Run, Path, Ended]) -> None:
    _, _, call = grid
    assert call.returncode == 0, call.stderr
    assert "4 cells, 0 finished before, 4 to run" in call.stdout
    for number in (1, 2, 3, 4):
        assert f"[{number}/4] model=wav2vec2," in call.stdout
    assert "3 left, about" in call.stdout
    assert "4 finished, 0 failed" in call.stdout
    assert "Traceback" not in call.stderr


def test_a_cell_keeps_its_records_and_predictions(grid: tuple[Run, Path, Ended]) -> None:
    _, folder, _ = grid
    cell = folder / "multirun_sweeps" / SWEEP / CELL
    result = json.loads((cell / records.RESULT).read_text())
    assert result["factors"] == {"model": "wav2vec2", "pretune": "none", "dataset": "emovo", "seed": 0}
    assert sum(result["split"].values()) == 84
    assert result["corpora"]["emozionalmente"]["licence"] == "CC BY 4.0"
    assert set(result["split"]) == {"train", "validation", "test"}
    predictions = pd.read_parquet(cell / "predictions_emozionalmente.parquet")
    assert len(predictions) == 140
    assert {"speaker", "gender", "text", "language", "age", "duration_s"} <= set(predictions)
    hits = (predictions["emotion"] == predictions["predicted"]).mean()
    told = scores(folder).query("dataset == 'emozionalmente' and group == 'all' and metric == 'accuracy'")
    assert told["value"].item() == pytest.approx(hits)
    assert not list(cell.glob("*.ckpt"))


def test_no_clip_of_the_own_test_set_was_trained_on(grid: tuple[Run, Path, Ended]) -> None:
    _, folder, _ = grid
    cell = folder / "multirun_sweeps" / SWEEP / CELL
    result = json.loads((cell / records.RESULT).read_text())
    assert len(pd.read_parquet(cell / "predictions_emovo.parquet")) == result["split"]["test"]


def test_the_tracker_has_every_score_once(grid: tuple[Run, Path, Ended]) -> None:
    _, folder, _ = grid
    table = read_sweep(f"sqlite:///{folder}/multirun_sweeps/mlflow.db", SWEEP).scores
    cells = table.query("metric == 'accuracy' and group == 'all'")
    assert len(cells) == 8
    assert set(cells["dataset"]) == {"emovo", "emozionalmente"}
    assert not cells.duplicated(["pretune", "dataset", "seed"]).any()


def test_a_finished_grid_is_not_run_again(grid: tuple[Run, Path, Ended]) -> None:
    command, folder, _ = grid
    before = (folder / "multirun_sweeps" / SWEEP / CELL / records.RESULT).stat().st_mtime_ns
    call = command("-m", "pretune=none,it", "seed=0,1")
    assert call.returncode == 0, call.stderr
    assert "4 cells, 4 finished before, 0 to run" in call.stdout
    assert (folder / "multirun_sweeps" / SWEEP / CELL / records.RESULT).stat().st_mtime_ns == before


def test_an_archive_is_extended_elsewhere(grid: tuple[Run, Path, Ended], tmp_path: Path) -> None:
    """Its cells are imported, as the data and the checkpoints are the same; a new seed is trained."""
    command, folder, _ = grid
    assert commands.run("ser.archive", f"sweep={SWEEP}", folder=folder).returncode == 0
    folders = f"sweeps_dir={tmp_path}/multirun_sweeps", f"store_dir={folder}/.cache/audio"
    call = command("archive=multirun_sweeps/small.zip", "seed=0,7", "sweep=more", *folders)
    assert call.returncode == 0, call.stderr
    assert "4 cells imported from multirun_sweeps/small.zip" in call.stdout
    assert "6 cells, 4 finished before, 2 to run" in call.stdout
    assert "others here" not in call.stdout
    pd.testing.assert_frame_equal(scores(tmp_path, "more"), scores(folder), check_exact=True)
    call = command("archive=multirun_sweeps/small.zip", "sweep=other", "training.weight_decay=0.5", *folders)
    assert "0 cells imported" in call.stdout
    assert "4 cells of it are others here, as " in call.stdout
    assert "training.weight_decay: was 0.01, is 0.5" in call.stdout


def test_a_changed_configuration_is_named_and_stops(grid: tuple[Run, Path, Ended]) -> None:
    command, folder, _ = grid
    cell = folder / "multirun_sweeps" / SWEEP / CELL
    before = {path: path.stat().st_mtime_ns for path in cell.rglob("*")}
    call = command("-m", "pretune=none,it", "seed=0,1", "training.weight_decay=0.5")
    assert call.returncode == 2
    assert {path: path.stat().st_mtime_ns for path in cell.rglob("*")} == before
    assert "weight_decay: 0.01" in (cell / records.CONFIG).read_text()
    assert "training.weight_decay: was 0.01, is 0.5" in call.stderr
    assert "on_change=rerun" in call.stderr
    assert "Traceback" not in call.stderr


def test_the_same_seed_gives_the_same_scores_and_another_does_not(
    grid: tuple[Run, Path, Ended],
) -> None:
    command, folder, _ = grid
    assert command("sweep=again").returncode == 0
    first, again = (
        pd.read_parquet(folder / "multirun_sweeps" / sweep / CELL / "predictions_emozionalmente.parquet")
        for sweep in (SWEEP, "again")
    )
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = folder / "multirun_sweeps" / SWEEP / CELL.replace("seed=0", "seed=1") / "predictions_emozionalmente.parquet"
    assert not first["logit_anger"].equals(pd.read_parquet(other)["logit_anger"])


def test_a_cell_that_fails_is_named_and_the_others_run(run: tuple[Run, Path]) -> None:
    command, folder = run
    rates = "-m", "training.learning_rate=1e-4,1e9", "sweep=half", "training.epochs=1"
    call = command(*rates)
    assert call.returncode == 1
    assert "1 finished, 1 failed" in call.stdout
    assert "FAILED: training diverged at step" in call.stdout
    assert "Traceback" not in call.stdout + call.stderr
    failures = read_sweep(f"sqlite:///{folder}/multirun_sweeps/mlflow.db", "half").failures
    assert failures["training.learning_rate"].astype(float).tolist() == [1e9]
    assert "2 cells, 1 finished before, 1 to run" in command(*rates).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["training.learning_rat=1"], 2, "did you mean training.learning_rate"),
        (["model.checkpoints.none=/not/there"], 1, "/not/there: no such folder"),
        (["dataset.corpora.emovo.root=/not/there"], 1, "there is no folder /not/there"),
        (["-m", "sweeps_dir=/dev/null/x"], 1, "/dev/null/x"),
        (["layers=one", "layers.layer=9"], 2, "layers.layer=9: the encoder has 2 layers"),
        (["-m", "layers=one", "layers.layer=1,9"], 2, "layers.layer=9: the encoder has 2 layers"),
        (["freezing=first_layers", "freezing.layers=3"], 2, "freezing.layers=3: the encoder has 2 layers"),
        (["freezing=lora", "freezing.target_modules=[query]"], 2, "freezing.target_modules: this encoder computes no"),
        (["split=leave_one_speaker_out", "split.speaker=77"], 2, "split.speaker=77: corpus 'emovo' has 6 speakers"),
        (["split=folds", "split.file=/not/there.csv"], 2, "split.file=/not/there.csv: no such file or folder"),
        (
            ["augmentation=background_noise", "augmentation.transforms.0.folder=/not/there"],
            2,
            "augmentation background_noise: there is no folder /not/there",
        ),
        (["trainer=auto", "trainer.accelerator=mps"], 2, "trainer.accelerator=mps: there is no such device"),
        (["-m", "trainer=auto", "trainer.accelerator=mps"], 2, "trainer.accelerator=mps: there is no such device"),
        (["audio.sample_rate=8000"], 1, "takes 16000 Hz, the clips are stored at 8000 Hz: set audio.sample_rate=16000"),
        (["task=dimensions"], 1, "task=dimensions: corpus 'emovo' has no column arousal, valence, dominance"),
        (["training.validate_every_steps=1e8"], 2, "training has 6 steps (2 epochs of 3)"),
        (
            ["-m", "seed=0,1", "training.batch_size=1e9", "training.validate_every_steps=4"],
            2,
            "training has 2 steps (2 epochs of 1)",
        ),
        (["trainer.threads=4097"], 2, "trainer.threads=4097: input should be less than or equal to 1024"),
        (["hydra.job.chdir=true"], 2, "hydra.job.chdir=true: relative paths would lead elsewhere"),
        (["-m", "hydra.job.chdir=true", "seed=0,1"], 2, "hydra.job.chdir=true: relative paths would lead elsewhere"),
        (["-m", "seed=[1,2]"], 2, "a group takes the name of one of its files"),
    ],
)
def test_a_mistake_is_one_message(run: tuple[Run, Path], arguments: list[str], code: int, message: str) -> None:
    command, folder = run
    call = command("sweep=mistakes", *arguments)
    assert call.returncode == code
    [error] = [line for line in call.stderr.splitlines() if line.startswith("error: ")]
    assert message in error
    assert "Traceback" not in call.stderr
    assert not list((folder / "multirun_sweeps").glob("mistakes/*"))


def test_a_clip_that_cannot_be_decoded_is_named(run: tuple[Run, Path], small_corpora: Path, tmp_path: Path) -> None:
    command, folder = run
    (tmp_path / "EMOVO").symlink_to(small_corpora / "EMOVO")
    broken = tmp_path / "Emozionalmente"
    (broken / "audio").mkdir(parents=True)
    (broken / "metadata").symlink_to(small_corpora / "Emozionalmente" / "metadata")
    for clip in (small_corpora / "Emozionalmente" / "audio").iterdir():
        (broken / "audio" / clip.name).symlink_to(clip)
    (broken / "audio" / "7.wav").unlink()
    (broken / "audio" / "7.wav").write_bytes(b"no sound")
    stores = set((folder / ".cache" / "audio").glob("*"))
    call = command("sweep=mistakes", f"corpora_dir={tmp_path}")
    assert call.returncode == 1
    assert "7.wav" in call.stderr
    assert "Traceback" not in call.stderr
    assert not [path for path in set((folder / ".cache" / "audio").glob("*")) - stores if path.is_dir()]


def test_bf16_trains_with_augmentation_and_says_so_at_once_and_in_the_result(run: tuple[Run, Path]) -> None:
    command, folder = run
    call = command("sweep=bf16", "numerics.precision=bf16-mixed", "augmentation=combined", "training.epochs=1")
    assert call.returncode == 0, call.stderr
    assert call.stdout.startswith("computing on cpu, bf16-mixed\n")
    training = json.loads((folder / "multirun_sweeps" / "bf16" / CELL / records.RESULT).read_text())["training"]
    assert (training["device"], training["precision"]) == ("cpu", "bf16-mixed")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_missing_gpu_is_said_before_anything_is_computed(run: tuple[Run, Path], tmp_path: Path) -> None:
    command, folder = run
    call = command("sweep=nogpu", "trainer.accelerator=cuda", f"store_dir={tmp_path / 'store'}")
    assert call.returncode == 2
    assert call.stderr.startswith("error: trainer.accelerator=cuda: there is no such device")
    assert not (tmp_path / "store").exists()
    assert not list((folder / "multirun_sweeps").glob("nogpu/*"))


def test_deterministic_numerics_train(run: tuple[Run, Path]) -> None:
    command, _ = run
    call = command("sweep=deterministic", "numerics=deterministic", "training.epochs=1")
    assert call.returncode == 0, call.stderr


def test_dimensions_train_in_bf16(run: tuple[Run, Path], small_corpora: Path, tmp_path: Path) -> None:
    command, folder = run
    rows = ["path,emotion,speaker,gender,arousal,valence,dominance"]
    for number, clip in enumerate(sorted((small_corpora / "EMOVO").rglob("*.wav"))):
        name = clip.relative_to(small_corpora)
        gender = "female" if clip.parent.name.startswith("f") else "male"
        rows.append(f"{name},joy,{clip.parent.name},{gender},{1 + number % 5},{1 + number % 3},{2 + number % 2}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    call = command(
        *("dataset=manifest", f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}", "sweep=dimensions"),
        *(
            "+dataset.corpora.manifest.scale=[1,5]",
            f"dataset.corpora.manifest.root={small_corpora}",
            "task=dimensions",
            "numerics.precision=bf16-mixed",
        ),
    )
    assert call.returncode == 0, call.stderr
    cell = CELL.replace("dataset=emovo", "dataset=manifest")
    found = scores(folder, "dimensions", cell).query("group == 'all'").set_index("metric")["value"]
    assert {"ccc", "ccc_arousal", "rmse"} <= set(found.index)
    assert found["rmse"].max() < 1


def test_soft_labels_train_beside_the_majority(run: tuple[Run, Path], small_corpora: Path, tmp_path: Path) -> None:
    """The shares are those of the table, the distance is scipy's, and finished cells are not trained anew."""
    command, folder = run
    rows = ["path,speaker,joy,fear,anger"]
    for number, clip in enumerate(sorted((small_corpora / "EMOVO").rglob("*.wav"))):
        votes = ((3, 1, 0), (1, 4, 1), (0, 1, 3), (2, 2, 0))[number % 4]
        rows.append(f"{clip.relative_to(small_corpora)},{clip.parent.name},{','.join(map(str, votes))}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    table = (
        *("dataset=manifest", f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}", "sweep=soft"),
        *("+dataset.corpora.manifest.votes=[joy,fear,anger]", f"dataset.corpora.manifest.root={small_corpora}"),
    )
    call = command("-m", *table, "task.labels=majority,soft", "loss=focal")
    assert call.returncode == 0, call.stderr
    assert "left out, no majority of the votes (a tie, or no vote): 21 clips" in call.stdout + call.stderr
    cells = sorted((folder / "multirun_sweeps/soft").glob("*task.labels*"))
    assert len(cells) == 2
    for cell in cells:
        found = pd.DataFrame(json.loads((cell / records.RESULT).read_text())["scores"]).query("group == 'all'")
        found = found.set_index("metric")["value"]
        clips = pd.read_parquet(cell / "predictions_manifest.parquet")
        targets = clips[["target_anger", "target_fear", "target_joy"]].to_numpy()
        assert {tuple(row) for row in targets.round(3)} <= {(0, 0.25, 0.75), (0.167, 0.667, 0.167), (0.75, 0.25, 0)}
        logits = clips[["logit_anger", "logit_fear", "logit_joy"]].to_numpy(float)
        distance = jensenshannon(softmax(logits, axis=1), targets, base=2, axis=1).mean()
        assert found["js_distance"] == pytest.approx(distance, rel=1e-5)
        assert found["human_clips"] == len(clips)
        assert 0 < found["human_accuracy_low"] <= found["human_accuracy"] < 1


def test_parts_of_long_recordings_of_unknown_speakers_train(run: tuple[Run, Path], tmp_path: Path) -> None:
    """Twelve recordings of four parts each, in a table as nkululeko and audformat write it; one part has awe."""
    command, folder = run
    rng = np.random.default_rng(0)
    rows = ["file,start,end,emotion,language,room"]
    for recording in range(12):
        soundfile.write(tmp_path / f"{recording}.wav", 0.1 * rng.standard_normal(4 * 16000), 16000)
        for start, emotion in enumerate(("joy", "fear", "joy", "fear")):
            end = f"0 days 00:00:0{start + 1}" if start < 3 else ""
            emotion = "awe" if (recording, start) == (11, 3) else emotion
            rows.append(f"{recording}.wav,0 days 00:00:0{start},{end},{emotion},{'it' if recording else 'de'},{start}")
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    table = ["dataset=manifest", f"dataset.corpora.manifest.table={tmp_path / 'clips.csv'}", "sweep=parts"]
    ended = command(*table, 'dataset.keep=language == "it"')
    assert ended.returncode == 0, ended.stderr
    assert "the speakers of 44 clips are unknown" in ended.stdout + ended.stderr
    cell = folder / "multirun_sweeps/parts/model=wav2vec2,pretune=none,dataset=manifest,seed=0"
    predictions = pd.read_parquet(cell / "predictions_manifest.parquet")
    assert predictions["duration_s"].tolist() == [1.0] * len(predictions)
    assert predictions.groupby("path").size().eq(4).all()  # no recording is in two parts of the split
    assert set(predictions["start_s"]) == {0.0, 1.0, 2.0, 3.0}
    assert predictions["room"].tolist() == predictions["start_s"].astype(int).astype(str).tolist()
    result = records.ResultRecord.read(cell)
    assert result is not None
    assert result.split == {"train": 28, "validation": 8, "test": 8}
    unknown, *lacking = result.cautions
    assert "the speakers of 44 of 44 clips are unknown" in unknown
    assert len(result.lacking["manifest"]) == 2  # of three parts
    assert lacking == [f"corpus 'manifest': no clip of awe in the {part} part" for part in result.lacking["manifest"]]
    assert set(map(tuple, result.lacking["manifest"].values())) == {("awe",)}
    refused = command(*table, "split=leave_one_speaker_out", "sweep=speakers")
    assert refused.returncode != 0
    assert "does not say who speaks in 48 of 48 clips" in refused.stdout + refused.stderr


def test_soft_labels_without_votes_are_refused_before_decoding(run: tuple[Run, Path], tmp_path: Path) -> None:
    command, folder = run
    call = command("sweep=novotes", "task.labels=soft", f"store_dir={tmp_path / 'store'}")
    assert call.returncode == 1
    assert "error: task.labels=soft: training corpus 'emovo' has no votes of several raters" in call.stderr
    assert not (tmp_path / "store").exists()
    assert not list((folder / "multirun_sweeps").glob("novotes/*"))


@pytest.mark.parametrize(
    ("override", "code", "message"),
    [
        ("training.learning_rate=1e9", 1, "training diverged at step "),
        ("training.weight_decay=1e30", 1, "training.weight_decay=1e+30"),
        ("training.validate_every_steps=1e8", 2, "training has 6 steps (2 epochs of 3)"),
        ("training.batch_size=1e9", 2, "training has 2 steps (2 epochs of 1)"),
    ],
)
def test_a_training_without_a_result_has_failed(run: tuple[Run, Path], override: str, code: int, message: str) -> None:
    command, _ = run
    call = command("sweep=none", "training.validate_every_steps=4", "tracker=none", override)
    assert call.returncode == code, call.stderr
    assert message in call.stderr + call.stdout
    assert "Traceback" not in call.stderr
