"""A grid as one SLURM array by submitit, waited for also when one of its jobs is killed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus

try:
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import BaseSubmititLauncher
except ImportError:  # the extra `slurm` is not installed, and Hydra imports every plugin at every start
    pass
else:

    class SlurmLauncher(BaseSubmititLauncher):
        """A job for each cell; one that was killed is accounted for as a failure, as one that raised.

        Hydra's own launcher of this name raises at the first job that was killed, and waits for no other.
        """

        def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
            """Submit the array and wait until all of its jobs have ended."""
            from submitit import AutoExecutor

            assert self.config is not None  # `setup` comes before it
            options = dict(self.params)
            folder, timeouts = options.pop("submitit_folder"), options.pop("max_num_timeout")
            Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
            executor = AutoExecutor(folder=folder, cluster="slurm", slurm_max_num_timeout=timeouts)
            executor.update_parameters(
                **{name if name in OF_ALL_CLUSTERS else f"slurm_{name}": value for name, value in options.items()}
            )
            jobs = [
                (list(overrides), "hydra.sweep.dir", number, f"job_id_for_{number}", Singleton.get_state())
                for number, overrides in enumerate(job_overrides, initial_job_idx)
            ]
            return [account(job) for job in executor.map_array(self, *zip(*jobs, strict=True))]


OF_ALL_CLUSTERS = (
    *("name", "nodes", "tasks_per_node", "cpus_per_task", "gpus_per_node", "mem_gb", "timeout_min"),
    "stderr_to_stdout",
)
"""Options of a job that submitit calls the same for every kind of cluster."""


def account(job: Any) -> JobReturn:
    """Wait for a job of submitit, and return Hydra's account of it."""
    from submitit.core.utils import UncompletedJobError

    try:
        return job.results()[0]
    except UncompletedJobError as error:
        failure = JobReturn(status=JobStatus.FAILED)
        failure.return_value = RuntimeError(f"the job was killed: {str(error).splitlines()[0]}")
        return failure
