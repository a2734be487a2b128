"""A real SLURM of one node, as child processes of the tests: no systemd, no munge, no database, no root."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.daemons import daemon, free_port, until

PROGRAMS = ("slurmctld", "slurmd", "sinfo", "sbatch", "scontrol", "scancel")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=15
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=2
MinJobAge=600
NodeName=n1 NodeAddr=127.0.0.1 NodeHostname={host} CPUs=4 RealMemory=16000 State=UNKNOWN
PartitionName=debug Nodes=n1 Default=YES MaxTime=INFINITE State=UP
"""

SACCT = """\
#!/bin/sh
# A stand-in for SLURM's sacct, which needs an accounting database: the controller's own account of its jobs,
# in the three columns that submitit asks for.
echo 'JobID|State|NodeList'
scontrol -o show job | awk '
    {
        delete field
        for (i = 1; i <= NF; i++) {
            split($i, pair, "=")
            if (!(pair[1] in field)) field[pair[1]] = substr($i, length(pair[1]) + 2)
        }
        if (!("JobId" in field)) next
        id = field["JobId"]
        task = field["ArrayTaskId"]
        if (task != "") id = field["ArrayJobId"] "_" (task ~ /^[0-9]+$/ ? task : "[" task "]")
        print id "|" field["JobState"] "|" field["NodeList"]
    }'
"""


class Slurm:
    """A cluster that runs: four processors, whatever the machine has, the partition `debug`.

    Args:
        folder: of its configuration, state and logs.
        env: the environment in which its commands find it.
    """

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env

    def ask(self, *command: str) -> str:
        """Run one of SLURM's commands, and return what it says."""
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=True).stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs since the cluster was started as `scontrol show job` has them, each task of an array."""
        lines = self.ask("scontrol", "-o", "show", "job").splitlines()
        return [dict(item.split("=", 1) for item in line.split() if "=" in item) for line in lines if "JobId=" in line]

    def clear(self) -> None:
        """Cancel whatever is left, and wait for the node."""
        self.ask("scancel", "--full", "--user", getpass.getuser())
        until(lambda: not self.ask("squeue", "-h"), "an empty queue")


def missing() -> str:
    """Say which of SLURM's programs are not installed; nothing where all are."""
    return ", ".join(program for program in PROGRAMS if shutil.which(program) is None)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Slurm]:
    """Start a cluster, wait until its node is idle, and take it down with all its jobs."""
    for part in ("state", "spool", "bin"):
        (folder / part).mkdir()
    configuration = folder / "slurm.conf"
    host = socket.gethostname().partition(".")[0]
    ports = {"controller_port": free_port(), "node_port": free_port()}
    configuration.write_text(CONFIGURATION.format(host=host, user=getpass.getuser(), folder=folder, **ports))
    sacct = folder / "bin" / "sacct"
    sacct.write_text(SACCT)
    sacct.chmod(0o755)
    env = os.environ | {"SLURM_CONF": str(configuration), "PATH": f"{sacct.parent}{os.pathsep}{os.environ['PATH']}"}
    running = Slurm(folder, env)
    with (
        daemon(["slurmctld", "-D"], folder / "slurmctld.out", env),
        daemon(["slurmd", "-D", "-N", "n1"], folder / "slurmd.out", env),
    ):
        until(lambda: _state(running) == "idle", f"an idle node; see the logs in {folder}")
        yield running
        running.clear()


def _state(running: Slurm) -> str:
    try:
        return running.ask("sinfo", "-h", "-o", "%T").strip()
    except subprocess.CalledProcessError:  # the controller does not answer yet
        return ""
