"""What MLflow's databases and servers need before MLflow itself opens them."""

import contextlib
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from filelock import FileLock
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ser.tracking.runs import MlflowClient


def sqlite_path(uri: str) -> Path | None:
    """Return the file of an SQLite database; None for a server, and for one in memory."""
    database = make_url(uri).database if uri.startswith("sqlite") else None
    return None if database in (None, "", ":memory:") else Path(str(database))


def check_reachable(uri: str) -> None:
    """Open a connection: MLflow itself tries for minutes where a server is closed or a file is no database.

    Raises:
        OSError: nobody answers at the server's address, or the file is no database.
    """
    path = sqlite_path(uri)
    if path is not None:
        if path.exists():
            _check_file(path)
        return
    address = urlsplit(uri)
    if address.hostname is not None:
        usual = {"https": 443, "http": 80, "mysql": 3306}.get(address.scheme.partition("+")[0], 5432)
        with socket.create_connection((address.hostname, address.port or usual), timeout=10):
            pass


def _check_file(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise OSError(f"{path} is no database that can be read ({error}); set it aside") from error


def make_tables(uri: str) -> None:
    """Make the tables of a new SQLite database in a file beside it, which is renamed when it is whole.

    MLflow makes them one by one, and a database that a killed process left half made can never be used again. The
    caller holds the lock of the database.
    """
    path = sqlite_path(uri)
    if path is None or path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    MlflowClient(f"sqlite:///{part}").search_experiments(max_results=1)
    part.rename(path)


def read_only(uri: str) -> bool:
    """Return whether an SQLite database is there that may only be read."""
    path = sqlite_path(uri)
    return path is not None and path.exists() and not os.access(path, os.W_OK)


@contextlib.contextmanager
def preparing(uri: str, sweeps_dir: Path) -> Iterator[None]:
    """Hold the lock of who makes tables or experiments: beside an SQLite database, or in the sweeps.

    A database that may only be read needs no lock: nothing can be made in it.
    """
    if read_only(uri):
        yield
        return
    path = sqlite_path(uri)
    lock = (sweeps_dir if path is None else path.parent) / ".mlflow.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def move_artifacts(uri: str, experiment: str, before: str, now: str) -> None:
    """Write down in an SQLite database that the artifacts of an experiment lie elsewhere, without moving any.

    MLflow writes an absolute path into an experiment and into each of its runs, and has no call to change them.

    Args:
        uri: of the database.
        experiment: its id.
        before: URI of the folder that its artifacts lay in.
        now: of the folder that they lie in.
    """
    engine = create_engine(uri)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE experiments SET artifact_location = :now WHERE experiment_id = :experiment"),
            {"now": now, "experiment": int(experiment)},
        )
        connection.execute(
            text(
                "UPDATE runs SET artifact_uri = :now || substr(artifact_uri, :length + 1)"
                " WHERE experiment_id = :experiment AND substr(artifact_uri, 1, :length) = :before"
            ),
            {"now": now, "experiment": int(experiment), "before": before, "length": len(before)},
        )
    engine.dispose()


def lies_elsewhere(uri: str, sweeps_dir: Path, location: str, now: str) -> bool:
    """Return whether the folder of sweeps was moved or copied with the database that names its artifacts.

    One that may only be read stays as it is: nothing is sent to it.

    Args:
        uri: of the database.
        sweeps_dir: the folder of sweeps.
        location: where the database says that the artifacts lie.
        now: where they lie if the folder of sweeps is this one.
    """
    path = sqlite_path(uri)
    if path is None or location == now or read_only(uri):
        return False
    inside = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(sweeps_dir))
    return inside or not Path(urlsplit(location).path).exists()
