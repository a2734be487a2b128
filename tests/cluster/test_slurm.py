"""A grid as an array on a real SLURM: preempted jobs go on, killed ones are reported and tried again."""

import json
from typing import NamedTuple

import pytest

from ser import records
from tests.cluster.command import GRID, Ended, Straight, Workplace
from tests.cluster.daemons import until
from tests.cluster.evidence import assert_same, assert_whole
from tests.cluster.slurm import Slurm

ON_THE_CLUSTER = [
    "hydra/launcher=slurm",
    "hydra.launcher.partition=debug",
    "hydra.launcher.timeout_min=60",
    "hydra.launcher.cpus_per_task=1",
    "hydra.launcher.gpus_per_node=null",
    "hydra.launcher.mem_gb=1",
    "max_parallel=4",
    "sweep=cluster",
]
PREEMPTED, KILLED, WARNED, LEFT_ALONE = (
    f"model=wav2vec2,pretune={pretune},dataset=emovo,seed={seed}" for pretune in ("none", "it") for seed in (0, 1)
)
"""The cells in the order of the grid, which is the order of the array."""


class Disturbed(NamedTuple):
    """A grid on the cluster of which three jobs were interrupted, and the call that tried again.

    All four run at once: SLURM 22.05 repeats a signal for ever while a task of the same array has not started.
    """

    jobs: dict[str, dict[str, str]]
    states: dict[str, records.State]
    first: Ended
    status: Ended
    again: Ended


@pytest.fixture(scope="module")
def disturbed(slurm: Slurm, module_workplace: Workplace) -> Disturbed:
    workplace, sweep = module_workplace, module_workplace.sweep("cluster")
    second = workplace.moments("checkpoints", f"*/{records.CHECKPOINT}", hold_at=[2], of_each_file=True)
    call = workplace.start(*GRID, *ON_THE_CLUSTER, env=second.environment(slurm.env))
    signals = {
        PREEMPTED: ("scontrol", "requeue"),
        KILLED: ("scancel", "--signal=KILL"),
        WARNED: ("scancel", "--signal=USR2"),
    }
    checkpoints = [str(sweep / cell / records.CHECKPOINT) for cell in (*signals, LEFT_ALONE)]
    until(
        lambda: all(second.changes().count(path) == 2 for path in checkpoints) or not call.running(),
        "the second checkpoint of every cell",
    )
    states = {}
    for task, (cell, command) in enumerate(signals.items()):
        states[cell] = records.state(sweep / cell)
        slurm.ask(*command, tasks(slurm)[str(task)]["JobId"])
    second.release(2)
    first = call.ended()
    jobs = {name: tasks(slurm)[str(task)] for task, name in enumerate((*signals, LEFT_ALONE))}
    status = workplace.status("cluster")
    return Disturbed(jobs, states, first, status, workplace.call(*GRID, *ON_THE_CLUSTER, env=slurm.env))


def tasks(slurm: Slurm) -> dict[str, dict[str, str]]:
    """Return the jobs of the array by their place in it."""
    return {job["ArrayTaskId"]: job for job in slurm.jobs() if job["JobName"] == "cluster" and "ArrayTaskId" in job}


def test_the_grid_is_one_array_that_keeps_to_its_limit(disturbed: Disturbed) -> None:
    assert len({job["ArrayJobId"] for job in disturbed.jobs.values()}) == 1
    assert {job["ArrayTaskThrottle"] for job in disturbed.jobs.values()} == {"4"}
    assert {job["TimeLimit"] for job in disturbed.jobs.values()} == {"01:00:00"}


def test_a_cell_that_trains_elsewhere_is_seen_to_run(disturbed: Disturbed) -> None:
    assert set(disturbed.states.values()) == {"running"}


@pytest.mark.parametrize("cell", [PREEMPTED, WARNED])
def test_a_preempted_job_goes_on_from_its_checkpoint(
    disturbed: Disturbed, module_workplace: Workplace, cell: str
) -> None:
    assert disturbed.jobs[cell]["Restarts"] == "1"
    folder = module_workplace.sweep("cluster") / cell
    restarted = json.loads((folder / records.CELL).read_text())["started"]
    assert records.read_curves(folder)[0]["time"] < restarted
    assert f"{cell}: emovo " in disturbed.first.said


def test_a_killed_job_is_reported_and_costs_no_other(disturbed: Disturbed) -> None:
    assert disturbed.first.code == 1
    assert "3 finished, 1 failed" in disturbed.first.said
    [line, *_] = [line for line in disturbed.first.said.splitlines() if f"{KILLED}: FAILED" in line]
    assert "killed" in line
    assert "3 finished, 1 failed" in disturbed.status.said
    assert f"{KILLED}: FAILED" in disturbed.status.said


def test_the_next_call_tries_the_killed_job_again_and_no_other(disturbed: Disturbed) -> None:
    assert disturbed.again.code == 0, disturbed.again.said
    assert "4 cells, 3 finished before, 1 to run" in disturbed.again.said
    assert f"[4/4] {KILLED}: emovo " in disturbed.again.said
    assert "FAILED" not in disturbed.again.said


def test_nothing_is_lost_or_changed_by_it(
    disturbed: Disturbed, module_workplace: Workplace, straight: Straight
) -> None:
    assert disturbed.again.code == 0
    assert_whole(module_workplace.sweep("cluster"), 4, module_workplace.database)
    assert_same(module_workplace.sweep("cluster"), straight.sweep)
