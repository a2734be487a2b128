"""A grid handed to submitit; tests/cluster runs the same on a real SLURM."""

from types import SimpleNamespace

import pytest
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

submitit = pytest.importorskip("submitit")
pytest.importorskip("hydra_plugins.hydra_submitit_launcher")

from submitit.core.utils import UncompletedJobError  # noqa: E402

from hydra_plugins.ser_slurm import OF_ALL_CLUSTERS, SlurmLauncher  # noqa: E402
from ser.hydra_internals import outcome  # noqa: E402


class Executor(submitit.AutoExecutor):
    """Submits nothing: of three jobs the second is killed, and the third raised."""

    def __init__(self, folder: str, cluster: str, **options: object) -> None:
        self.made = {"folder": folder, "cluster": cluster, **options}
        self.given: dict[str, object] = {}
        executors.append(self)

    def update_parameters(self, **options: object) -> None:
        self.given = options

    def map_array(self, function: object, *arguments: object) -> list[SimpleNamespace]:
        self.arguments = list(zip(*arguments, strict=True))
        raised = JobReturn(status=JobStatus.FAILED)
        raised.return_value = ValueError("of the cell")
        finished = JobReturn(status=JobStatus.COMPLETED)
        return [
            SimpleNamespace(results=lambda ended=ended: ended())
            for ended in (lambda: [finished], killed, lambda: [raised])
        ]


def killed() -> None:
    raise UncompletedJobError("Job 7 was not completed\nwith much more to say")


executors: list[Executor] = []


def test_every_job_is_waited_for_though_one_was_killed(monkeypatch, tmp_path, compose):
    monkeypatch.setattr(submitit, "AutoExecutor", Executor)
    options = OmegaConf.to_container(
        compose("hydra/launcher=slurm", return_hydra_config=True).hydra.launcher, resolve=False
    )
    options |= {"submitit_folder": "jobs", "name": "paper"}
    del options["_target_"]
    launcher = SlurmLauncher(**options)
    config = OmegaConf.create({"hydra": {"sweep": {"dir": str(tmp_path / "sweep")}}})
    launcher.setup(hydra_context=None, task_function=None, config=config)
    accounts = launcher.launch([["seed=0"], ["seed=1"], ["seed=2"]], initial_job_idx=0)
    assert [account.status for account in accounts] == [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.FAILED]
    assert [str(outcome(account)) for account in accounts[1:]] == [
        "the job was killed: Job 7 was not completed",
        "of the cell",
    ]
    [executor] = executors
    assert executor.made == {"folder": "jobs", "cluster": "slurm", "slurm_max_num_timeout": 20}
    assert executor.given["mem_gb"] == 32
    assert executor.given["slurm_array_parallelism"] == 256
    assert [(overrides, number) for overrides, _, number, *_ in executor.arguments] == [
        (["seed=0"], 0),
        (["seed=1"], 1),
        (["seed=2"], 2),
    ]


def test_options_of_every_cluster_are_those_that_submitit_has():
    from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf

    assert {*OF_ALL_CLUSTERS, "submitit_folder"} == {field for field in OmegaConf.structured(BaseQueueConf)}
