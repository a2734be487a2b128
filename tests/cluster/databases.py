"""A real PostgreSQL, and a real MLflow tracking server over it that a test can stop and start again."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.daemons import daemon, end, free_port, until


def program(name: str) -> str | None:
    """Find one of PostgreSQL's programs; Debian keeps the server's outside PATH."""
    folders = [*os.environ["PATH"].split(os.pathsep), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(name, path=os.pathsep.join(folders))


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Start a database server, give its URI, and take it down.

    PostgreSQL refuses to run as root, who lends it to `nobody`; pytest's temporary folders are closed to
    others, so it gets one of its own.
    """
    initdb, postgres, ready = (program(name) or name for name in ("initdb", "postgres", "pg_isready"))
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="ser-postgresql-") as place:
        if user is not None:
            os.chown(place, user, user)
        data, log, port = Path(place, "data"), Path(place, "server.log"), str(free_port())
        make = [initdb, "--pgdata", str(data), "--username", "ser", "--auth", "trust", "--no-sync"]
        make += ["--encoding", "UTF8"]
        with daemon(make, log, user=user) as process:
            if process.wait() != 0:
                raise RuntimeError(log.read_text())
        serve = [postgres, "-D", str(data), "-p", port, "-h", "127.0.0.1", "-F", "-k", ""]  # no fsync, no socket file
        with daemon(serve, log, user=user) as process:
            asked = [ready, "-q", "-h", "127.0.0.1", "-p", port]
            until(lambda: subprocess.run(asked, check=False).returncode == 0, "PostgreSQL ready")
            try:
                yield f"postgresql+psycopg2://ser@127.0.0.1:{port}/postgres"
            finally:
                end(process, signal.SIGINT)  # its fast shutdown: does not wait for clients


class TrackingServer:
    """An MLflow tracking server on a port that stays the same.

    Args:
        store: URI of the database that it keeps the runs in.
        folder: of its artifacts and its log.
    """

    def __init__(self, store: str, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.port = free_port()
        self._running = contextlib.ExitStack()

    @property
    def uri(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._healthy():
            return
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", self.store, "--artifacts-destination", str(self.folder / "artifacts")]
        env = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self._running.enter_context(daemon([*command, "--workers", "1"], self.folder / "server.log", env))
        until(self._healthy, f"an answer of MLflow; see {self.folder / 'server.log'}")

    def stop(self) -> None:
        """End it with all its processes; a client is refused from now on."""
        self._running.close()

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
