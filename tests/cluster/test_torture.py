"""A sweep that is killed again and again ends as if nothing had happened."""

import random
import signal

import pytest

from tests.cluster.command import GRID, Straight, Workplace, go_straight
from tests.cluster.evidence import assert_same, assert_whole

LAUNCHERS: tuple[list[str], ...] = ([], ["hydra/launcher=joblib", "max_parallel=2"])


def test_three_kills_change_nothing(workplace: Workplace, straight: Straight) -> None:
    torture(workplace, GRID, straight, kills=3)
    assert_whole(workplace.sweep("tortured"), 4, workplace.database)


@pytest.mark.torture
def test_twenty_kills_change_nothing(workplace: Workplace) -> None:
    grid = ["pretune=none,it", "seed.value=range(0,6)", "training.epochs=12"]
    torture(workplace, grid, go_straight(workplace, grid), kills=20)
    assert_whole(workplace.sweep("tortured"), 12, workplace.database)


def torture(workplace: Workplace, grid: list[str], straight: Straight, kills: int) -> None:
    """Call a grid, and kill all its processes before a random change to a file; one launcher, and the other.

    All kills together allow no more changes than an undisturbed sweep takes, so no call comes to its end.
    """
    rng = random.Random(0)
    for number in range(kills):
        moments = workplace.moments(f"kill-{number}", kill_at=rng.randint(1, straight.changes // kills))
        killed = workplace.call(*grid, *LAUNCHERS[number % 2], "sweep=tortured", env=moments.environment())
        assert killed.code == -signal.SIGKILL, killed.said
    code, said = workplace.call(*grid, "sweep=tortured")
    assert code == 0, said
    assert " 0 failed" in said
    assert_same(workplace.sweep("tortured"), straight.sweep)
