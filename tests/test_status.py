"""What is said of a sweep from its files alone, whatever has become of them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ser import records
from ser.errors import UserError
from ser.status import StatusSettings, main
from tests.cells import cell_record, result_record


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """A sweep of three finished cells, with a row for each of their two validations, in a folder of sweeps."""
    folder = tmp_path / "sweeps" / "grid"
    factors = {f"seed={seed}": {"model": "hubert", "seed": seed} for seed in range(3)}
    for name, levels in factors.items():
        cell = cell_record(factors=levels, parameters={"training.validate_every_steps": 10})
        records.start(folder / name, cell)
        for step in (10, 20):
            records.append_curve(folder / name, step, {"validation/accuracy": 0.5})
        result_record(cell).write(folder / name)
    records.GridRecord(cells=factors).write(folder)
    (folder.parent / "README.md").write_text("# Sweeps")
    return folder


def status(sweep: Path) -> None:
    main(StatusSettings(sweep=sweep.name, sweeps_dir=sweep.parent))


def test_a_sweep_is_counted(sweep, capsys):
    status(sweep)
    assert capsys.readouterr().out.splitlines()[-1] == "3 finished"


def test_a_sweep_that_is_not_there_is_one_message_though_other_files_lie_beside(sweep):
    with pytest.raises(UserError, match=r"no sweep 'typo' in .*; there are: grid$"):
        status(sweep.with_name("typo"))
    with pytest.raises(UserError, match=r"no sweep 'README.md' in .*; there are: grid$"):
        status(sweep.with_name("README.md"))


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b'{"format": 1, "fac', b"[]", b"\xff\xfe"])
@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("seed=1/result.json", "2 finished, 1 damaged"),
        ("seed=1/cell.json", "3 finished"),
        ("seed=1/failure.json", "3 finished"),
        ("seed=1/tracked.json", "3 finished"),
        ("grid.json", "3 finished"),
    ],
)
def test_a_damaged_record_is_named_and_hides_no_other_cell(sweep, capsys, name, counted, content):
    (sweep / name).write_bytes(content)
    status(sweep)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == counted
    assert any(f"{sweep / name} is damaged: " in line for line in lines)


def test_a_cell_that_lost_all_its_records_is_still_there(sweep, capsys):
    for path in (sweep / "grid.json", *(sweep / "seed=1").glob("*.json")):
        path.write_bytes(b"")
    status(sweep)
    out = capsys.readouterr().out
    assert "seed=1: DAMAGED: " in out
    assert out.splitlines()[-1] == "2 finished, 1 damaged"


def test_a_lost_part_of_the_curves_is_noticed(sweep, capsys):
    curves = sweep / "seed=1" / records.CURVES
    curves.write_bytes(curves.read_bytes().splitlines(keepends=True)[0])
    status(sweep)
    assert f"{curves}: 1 of 2 validations are lost; the scores are whole" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/tmp/x", "a\\b", "Default", "artifacts", "x" * 201, "a\nb"])
def test_a_sweep_is_one_folder_of_its_own(tmp_path, name):
    with pytest.raises(ValidationError):
        StatusSettings(sweep=name, sweeps_dir=tmp_path)
