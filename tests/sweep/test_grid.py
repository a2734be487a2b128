"""What a grid does with cells in every state, and with launchers that break; the trainings are told, not done."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ser import records
from ser.command import check
from ser.errors import ConfigError
from ser.records import files
from ser.settings import TrainSettings
from ser.sweep import grid
from ser.sweep.grid import STOP, listed, run_grid, settle
from ser.sweep.planned import GridCell, needed
from tests.cells import result_record


@pytest.fixture
def cell(compose, small_corpora, tiny_checkpoint, tmp_path):
    """Give a function that makes a cell of a grid."""

    def make(*overrides: str) -> GridCell:
        folders = f"sweeps_dir={tmp_path / 'sweeps'}", f"store_dir={tmp_path / 'store'}", f"corpora_dir={small_corpora}"
        checkpoint = f"model.checkpoints.none={tiny_checkpoint()}"
        return GridCell([], check(compose(*folders, checkpoint, "tracker=none", *overrides), TrainSettings))

    return make


@pytest.fixture(autouse=True)
def unprepared(monkeypatch):
    """No corpus is decoded: nothing is trained on."""
    monkeypatch.setattr(grid, "open_sources", lambda settings: {})


def begin(cell: GridCell) -> None:
    records.start(cell.folder, cell.description)


def finish(cell: GridCell) -> None:
    begin(cell)
    result_record(cell.description).write(cell.folder)


def launching(work, error=None):
    """Make a launcher that does `work` with every cell, and accounts for each with an error or none."""

    def launch(cells):
        for cell in cells:
            work(cell)
        return [error for _ in cells]

    return launch


def nothing(_) -> None:
    pass


def test_a_failed_cell_may_be_mended_and_is_tried_again(cell, capsys):
    begin(cell("training.epochs=3"))
    records.keep_failure(cell().folder, ValueError("of yesterday"))
    before = []
    run_grid([cell()], launching(lambda cell: (before.append(records.state(cell.folder)), finish(cell))))
    assert before == ["failed"]  # the job itself decides, with what it finds
    assert "1 finished, 0 failed" in capsys.readouterr().out


def test_a_failed_cell_with_a_checkpoint_is_not_changed_by_mistake(cell):
    begin(cell("training.epochs=3"))
    records.keep_failure(cell().folder, ValueError("disk full"))
    (cell().folder / records.CHECKPOINT).touch()
    with pytest.raises(ConfigError, match=r"is failed with another configuration:\n *training.epochs: was 3, is 50"):
        needed(cell())
    assert needed(cell("on_change=rerun"))
    assert needed(cell("training.epochs=3"))


@pytest.mark.parametrize("end", [begin, finish])
def test_a_cell_that_was_begun_otherwise_is_not_changed_by_mistake(cell, end):
    end(cell("training.epochs=3"))
    with pytest.raises(ConfigError, match=r"training\.epochs: was 3, is 50"):
        needed(cell())
    assert needed(cell("on_change=rerun"))
    assert needed(cell("training.epochs=3")) == (end is begin)


@pytest.mark.parametrize("on_change", ["stop", "rerun"])
def test_a_cell_that_runs_otherwise_is_not_taken_for_ones_own(cell, on_change):
    begin(cell("training.epochs=3"))
    with records.held(cell().folder):
        with pytest.raises(ConfigError, match=r"is running with another .*\n.*training.epochs: was 3, is 50\n.*wait"):
            needed(cell(f"on_change={on_change}"))
        assert needed(cell("training.epochs=3"))
        assert needed(cell("training.epochs=3"), mine=True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, ("0 finished, 1 changed, 0 failed", "finished with another configuration, and not run anew")),
        (RuntimeError("no node"), ("0 finished, 1 failed", "FAILED: RuntimeError: no node")),
    ],
)
def test_old_scores_are_not_those_of_a_cell_that_was_not_run_anew(cell, capsys, error, said):
    finish(cell("training.epochs=3"))
    with pytest.raises(SystemExit, match="1"):
        run_grid([cell("on_change=rerun")], launching(nothing, error))
    out = capsys.readouterr().out
    assert all(line in out for line in said)
    assert records.state(cell().folder) == "finished"


def test_cells_that_were_not_started_have_not_failed(cell, capsys):
    cells = [cell(f"seed.value={seed}") for seed in range(3)]
    with pytest.raises(SystemExit, match="1"):
        run_grid(cells, launching(lambda each: each is cells[0] and records.keep_failure(each.folder, ValueError("x"))))
    assert "0 finished, 1 failed, 2 missing" in capsys.readouterr().out


def test_a_full_disk_costs_no_more_than_the_cells_it_fails(cell, capsys, monkeypatch):
    write = files.write

    def full(path, text):
        if path.name == records.FAILURE:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    monkeypatch.setattr(files, "write", full)
    cells = [cell("seed.value=0"), cell("seed.value=1")]
    with pytest.raises(SystemExit, match="1"):
        run_grid(cells, launching(lambda each: each is cells[1] and finish(each), OSError(28, "No space left")))
    out = capsys.readouterr().out
    assert "seed=0: FAILED: OSError: [Errno 28] No space left" in out
    assert "1 finished, 1 failed" in out


def test_cells_that_a_broken_launcher_did_not_come_to_are_launched_again(cell, capsys):
    cells = [cell(f"seed.value={seed}") for seed in range(3)]
    records.keep_failure(cells[2].folder, ValueError("of yesterday"))
    launched = []

    def launch(some):
        launched.append([cell.settings.seed.value for cell in some])
        if cells[0] in some:
            begin(some[0])
            raise RuntimeError("a worker was killed")
        return launching(finish)(some)

    with pytest.raises(SystemExit, match="1"):
        run_grid(cells, launch)
    assert launched == [[0, 1, 2], [0], [1, 2]]
    out = capsys.readouterr().out
    assert "seed=0: FAILED: RuntimeError: a worker was killed" in out
    assert "2 finished, 1 failed" in out


def test_a_cell_that_runs_beside_one_that_kills_its_process_has_not_failed(cell, capsys):
    cells = [cell(f"seed.value={seed}") for seed in range(4)]
    launched = []

    def launch(some):
        launched.append([cell.settings.seed.value for cell in some])
        if cells[1] in some:
            for each in some[:3]:
                begin(each)
            if len(some) > 1:
                finish(cells[2])  # before the launcher broke
            raise RuntimeError("a worker was killed")
        return launching(finish)(some)

    with pytest.raises(SystemExit, match="1"):
        run_grid(cells, launch)
    assert launched == [[0, 1, 2, 3], [0], [1], [3]]
    out = capsys.readouterr().out
    assert out.count("FAILED: RuntimeError: a worker was killed") == 2  # as it ends, and below the table
    assert "seed=1: FAILED: RuntimeError: a worker was killed" in out
    assert "3 finished, 1 failed" in out


def test_a_finished_cell_keeps_no_checkpoint_whatever_killed_it(cell):
    finish(cell())
    for name in (records.CHECKPOINT, records.HALF_CHECKPOINT):
        (cell().folder / name).touch()
    settle([cell()])
    assert sorted(path.name for path in cell().folder.iterdir()) == ["cell.json", "result.json"]


def test_what_changes_no_score_cannot_be_swept(cell):
    cells = [cell(f"trainer.threads={count}", f"swept=['trainer.threads={count}']") for count in (1, 2)]
    with pytest.raises(ConfigError, match=r"threads=1 and .*threads=2 would be the same training twice"):
        run_grid(cells, launching(finish))


@pytest.mark.parametrize(
    ("fixed", "swept", "key"),
    [
        (["training.batch_seconds=8"], ["training.batch_size=8", "training.batch_size=16"], "training.batch_size"),
        (["loss.focusing=1", "loss.class_weights=none"], ["loss=unweighted", "loss=focal"], "loss"),
        (["head.dropout=0.1"], ["head=linear", "head=dropout"], "head"),
        ([], ["augmentation.mode=union", "augmentation.mode=on_the_fly"], "augmentation.mode"),
    ],
)
def test_what_another_choice_makes_meaningless_cannot_be_swept(cell, fixed, swept, key):
    cells = [cell(item, *fixed, f"swept=['{item}']") for item in swept]
    with pytest.raises(ConfigError, match=rf"would be the same training twice: {key} changes no score here"):
        run_grid(cells, launching(finish))


def test_tables_that_differ_in_content_are_no_twins(cell, small_corpora, tmp_path):
    """Neither key is part of the science, but what is in the files is."""
    rows = [f"{actor}/{code}-{actor}-b1.wav,{actor}" for actor in ("f1", "f2", "m1") for code in ("rab", "gio")]
    tables = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for table, lines in zip(tables, (rows, rows[1:], rows), strict=True):
        table.write_text("\n".join(["path,fold", *lines]))

    def folds(table: Path) -> GridCell:
        swept = f"swept=['split.file={table}']"
        return cell("dataset=emovo", "split=folds", "split.fold=f1", f"split.file={table}", swept)

    run_grid([folds(tables[0]), folds(tables[1])], launching(finish))
    with pytest.raises(ConfigError, match="would be the same training twice"):
        run_grid([folds(tables[0]), folds(tables[2])], launching(finish))


@pytest.mark.parametrize("name", [records.RESULT, records.CELL, records.FAILURE, records.TRACKED, records.GRID])
def test_a_damaged_record_is_named_and_its_cell_alone_run_anew(cell, capsys, caplog, name):
    cells = [cell(f"seed.value={seed}") for seed in range(3)]
    run_grid(cells, launching(finish))
    damaged = (cells[1].folder.parent if name == records.GRID else cells[1].folder) / name
    damaged.write_bytes(b"\0" * 30)
    launched = []
    again = [cell(f"seed.value={seed}") for seed in range(3)]
    run_grid(again, launching(lambda each: (launched.append(each.folder), finish(each))))
    out = capsys.readouterr().out
    assert launched == ([again[1].folder] if name == records.RESULT else [])
    assert out.rstrip().endswith("3 finished, 0 failed, 0 s")
    assert (f"{damaged} is damaged: " in out) == (name != records.GRID)
    if name == records.RESULT:
        assert damaged.with_name("result.json.damaged").is_file()


def test_a_finished_sweep_may_be_read_only(cell, tmp_path, capsys, monkeypatch):
    cells = [cell(f"seed.value={seed}") for seed in range(2)]
    run_grid(cells, launching(finish))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "sweeps").rglob("*")}
    monkeypatch.setattr(files, "write", None)
    monkeypatch.setattr(grid, "FileLock", None)
    run_grid(cells, launching(nothing))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "sweeps").rglob("*")} == before
    assert "2 cells, 2 finished before, 0 to run" in capsys.readouterr().out


def test_the_cells_of_calls_at_once_are_all_listed(cell, tmp_path):
    cells = [cell(f"seed.value={seed}") for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: grid._write_down([each]), cells))
    assert len(listed(tmp_path / "sweeps" / "default")) == 8


def test_a_cell_that_was_run_alone_is_listed(cell, tmp_path):
    finish(cell())
    assert [factors["seed"] for factors in listed(tmp_path / "sweeps" / "default").values()] == [0]
    assert listed(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("work", [finish, nothing])
def test_a_cell_alone_heeds_no_sweep_that_was_stopped_and_says_if_it_is_not_finished(cell, monkeypatch, work, tmp_path):
    from ser import train

    alone = cell("fail_fast=true")
    (tmp_path / "sweeps" / "default").mkdir(parents=True)
    (tmp_path / "sweeps" / "default" / STOP).touch()
    monkeypatch.setattr("ser.sources.open_sources", lambda settings: {})
    monkeypatch.setattr(train, "train", work)
    if work is finish:
        train.run_alone(alone)
    else:
        with pytest.raises(SystemExit, match="1"):
            train.run_alone(alone)
        assert not Path(alone.folder).exists()
