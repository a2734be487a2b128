"""Against a real MLflow on a real SQLite: what is sent comes back, once, and a tracker that is down costs nothing."""

import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from pydantic import ValidationError

from ser import records
from ser.errors import ScoresError
from ser.settings import TrackerSettings
from ser.tracking import CellTracking, Tracker, log_report, read_sweep, send_missing
from tests.cells import cell_record, result_record

SWEEP = "grid"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    Tracker(f"sqlite:///{folder}/mlflow.db", SWEEP, folder).prepare()
    return folder / "mlflow.db"


@pytest.fixture
def tracker(tmp_path: Path, empty_database: Path) -> Tracker:
    """Give a tracker over a copy of an empty database: its migrations take seconds."""
    (tmp_path / "mlflow.db").write_bytes(empty_database.read_bytes())
    return Tracker(f"sqlite:///{tmp_path}/mlflow.db", SWEEP, tmp_path)


def make_cell(folder: Path, seed: int, **extra: Any) -> records.CellRecord:
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").write_text("a: 1\n")
    factors = {"model": "hubert", "pretune": "it", "dataset": "emodb", "seed": seed} | extra
    parameters = {f"key{i}": i for i in range(150)}
    part = records.CorpusRecord(clips=7, left_out={}, licence=None, citation=None, url=None, notes=["7 clips"])
    cell = cell_record(factors=factors, tests=["emodb", "emovo"], parameters=parameters, corpora={"emovo": part})
    records.start(folder, cell)
    return cell


def finish_cell(folder: Path, cell: records.CellRecord) -> None:
    rows = [
        {"dataset": test, "group": group, "metric": metric, "value": value}
        for test in cell.tests
        for group in ("all", "female")
        for metric, value in (("accuracy", 0.5 + cell.factors["seed"] / 10), ("recall_joy", 0.25))
    ]
    matrix = {"emotions": ["anger", "joy"], "counts": [[3, 1], [0, 4]]}
    training = {"steps": 20, "device": "cpu", "precision": "32-true"}
    matrices = dict.fromkeys(cell.tests, matrix)
    result_record(cell, scores=rows, confusion=matrices, training=training, ended=1e9 + 60).write(folder)


def run_cell(tracker: Tracker | None, folder: Path, seed: int, **extra: Any) -> None:
    cell = make_cell(folder, seed, **extra)
    with CellTracking(tracker, folder) as tracking:
        tracking.curves(10, {"train/loss": 2.0, "validation/accuracy": 0.4})
        tracking.curves(20, {"train/loss": 1.0, "validation/accuracy": 0.6})
        finish_cell(folder, cell)


def children(tracker: Tracker) -> list[Any]:
    client = MlflowClient(tracker.uri)
    experiment = client.get_experiment_by_name(SWEEP).experiment_id
    return list(client.search_runs([experiment], "tags.`ser.kind` = 'cell'"))


def test_scores_come_back_as_they_were_sent(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    run_cell(tracker, tmp_path / "two", 2)
    scores = read_sweep(tracker.uri, SWEEP).scores
    assert len(scores) == 2 * 2 * 2 * 2
    row = scores.query("dataset == 'emovo' and seed == 2 and group == 'all' and metric == 'accuracy'")
    assert row["value"].item() == pytest.approx(0.7)
    assert row["trained_on"].item() == "emodb"
    assert set(scores["group"]) == {"all", "female"}


def test_other_swept_keys_are_columns(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1, **{"training.learning_rate": "0.001"})
    assert set(read_sweep(tracker.uri, SWEEP).scores["training.learning_rate"]) == {"0.001"}
    run_cell(tracker, tmp_path / "two", 2)
    assert set(read_sweep(tracker.uri, SWEEP).scores["training.learning_rate"]) == {"0.001", "default"}


def test_a_level_that_is_null_is_not_taken_for_a_cell_that_was_not_swept(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1, **{"training.epochs": None})
    run_cell(tracker, tmp_path / "two", 2, **{"training.epochs": 5})
    run_cell(tracker, tmp_path / "three", 3)
    assert set(read_sweep(tracker.uri, SWEEP).scores["training.epochs"]) == {"null", 5, "default"}


def test_a_cell_is_a_child_with_factors_curves_and_files(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "confusion_emovo.png").write_bytes(b"png")
    run_cell(tracker, tmp_path / "one", 1)
    [run] = children(tracker)
    client = MlflowClient(tracker.uri)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "hubert it emodb 1"
    assert run.data.params["model"] == run.data.tags["model"] == "hubert"
    assert run.data.params["key149"] == "149"
    curve = client.get_metric_history(run.info.run_id, "validation/accuracy")
    assert [(point.step, point.value) for point in curve] == [(10, 0.4), (20, 0.6)]
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"confusion_emovo.png", "config.yaml"} <= files
    above = client.get_run(run.data.tags["mlflow.parentRunId"])
    assert above.data.tags["ser.kind"] == "sweep"


def test_confusions_come_back_in_long_form(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    counts = read_sweep(tracker.uri, SWEEP).confusions.query("dataset == 'emovo'")
    table = counts.pivot(index="emotion", columns="predicted", values="count")
    expected = pd.DataFrame([[3, 1], [0, 4]], index=["anger", "joy"], columns=["anger", "joy"])
    pd.testing.assert_frame_equal(table, expected, check_names=False)


def test_what_a_cell_was_trained_on_comes_back(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    [row] = read_sweep(tracker.uri, SWEEP).hardware.to_dict("records")
    assert row["device"] == "cpu"
    assert row["precision"] == "32-true"
    assert row["notes"] == "emovo: 7 clips"
    assert row["model"] == "hubert"
    assert row["seed"] == 1


def test_a_cell_sent_again_replaces_its_run(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    tracker.publish(tmp_path / "one")
    [run] = children(tracker)
    assert len(MlflowClient(tracker.uri).get_metric_history(run.info.run_id, "validation/accuracy")) == 2


def test_what_a_tracker_lacks_is_sent_once_and_what_it_has_is_not(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    run_cell(None, tmp_path / "two", 2)
    [before] = children(tracker)
    for _ in range(2):
        send_missing(Tracker(tracker.uri, SWEEP, tmp_path), [tmp_path / "one", tmp_path / "two"])
        assert len(children(tracker)) == 2
    assert before.info.run_id in {run.info.run_id for run in children(tracker)}


def test_a_tracker_that_lost_everything_is_filled_again(
    tracker: Tracker, tmp_path: Path, empty_database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    lost = tmp_path / "lost.db"
    lost.write_bytes(empty_database.read_bytes())
    send_missing(Tracker(f"sqlite:///{lost}", SWEEP, tmp_path), [tmp_path / "one"])
    assert len(read_sweep(f"sqlite:///{lost}", SWEEP).scores) == 8
    assert caplog.text == ""


def test_a_sweep_that_was_deleted_is_restored(
    tracker: Tracker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    client = MlflowClient(tracker.uri)
    client.delete_experiment(client.get_experiment_by_name(SWEEP).experiment_id)
    with caplog.at_level(logging.WARNING):
        send_missing(Tracker(tracker.uri, SWEEP, tmp_path), [tmp_path / "one"])
    assert "experiment 'grid' was deleted, and is restored" in caplog.text
    assert "the next call" not in caplog.text
    assert len(read_sweep(tracker.uri, SWEEP).scores) == 8


def test_a_failed_cell_says_why(tracker: Tracker, tmp_path: Path) -> None:
    make_cell(tmp_path / "one", 1)
    with CellTracking(tracker, tmp_path / "one"):
        records.keep_failure(tmp_path / "one", RuntimeError("out of memory"))
    run_cell(tracker, tmp_path / "two", 2)
    failures = read_sweep(tracker.uri, SWEEP).failures
    assert failures["error"].tolist() == ["RuntimeError: out of memory"]
    assert failures["trained_on"].tolist() == ["emodb"]


def test_a_cell_that_failed_while_the_tracker_was_down_has_failed_there_too(tracker: Tracker, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    cell = make_cell(folder, 0)
    tracker.start(folder, cell)  # what a tracker has that goes down now
    records.keep_failure(folder, ValueError("too loud"))
    for _ in range(2):
        send_missing(Tracker(tracker.uri, SWEEP, tmp_path), [folder])
        (run,) = children(tracker)
        assert (run.info.status, run.data.tags["ser.error"]) == ("FAILED", "ValueError: too loud")
    before = run.info.run_id
    send_missing(Tracker(tracker.uri, SWEEP, tmp_path), [folder])
    assert [run.info.run_id for run in children(tracker)] == [before]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE latest_metrics SET value = 0.75 WHERE key = 'emovo/accuracy'",
        "UPDATE tags SET value = replace(value, 'it', 'ip') WHERE key = 'ser.factors'",
        "UPDATE tags SET value = replace(value, '3', '7') WHERE key = 'ser.confusion.emovo'",
    ],
)
def test_scores_that_a_database_has_otherwise_are_not_read(tracker: Tracker, tmp_path: Path, change: str) -> None:
    run_cell(tracker, tmp_path / "one", 0)
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database, database:
        assert database.execute(change).rowcount == 1
    with pytest.raises(ScoresError, match=r"mlflow.db is damaged: the scores of one do not match"):
        read_sweep(tracker.uri, SWEEP)


def test_a_tracker_that_is_down_costs_a_warning_and_is_served_later(
    tracker: Tracker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    down = Tracker("http://127.0.0.1:9", SWEEP, tmp_path)  # the discard port: nobody answers
    with caplog.at_level(logging.WARNING):
        run_cell(down, tmp_path / "one", 1)
    assert "the next call sends what is missing" in caplog.text
    assert records.state(tmp_path / "one") == "finished"
    tracker.publish(tmp_path / "one")
    assert len(read_sweep(tracker.uri, SWEEP).scores) == 8


def test_what_a_process_that_was_killed_left_half_made_is_made_anew(tmp_path: Path) -> None:
    """MLflow makes its tables one by one, and refuses a database that has some of them."""
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db.part")) as half_made:
        half_made.execute("CREATE TABLE review_queues (queue_id VARCHAR(36))")
    experiment, _ = Tracker(f"sqlite:///{tmp_path}/mlflow.db", SWEEP, tmp_path).prepare()
    assert MlflowClient(f"sqlite:///{tmp_path}/mlflow.db").get_experiment(experiment).name == SWEEP
    assert not (tmp_path / "mlflow.db.part").exists()


def test_no_tracker_is_no_tracker(tmp_path: Path) -> None:
    run_cell(None, tmp_path / "one", 1)
    assert len(records.read_curves(tmp_path / "one")) == 2


def test_reading_makes_nothing(tracker: Tracker, tmp_path: Path) -> None:
    with pytest.raises(ScoresError, match=r"no sweep 'typo'.*there are: grid"):
        read_sweep(tracker.uri, "typo")
    with pytest.raises(ScoresError, match="there is no database"):
        read_sweep(f"sqlite:///{tmp_path}/nowhere.db", SWEEP)
    assert not (tmp_path / "nowhere.db").exists()
    with pytest.raises(ScoresError, match="no finished cell"):
        read_sweep(tracker.uri, SWEEP)


def test_a_report_goes_to_the_parent_run(tracker: Tracker, tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / "report.md").write_text("# Report\n")
    log_report(tracker.uri, SWEEP, tmp_path, report)
    _, parent = tracker.prepare()
    assert [file.path for file in MlflowClient(tracker.uri).list_artifacts(parent, "report")] == ["report/report.md"]


def test_cells_that_were_planned_and_never_begun_are_failures(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    factors = {"model": "hubert", "pretune": "it", "dataset": "emodb"}
    failures = read_sweep(tracker.uri, SWEEP, {"one": factors | {"seed": 1}, "two": factors | {"seed": 2}}).failures
    assert failures["seed"].tolist() == [2]
    assert failures["trained_on"].tolist() == ["emodb"]
    assert failures["error"].tolist() == ["planned, but not in the tracker: not begun, or not sent"]


def artifacts(tracker: Tracker) -> set[Path]:
    """Return the folders that the artifacts of the cells' runs lie in."""
    return {Path(unquote(urlsplit(run.info.artifact_uri).path)) for run in children(tracker)}


@pytest.mark.parametrize("take", [shutil.move, shutil.copytree])
def test_a_folder_of_sweeps_elsewhere_has_its_artifacts_there(
    take: Callable[..., object], tmp_path: Path, empty_database: Path
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    before.mkdir()
    (before / "mlflow.db").write_bytes(empty_database.read_bytes())
    run_cell(Tracker(f"sqlite:///{before}/mlflow.db", SWEEP, before), before / SWEEP / "one", 1)
    take(before, now)
    there = sorted(before.rglob("*"))
    tracker = Tracker(f"sqlite:///{now}/mlflow.db", SWEEP, now)
    run_cell(tracker, now / SWEEP / "two", 2)
    (now / "report").mkdir()
    (now / "report" / "report.md").write_text("# Report")
    log_report(tracker.uri, SWEEP, now, now / "report")
    assert all(folder.is_dir() and folder.is_relative_to(now) for folder in artifacts(tracker))
    assert sorted(before.rglob("*")) == there
    assert len(read_sweep(tracker.uri, SWEEP).failures) == 0


def test_a_database_that_others_share_keeps_its_artifacts(tracker: Tracker, tmp_path: Path) -> None:
    run_cell(tracker, tmp_path / "one", 1)
    (tmp_path / "other").mkdir()
    Tracker(tracker.uri, SWEEP, tmp_path / "other").prepare()
    assert all(folder.is_relative_to(tmp_path / "artifacts") for folder in artifacts(tracker))


def test_a_cell_whose_files_cannot_be_sent_has_ended_and_is_sent_again(
    tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MlflowClient, "log_artifact", lambda *_: (_ for _ in ()).throw(PermissionError("no rights")))
    run_cell(tracker, tmp_path / "one", 1)
    assert len(read_sweep(tracker.uri, SWEEP).failures) == 0
    assert records.TrackedRecord.read(tmp_path / "one") is None
    monkeypatch.undo()
    send_missing(tracker, [tmp_path / "one"])
    assert records.TrackedRecord.read(tmp_path / "one") is not None


@pytest.mark.parametrize("name", ["é ü", "a#b", "100%", "a&b=c;d"])
def test_a_path_may_have_accents_blanks_and_signs(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    tracker = Tracker(f"sqlite:///{folder}/mlflow.db", SWEEP, folder)
    run_cell(tracker, folder / SWEEP / "one", 1)
    assert len(read_sweep(tracker.uri, SWEEP).scores) == 8
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert all(place.is_dir() for place in artifacts(tracker))


@pytest.mark.parametrize("name", ["a?b", "a%20b", "mlflow?.db"])
def test_a_path_that_sqlite_reads_otherwise_is_refused_before_anything_is_made(name: str) -> None:
    with pytest.raises(ValidationError, match="choose another sweeps_dir"):
        TrackerSettings(name="mlflow", uri=f"sqlite:///{name}/mlflow.db")
    assert TrackerSettings(name="mlflow", uri="sqlite:///100%/mlflow.db?timeout=5").uri


def test_no_hard_link_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", None)
    Tracker(f"sqlite:///{tmp_path}/mlflow.db", SWEEP, tmp_path).prepare()
    assert (tmp_path / "mlflow.db").is_file()


def test_an_outage_is_one_line_for_a_cell(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run_cell(Tracker("http://127.0.0.1:9", SWEEP, tmp_path), tmp_path / "one", 1)
    assert caplog.text.count("\n") == 1


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_database_that_is_none_is_one_message(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mlflow.db").write_bytes(content)
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    with pytest.raises(ScoresError, match=r"mlflow.db cannot be read: .*set it aside"):
        read_sweep(uri, SWEEP)
    run_cell(Tracker(uri, SWEEP, tmp_path), tmp_path / "one", 1)
    assert caplog.text.count("\n") == 1
    assert (tmp_path / "mlflow.db").read_bytes() == content


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "http://", "postgresql://nobody@127.0.0.1:9/x"])
def test_a_tracker_that_cannot_be_read_is_one_message(uri: str) -> None:
    with pytest.raises(ScoresError, match=r"cannot be read: .*tracker\.uri=") as caught:
        read_sweep(uri, SWEEP)
    assert "\n" not in str(caught.value)
