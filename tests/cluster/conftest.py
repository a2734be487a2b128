"""The real parts of a machine on which sweeps run: a cluster, a database, a tracking server.

Each is started by the tests themselves, and skips where it is not installed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import databases
from tests.cluster import slurm as slurm_cluster
from tests.cluster.command import GRID, Straight, Workplace, go_straight


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm_cluster.Slurm]:
    """Give a SLURM of one node and four processors."""
    if missing := slurm_cluster.missing():
        pytest.skip(f"SLURM is not installed ({missing}): apt-get install slurmctld slurmd slurm-client")
    with slurm_cluster.cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URI of an empty PostgreSQL database."""
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed: pip install psycopg2-binary")
    if databases.program("initdb") is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with databases.postgresql() as uri:
        yield uri


@pytest.fixture(scope="session")
def mlflow_server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[databases.TrackingServer]:
    """Give a tracking server over PostgreSQL that runs; whoever stops it starts it again."""
    server = databases.TrackingServer(postgres, tmp_path_factory.mktemp("mlflow"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def usual(small_corpora: Path, tiny_checkpoint: Callable[..., Path]) -> list[str]:
    """Give the arguments of every call: small corpora, tiny encoders, a checkpoint at every validation."""
    checkpoints = {level: tiny_checkpoint("wav2vec2", seed=seed) for seed, level in enumerate(("none", "it"))}
    return [
        "dataset=emovo",
        f"corpora_dir={small_corpora}",
        "training.learning_rate=0.001",
        "training.validate_every_steps=2",
        "training.patience=1000",
        "trainer=cpu",
        "trainer.threads=1",
        "trainer.checkpoint_minutes=0",
        *(f"model.checkpoints.{level}={path}" for level, path in checkpoints.items()),
    ]


@pytest.fixture
def workplace(tmp_path: Path, usual: list[str]) -> Iterator[Workplace]:
    """Give a folder to call sweeps in; whatever still runs at the end of the test is killed."""
    place = Workplace(tmp_path, usual)
    yield place
    place.close()


@pytest.fixture(scope="module")
def module_workplace(tmp_path_factory: pytest.TempPathFactory, usual: list[str]) -> Iterator[Workplace]:
    """Give a folder to call sweeps in that several tests look at."""
    place = Workplace(tmp_path_factory.mktemp("workplace"), usual)
    yield place
    place.close()


@pytest.fixture(scope="session")
def straight(tmp_path_factory: pytest.TempPathFactory, usual: list[str]) -> Straight:
    """Give `GRID` as it ends when nobody disturbs it: what all others are compared with."""
    return go_straight(Workplace(tmp_path_factory.mktemp("straight"), usual), GRID)
