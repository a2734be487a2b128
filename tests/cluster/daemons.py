"""How the tests run real servers: as child processes on free ports, waited for with a deadline, always taken down."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.commands import PATIENCE_S


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
    """Ask again and again until the answer is true, and return it.

    Raises:
        TimeoutError: it was not true in time; the message says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)
    return answer


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def daemon(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, user: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the foreground of a process group of its own, and end the whole group afterwards.

    Args:
        command: of the server.
        log: the file that its output goes to.
        env: its environment; None is this one.
        user: the id that it runs under; None is this one. Another id drops all groups.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[Any], signum: signal.Signals = signal.SIGTERM) -> None:
    """Signal the process group of a child that leads one, then kill what is left of it."""
    for number, seconds in ((signum, 20), (signal.SIGKILL, 20)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
