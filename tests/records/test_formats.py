"""What is written is read, what is damaged is named, and what was written before format 1 is still read."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

from ser import records
from ser.errors import RecordError
from ser.models.pretraining_clips import read_pretraining, speaker_key
from tests.cells import cell_record, result_record

WITHOUT_FORMAT = Path(__file__).with_name("without_format")
"""The files of a cell and a sweep as commit f849e5b wrote them, and of a checkpoint."""

EVERY = [
    cell_record(parameters={"loss.weight": float("inf"), "split": ["a", None]}),
    result_record(cell_record(), leakage={"emovo": records.Overlap(clips=1, speakers=2)}, checkpoint="x"),
    records.FailureRecord(error="no space", log="train.log", ended=1.5),
    records.TrackedRecord(run_id="1"),
    records.GridRecord(cells={"seed=0": {"seed": 0}}),
    records.PretrainingRecord(speakers=["a"], fingerprints=[(1.5, "00ff", "a0")]),
    records.ProvenanceRecord(signature="a", factors={}, parameters={}, scores=[]),
]


@pytest.mark.parametrize("record", EVERY, ids=lambda record: record.FILE)
def test_what_is_written_is_read(tmp_path: Path, record: records.Record) -> None:
    assert type(record).read(tmp_path) is None
    record.write(tmp_path)
    assert type(record).read(tmp_path) == record
    assert json.loads((tmp_path / record.FILE).read_text())["format"] == 1


def test_a_score_that_is_no_number_stays_one(tmp_path: Path) -> None:
    score = records.Score(dataset="emovo", group="all", metric="ccc", value=float("nan"))
    result_record(cell_record(), scores=[score]).write(tmp_path)
    assert str(records.ResultRecord.read(tmp_path).scores[0].value) == "nan"


def test_the_record_of_a_training_keeps_what_is_added_to_it(tmp_path: Path) -> None:
    result_record(cell_record(), training={"steps": 3, "deterministic": True}).write(tmp_path)
    assert records.ResultRecord.read(tmp_path).training.model_extra == {"deterministic": True}


def read_again(record: records.Record, folder: Path) -> records.Record | None:
    """Return what is read, or None where the file is named."""
    try:
        return type(record).read(folder)
    except RecordError as error:
        told = str(error).startswith(f"{folder / record.FILE} is damaged: ") and record.REMEDY in str(error)
        return None if told and error.damaged else error


@pytest.mark.parametrize("record", EVERY, ids=lambda record: record.FILE)
def test_every_flipped_bit_and_cut_is_named(tmp_path: Path, record: records.Record) -> None:
    """Nothing but blanks between keys may change without a word, and they mean nothing."""
    record.write(tmp_path)
    path = tmp_path / record.FILE
    whole = path.read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 150)):
        flipped = bytes([whole[position] ^ 1])
        for content in (whole[:position], whole[:position] + flipped + whole[position + 1 :]):
            path.write_bytes(content)
            assert read_again(record, tmp_path) in (None, record)


@pytest.mark.parametrize("content", ["", "[]", "3", "{}", "\0" * 40, "[" * 100_000, '{"format": "x"}'])
def test_what_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / records.RESULT).write_text(content)
    with pytest.raises(RecordError, match=r"result\.json is damaged: .*call ser.train again"):
        records.ResultRecord.read(tmp_path)


def test_a_record_of_a_later_version_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / records.RESULT).write_text('{"format": 2}')
    with pytest.raises(RecordError, match=r"result\.json: format 2, where this version reads 1; update ser") as caught:
        records.ResultRecord.read(tmp_path)
    assert not caught.value.damaged


def test_files_of_before_format_1_are_read() -> None:
    cell = records.CellRecord.read(WITHOUT_FORMAT)
    result = records.ResultRecord.read(WITHOUT_FORMAT)
    assert cell.factors == result.factors == {"model": "wav2vec2", "pretune": "none", "dataset": "emodb", "seed": 0}
    assert cell.signature == result.signature == "1223b295932ecf784022e5465c4ed21f"
    assert cell.corpora["emodb"].left_out == {"boredom": 81}
    accuracy = [row for row in result.scores if row.metric == "accuracy" and row.group == "all"]
    assert [(row.dataset, round(row.value, 3)) for row in accuracy] == [("emodb", 0.168), ("emovo", 0.141)]
    assert result.training.model_dump()["best_step"] == 5
    assert result.leakage is None
    assert result.confusion["emodb"].emotions[0] == "anger"
    assert records.FailureRecord.read(WITHOUT_FORMAT).error.startswith("checkpoint ./checkpoints/it: no such folder")
    assert records.TrackedRecord.read(WITHOUT_FORMAT).run_id
    assert [factors["pretune"] for factors in records.GridRecord.read(WITHOUT_FORMAT).cells.values()] == ["none", "it"]
    assert len(records.read_curves(WITHOUT_FORMAT)) == 3
    assert records.state(WITHOUT_FORMAT) == "finished"


def test_a_checkpoint_of_before_format_1_says_what_it_was_made_from() -> None:
    heard = read_pretraining(str(WITHOUT_FORMAT))
    assert heard.fingerprints == ()  # of that version cannot be compared
    assert heard.speakers == {speaker_key("emovo", "f1")}


def test_a_folder_whose_records_are_damaged_is_damaged_and_its_files_are_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shutil.copytree(WITHOUT_FORMAT, tmp_path / "cell")
    (folder / records.CELL).write_text("")
    assert records.state(folder) == "finished"  # its result says all
    assert records.description(folder).factors["seed"] == 0
    (folder / records.RESULT).write_text("")
    assert records.state(folder) == "damaged"
    assert [error.path.name for error in records.damage(folder)] == [records.RESULT, records.CELL]
    records.start(folder, cell_record())
    assert records.state(folder) == "interrupted"
    assert {"result.json.damaged", "cell.json.damaged"} <= {path.name for path in folder.iterdir()}
    assert "it is kept as result.json.damaged" in caplog.text


def test_an_error_of_another_process_comes_back_whole(tmp_path: Path) -> None:
    error = RecordError(tmp_path / "result.json", "no JSON", "call again", damaged=False)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.path, again.damaged) == (str(error), error.path, False)
