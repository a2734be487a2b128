"""A tracker that is down costs no training and no score: what it missed, the next call sends, once."""

from pathlib import Path

from ser import records
from tests.cluster.command import Ended, Workplace
from tests.cluster.daemons import free_port, until
from tests.cluster.databases import TrackingServer
from tests.cluster.evidence import assert_whole

THREE = ["pretune=none", "seed=0,1,2", "training.epochs=2"]


def test_a_server_that_is_stopped_for_the_middle_third(workplace: Workplace, mlflow_server: TrackingServer) -> None:
    arguments = [*THREE, "sweep=thirds", f"tracker.uri={mlflow_server.uri}"]
    starts = workplace.moments("starts", f"*/{records.CELL}", hold_at=(2, 3))
    call = workplace.start(*arguments, env=starts.environment())
    try:
        for number, act in ((2, mlflow_server.stop), (3, mlflow_server.start)):
            until(lambda number=number: len(starts.changes()) == number or not call.running(), f"cell {number}")
            act()
            starts.release(number)
    finally:
        mlflow_server.start()
    code, said = call.ended()
    assert code == 0, said
    assert "3 finished, 0 failed" in said
    assert "the next call sends what is missing" in said
    assert_sent_later(workplace.call(*arguments), workplace.sweep("thirds"), 3, mlflow_server.uri)


def test_a_database_that_never_answers_is_replaced_by_one_that_does(workplace: Workplace, postgres: str) -> None:
    arguments = ["pretune=none", "training.epochs=2", "sweep=elsewhere"]
    down = workplace.call(*arguments, f"tracker.uri=postgresql+psycopg2://ser@127.0.0.1:{free_port()}/postgres")
    assert down.code == 0, down.said
    assert "1 finished, 0 failed" in down.said
    assert "the next call sends what is missing" in down.said
    assert_sent_later(workplace.call(*arguments, f"tracker.uri={postgres}"), workplace.sweep("elsewhere"), 1, postgres)


def assert_sent_later(later: Ended, sweep: Path, count: int, uri: str) -> None:
    """The later call trains nothing, and afterwards the tracker has everything."""
    assert later.code == 0, later.said
    assert f"{count} cells, {count} finished before, 0 to run" in later.said
    assert_whole(sweep, count, uri)
