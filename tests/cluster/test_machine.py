"""The cluster itself is real, and so is what the stand-in for its accounting says."""

from pathlib import Path

from tests.cluster.daemons import until
from tests.cluster.slurm import Slurm


def test_slurm_runs_an_array_and_accounts_for_it(slurm: Slurm, tmp_path: Path) -> None:
    script = tmp_path / "job.sh"
    script.write_text('#!/bin/sh\ntest "$SLURM_ARRAY_TASK_ID" != 2\n')
    said = slurm.ask("sbatch", "--array=0-2", f"--output={tmp_path}/%a.log", str(script))
    number = said.split()[-1]
    tasks = until(lambda: ended(slurm, number), "three tasks that ended")
    assert tasks == {"0": "COMPLETED", "1": "COMPLETED", "2": "FAILED"}
    account = slurm.ask("sacct", "-o", "JobID,State,NodeList", "--parsable2", "-j", number).splitlines()
    assert account[0] == "JobID|State|NodeList"
    assert {f"{number}_0|COMPLETED|n1", f"{number}_2|FAILED|n1"} <= set(account)


def ended(slurm: Slurm, number: str) -> dict[str, str]:
    jobs = [job for job in slurm.jobs() if job.get("ArrayJobId") == number]
    states = {job["ArrayTaskId"]: job["JobState"] for job in jobs}
    return states if len(states) == 3 and set(states.values()) <= {"COMPLETED", "FAILED"} else {}
