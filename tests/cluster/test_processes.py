"""Eight processes at once: every cell is trained once, and its one run is in the tracker."""

from pathlib import Path

import pytest

from ser import records
from tests.cluster.command import GRID, Ended, Straight, Workplace
from tests.cluster.databases import TrackingServer
from tests.cluster.evidence import assert_same, assert_whole, runs

TWO_EPOCHS = ["pretune=none,it", "training.epochs=2"]


@pytest.mark.torture
def test_one_call_with_eight_processes_on_sqlite(workplace: Workplace) -> None:
    ended = workplace.call(
        *TWO_EPOCHS, "seed.value=range(0,4)", "sweep=crowd", "hydra/launcher=joblib", "max_parallel=8"
    )
    assert_each_trained_once([ended], 8, workplace.sweep("crowd"), workplace.database)


@pytest.mark.parametrize("seeds", [2, pytest.param(4, marks=pytest.mark.torture)])
def test_eight_calls_of_one_grid_on_postgresql_through_a_server(
    workplace: Workplace, mlflow_server: TrackingServer, seeds: int
) -> None:
    """With four cells, four calls find all of them taken, and wait; with eight, each call gets one."""
    grid = [*TWO_EPOCHS, f"seed.value=range(0,{seeds})", f"sweep=crowd{seeds}", f"tracker.uri={mlflow_server.uri}"]
    calls = [workplace.start(*grid) for _ in range(8)]
    assert_each_trained_once(
        [call.ended() for call in calls], 2 * seeds, workplace.sweep(f"crowd{seeds}"), mlflow_server.uri
    )


def test_a_process_that_is_killed_once_costs_no_cell(workplace: Workplace, straight: Straight) -> None:
    """As the kernel does when memory runs out; joblib ends the other process too, and both cells go on."""
    sweep = workplace.sweep("memory")
    third = workplace.moments("validations", f"*/{records.CURVES}", kill_at=3, whole_group=False)
    code, said = workplace.call(
        *GRID, "sweep=memory", "hydra/launcher=joblib", "max_parallel=2", env=third.environment()
    )
    assert code == 0, said
    assert "the cells that ran go on one at a time" in said
    assert "4 finished, 0 failed" in said
    assert_whole(sweep, 4, workplace.database)
    assert_same(sweep, straight.sweep)


def assert_each_trained_once(calls: list[Ended], count: int, sweep: Path, uri: str) -> None:
    """No call fails or complains of the tracker; a cell that was trained or sent twice would have a second run."""
    for code, said in calls:
        assert code == 0, said
        assert f"{count} finished, 0 failed" in said
        assert "tracker" not in said, said
    assert_whole(sweep, count, uri)
    assert len(runs(uri, sweep)) == count
