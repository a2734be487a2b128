"""Hydra's submitit launcher, waiting for every job of the array also when one was killed."""

from collections.abc import Sequence
from typing import Any
from unittest import mock

from hydra.core.utils import JobReturn, JobStatus

try:
    from hydra_plugins.hydra_submitit_launcher import submitit_launcher
except ImportError:  # the extra `slurm` is not installed, and Hydra imports every plugin at every start
    pass
else:

    class SlurmLauncher(submitit_launcher.SlurmLauncher):
        """One SLURM array; the account of a job that was killed is a failure, as that of one that raised."""

        def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
            """Submit the array and wait until all of its jobs have ended."""
            from submitit import Job
            from submitit.core.utils import UncompletedJobError

            results = Job.results

            def results_or_failure(job: Any) -> list[Any]:
                try:
                    return results(job)
                except UncompletedJobError as error:
                    failure = JobReturn(status=JobStatus.FAILED)
                    failure.return_value = RuntimeError(f"the job was killed: {str(error).splitlines()[0]}")
                    return [failure]

            with mock.patch.object(Job, "results", results_or_failure):
                return super().launch(job_overrides, initial_job_idx)
