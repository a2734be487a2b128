"""What MLflow's databases and servers need before MLflow itself is let near them."""

import contextlib
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from ser.tracking.runs import MlflowClient


def check_reachable(uri: str) -> None:
    """Knock at a server's door: MLflow itself knocks for minutes at one that is closed.

    Raises:
        OSError: nobody answers at the server's address.
    """
    address = urlsplit(uri)
    if address.hostname is not None:
        usual = {"https": 443, "http": 80, "mysql": 3306}.get(address.scheme.partition("+")[0], 5432)
        with socket.create_connection((address.hostname, address.port or usual), timeout=10):
            pass


def make_whole(uri: str) -> None:
    """Make the tables of a new SQLite database beside its place, and move it there whole.

    MLflow makes them one by one, and a database that a killed process left half made can never be used again.
    """
    url = make_url(uri) if uri.startswith("sqlite") else None
    if url is None or url.database in (None, "", ":memory:") or Path(str(url.database)).exists():
        return
    place = Path(str(url.database))
    part = place.with_name(f"{place.name}.part")
    part.unlink(missing_ok=True)
    MlflowClient(url.set(database=str(part)).render_as_string()).search_experiments(max_results=1)
    with contextlib.suppress(FileExistsError):  # of another sweeps_dir, whose lock is another
        os.link(part, place)
    part.unlink()
