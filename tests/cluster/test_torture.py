"""A sweep that is killed again and again ends as if nothing had happened."""

import random
import time

import pytest

from tests.cluster.command import GRID, Call, Straight, Workplace, go_straight
from tests.cluster.daemons import until
from tests.cluster.evidence import assert_same, assert_whole

LAUNCHERS: tuple[list[str], ...] = ([], ["hydra/launcher=joblib", "max_parallel=2"])


def test_three_kills_change_nothing(workplace: Workplace, straight: Straight) -> None:
    torture(workplace, GRID, straight, kills=3)
    assert_whole(workplace.sweep("tortured"), 4, workplace.database)


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_twenty_kills_change_nothing(workplace: Workplace) -> None:
    grid = ["pretune=none,it", "seed.value=range(0,6)", "training.epochs=40"]
    torture(workplace, grid, go_straight(workplace, grid), kills=20)
    assert_whole(workplace.sweep("tortured"), 12, workplace.database)


def torture(workplace: Workplace, grid: list[str], straight: Straight, kills: int) -> None:
    """Call a grid, and kill all its processes at a random moment; again and again, one launcher and the other."""
    rng = random.Random(0)
    longest = horizon(straight, kills)
    for number in range(kills):
        call = workplace.start(*grid, *LAUNCHERS[number % 2], "sweep=tortured")
        live(call, rng.uniform(0, longest))
        call.kill()
    code, said = workplace.call(*grid, "sweep=tortured")
    assert code == 0, said
    assert " 0 failed" in said
    assert_same(workplace.sweep("tortured"), straight.sweep)


def horizon(straight: Straight, kills: int) -> float:
    """Return the longest life of a call, such that calls of random lives from 0 to it do a third of the work together.

    A life that is uniform on (0, h) trains for (h - start)^2 / 2h on average. A third, since one of two launchers
    works on two cells at once, and no call may come to the end.
    """
    share = straight.work_s / 3 / kills
    return straight.start_s + share + (share**2 + 2 * straight.start_s * share) ** 0.5


def live(call: Call, seconds: float) -> None:
    """Let a call live for a while, in which it must not come to its end."""
    deadline = time.monotonic() + seconds
    until(lambda: time.monotonic() > deadline or not call.running(), "the moment to kill", seconds + 60)
    assert call.running(), f"the sweep ended before it could be killed:\n{call.ended().said}"
