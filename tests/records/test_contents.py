"""A damaged file of a finished cell is named, and not read."""

from pathlib import Path

import pytest

from ser import records
from ser.errors import RecordError
from tests.cells import cell_record, result_record

NAMES = (records.CONFIG, records.WEIGHTS, "predictions_emovo.parquet")


@pytest.fixture
def cell(tmp_path: Path) -> tuple[Path, records.ResultRecord]:
    """Give a finished cell with all of its files, as records of them are kept."""
    for name in NAMES:
        records.write(tmp_path / name, f"content of {name}")
    result_record(cell_record(), files=records.digests(tmp_path)).write(tmp_path)
    result = records.ResultRecord.read(tmp_path)
    assert result is not None
    return tmp_path, result


def test_whole_files_are_read(cell: tuple[Path, records.ResultRecord]) -> None:
    folder, result = cell
    assert set(result.files) == set(NAMES)
    records.check(folder, result, *NAMES)
    assert records.predictions(folder, result) == [folder / NAMES[2]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", ["flip", "cut", "lose"])
def test_damage_is_named(cell: tuple[Path, records.ResultRecord], name: str, change: str) -> None:
    folder, result = cell
    content = (folder / name).read_bytes()
    if change == "lose":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content[:3] if change == "cut" else bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(RecordError, match=rf"^{folder / name} is damaged: .*; remove the folder of the cell"):
        records.check(folder, result, *NAMES)
    expected = [] if name == records.WEIGHTS and change != "lose" else [str(folder / name)]
    assert [line.partition(" is damaged")[0] for line in records.damaged_files(folder, result)] == expected
    assert records.predictions(folder, result) == [folder / NAMES[2]]


def test_files_of_cells_of_earlier_versions_are_read(cell: tuple[Path, records.ResultRecord]) -> None:
    folder, result = cell
    earlier = result.model_copy(update={"files": {}})
    records.write(folder / records.CONFIG, "other")
    records.check(folder, earlier, *NAMES)


def test_a_row_of_curves_with_another_number_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [records.append_curve(tmp_path, step, {"validation/accuracy": 0.5}) for step in (10, 20)]
    text = (tmp_path / records.CURVES).read_text()
    (tmp_path / records.CURVES).write_text(text.replace("0.5", "0.7", 1))
    assert records.read_curves(tmp_path) == rows[1:]
    assert "curves.jsonl is damaged: 1 of 2 rows are lost, line 1 first" in caplog.text


def test_rows_of_curves_of_earlier_versions_have_no_checksum(tmp_path: Path) -> None:
    (tmp_path / records.CURVES).write_text('{"step": 10, "time": 1.5, "metrics": {"train/loss": 2.0}}\n')
    assert records.read_curves(tmp_path) == [{"step": 10, "time": 1.5, "metrics": {"train/loss": 2.0}}]


def test_a_file_shows_up_when_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(records.files, "sync", lambda path: synced.append(path.name))
    with records.whole(tmp_path / "a.txt") as file:
        file.write_text("x")
        assert not (tmp_path / "a.txt").exists()
    assert synced == [file.name, tmp_path.name]
    with pytest.raises(ZeroDivisionError), records.whole(tmp_path / "a.txt") as file:
        file.write_text(f"half {1 / 0}")
    assert (tmp_path / "a.txt").read_text() == "x"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
