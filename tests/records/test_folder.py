"""A record is there whole or not at all, and says how a cell stands."""

import errno
import logging
import os
import stat
from pathlib import Path

import pytest

from ser import records
from ser.errors import CorpusError, UserError
from ser.records import files
from tests.cells import cell_record, result_record


def test_state_follows_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "cell"
    assert records.state(folder) == "missing"
    records.start(folder, cell_record("a"))
    assert records.state(folder) == "interrupted"
    assert not (folder / records.LOCK).exists()  # whoever looks may not be allowed to write
    with records.held(folder) as mine:
        assert mine
        assert records.state(folder) == "running"
    assert records.state(folder) == "interrupted"
    with pytest.raises(ZeroDivisionError), records.failures_kept(folder):
        _ = 1 / 0
    assert records.state(folder) == "failed"
    result_record(cell_record("a")).write(folder)
    assert records.state(folder) == "finished"
    assert (records.state(folder, "a"), records.state(folder, "b")) == ("finished", "changed")


def test_a_new_start_forgets_the_old_try(tmp_path: Path) -> None:
    records.start(tmp_path, cell_record("a"))
    records.append_curve(tmp_path, 10, {"validation/accuracy": 0.5})
    records.keep_failure(tmp_path, ValueError("x"))
    records.start(tmp_path, cell_record("b"))
    assert records.state(tmp_path) == "interrupted"
    assert records.read_curves(tmp_path) == []


def test_the_same_cell_goes_on_and_a_changed_one_begins_anew(tmp_path: Path) -> None:
    records.start(tmp_path, cell_record("a"))
    row = records.append_curve(tmp_path, 10, {"validation/accuracy": 0.5})
    with (tmp_path / records.CURVES).open("a") as file:
        file.write('{"step": 20, "tim')  # killed here
    save_checkpoint(tmp_path)
    (tmp_path / records.HALF_CHECKPOINT).touch()  # or here
    records.start(tmp_path, cell_record("a"))
    assert (tmp_path / records.CHECKPOINT).exists()
    assert not (tmp_path / records.HALF_CHECKPOINT).exists()
    records.append_curve(tmp_path, 20, {"validation/accuracy": 0.75})
    assert [found["step"] for found in records.read_curves(tmp_path)] == [10, 20]
    assert records.read_curves(tmp_path)[0] == row
    records.start(tmp_path, cell_record("b"))
    assert not (tmp_path / records.CHECKPOINT).exists()
    assert records.read_curves(tmp_path) == []


def test_a_failure_names_the_kind_of_a_bug_and_not_of_a_mistake(tmp_path: Path) -> None:
    records.keep_failure(tmp_path, KeyError("x"))
    assert records.FailureRecord.read(tmp_path).error == "KeyError: 'x'"
    records.keep_failure(tmp_path, CorpusError("no such folder"))
    assert records.FailureRecord.read(tmp_path).error == "no such folder"


def save_checkpoint(folder: Path, content: bytes = b"weights") -> None:
    (folder / records.HALF_CHECKPOINT).write_bytes(content)
    records.keep_checkpoint(folder / records.CHECKPOINT)


@pytest.mark.parametrize("damaged", [b"", b"weight", b"weighus", b"weights\0"])
def test_a_damaged_checkpoint_is_set_aside_and_its_cell_starts_anew(
    tmp_path: Path, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    records.start(tmp_path, cell_record("a"))
    records.append_curve(tmp_path, 10, {"validation/accuracy": 0.5})
    save_checkpoint(tmp_path)
    (tmp_path / records.CHECKPOINT).write_bytes(damaged)
    records.start(tmp_path, cell_record("a"))
    assert f"{tmp_path / records.CHECKPOINT} is damaged" in caplog.text
    assert not (tmp_path / records.CHECKPOINT).exists()
    assert (tmp_path / f"{records.CHECKPOINT}.damaged").read_bytes() == damaged
    assert records.read_curves(tmp_path) == []


def test_files_that_no_record_knows_are_kept(tmp_path, caplog):
    """As in a folder of the user that a link puts where the cell belongs."""
    names = [records.CURVES, records.CHECKPOINT, records.WEIGHTS, "predictions_emovo.parquet"]
    for name in (*names, f"{records.CURVES}.damaged"):
        (tmp_path / name).write_text(f"my {name}")
    records.start(tmp_path, cell_record())
    assert not [name for name in names if (tmp_path / name).exists()]
    kept = {path.name: path.read_text() for path in tmp_path.glob("*.damaged*")}
    assert kept == {
        f"{records.CURVES}.damaged": f"my {records.CURVES}.damaged",
        f"{records.CURVES}.damaged-2": f"my {records.CURVES}",
        **{f"{name}.damaged": f"my {name}" for name in names[1:]},
    }
    assert f"{tmp_path / names[0]}: no record says whose it is; it is kept as curves.jsonl.damaged-2" in caplog.text


def test_a_process_killed_between_two_checkpoints_resumes_from_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.start(tmp_path, cell_record("a"))
    save_checkpoint(tmp_path, b"first")
    monkeypatch.setattr(Path, "replace", lambda path, to: os.replace(path, to) if to.name != "last.ckpt" else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_checkpoint(tmp_path, b"second")
    monkeypatch.undo()
    records.start(tmp_path, cell_record("a"))
    assert (tmp_path / records.CHECKPOINT).read_bytes() == b"first"


def test_rows_of_curves_that_cannot_be_read_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [records.append_curve(tmp_path, step, {"validation/accuracy": 0.5}) for step in (10, 20, 30)]
    lines = (tmp_path / records.CURVES).read_bytes().splitlines(keepends=True)
    (tmp_path / records.CURVES).write_bytes(lines[0] + bytes(len(lines[1]) - 1) + b"\n" + lines[2])
    assert records.read_curves(tmp_path) == [rows[0], rows[2]]
    assert "curves.jsonl is damaged: 1 of 3 rows are lost, line 2 first" in caplog.text


def test_an_interrupted_write_leaves_the_old_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records.TrackedRecord(run_id="a").write(tmp_path)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        records.TrackedRecord(run_id="b").write(tmp_path)
    monkeypatch.undo()
    assert records.TrackedRecord.read(tmp_path).run_id == "a"
    assert [path.name for path in tmp_path.iterdir()] == [records.TRACKED]


def test_records_are_as_readable_as_other_files(tmp_path: Path) -> None:
    records.write(tmp_path / "a", "")
    (tmp_path / "b").touch()
    modes = {stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("a", "b")}
    assert len(modes) == 1


def test_curves_are_read_as_they_were_written(tmp_path: Path) -> None:
    first = records.append_curve(tmp_path, 10, {"validation/accuracy": 0.5})
    second = records.append_curve(tmp_path, 20, {"validation/accuracy": 0.75})
    assert records.read_curves(tmp_path) == [first, second]


def test_a_cell_of_another_process_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with records.held(tmp_path) as mine, records.held(tmp_path) as too:
        assert (mine, too) == (True, False)


def test_the_settings_lie_beside_the_scores(tmp_path: Path) -> None:
    records.start(tmp_path, cell_record(), {"training": {"epochs": 2, "name": None}})
    assert (tmp_path / records.CONFIG).read_text() == "training:\n  epochs: 2\n  name: null\n"


def test_a_log_is_written_while_the_cell_is_held(tmp_path: Path) -> None:
    with records.logged(tmp_path):
        logging.getLogger("ser").warning("in it")
    logging.getLogger("ser").warning("after it")
    assert (tmp_path / records.LOG).read_text().endswith(" WARNING ser: in it\n")


@pytest.mark.parametrize("folder", ["/dev/null/x", "/proc/x"])
def test_a_place_that_cannot_be_written_is_a_message(folder: str) -> None:
    with pytest.raises(UserError, match=rf"^{folder}: .*sweeps_dir="), records.writing_to(Path(folder)):
        Path(folder).mkdir(parents=True)


def test_a_full_disk_is_a_message_and_a_bug_is_not(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No space left on device; free some space"), records.writing_to(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(FileNotFoundError), records.writing_to(tmp_path):
        Path("elsewhere").read_text()


def test_a_failure_that_cannot_be_written_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(ZeroDivisionError), records.failures_kept(tmp_path):
        _ = 1 / 0
