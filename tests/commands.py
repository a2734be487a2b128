"""`python -m <module>` as a process of its own, forked from one that has the libraries: their imports take seconds.

A command gets its own folder, environment, arguments, output and session, and its exit code is that of a program. What
a start itself does (which modules are imported, the order of a set) is tested with `subprocess` instead.
"""

import atexit
import contextlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests import moments

LIBRARIES = (
    *("matplotlib.pyplot", "mlflow.tracking", "pandas", "pytorch_lightning", "sklearn.metrics", "torch", "torchaudio"),
    *("transformers.models.wav2vec2.modeling_wav2vec2", "ser.fine_tuning", "ser.sweep.grid", "ser.tracking"),
)

PATIENCE_S = 900
"""Ends a hang, and nothing else: a machine may be as slow as it likes."""

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(list(LIBRARIES))


class Ended(NamedTuple):
    """A command that has ended."""

    returncode: int | None
    stdout: str
    stderr: str


class Command:
    """A command that runs, as the leader of a session of its own.

    Args:
        line: a module and its arguments.
        folder: it runs in.
        environment: None is that of the tests.
    """

    def __init__(self, *line: str, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.stdout, self.stderr = (_free(folder, name) for name in ("stdout", "stderr"))
        arguments = (line, folder, dict(environment or os.environ), self.stdout, self.stderr)
        self._process = _processes.Process(target=_run, args=arguments)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, minus the number of a signal that killed it; None while it runs."""
        return self._process.exitcode

    def wait(self) -> Ended:
        """Wait for its end; if that does not come, kill it and show what it said."""
        self._process.join(PATIENCE_S)
        code = self.poll()
        if code is None:
            self.kill()
        ended = Ended(code, self.stdout.read_text(), self.stderr.read_text())
        if code is None:
            raise TimeoutError(f"a command did not end within {PATIENCE_S} s:\n{ended.stdout}{ended.stderr}")
        return ended

    def kill(self) -> None:
        """Kill it and all its processes with SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.join()


def run(*line: str, folder: Path, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a module with arguments in a folder to its end."""
    return Command(*line, folder=folder, environment=environment).wait()


def run_afresh(*line: str, folder: Path) -> Ended:
    """Do the same with an interpreter of its own, which shares no random state and no order of sets with others."""
    done = subprocess.run([sys.executable, "-m", *line], cwd=folder, capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def _free(folder: Path, name: str) -> Path:
    """Return a new file beside a folder, whose content is none of the command's."""
    number = len(list(folder.parent.glob(f"{folder.name}.*.{name}")))
    path = folder.with_name(f"{folder.name}.{number}.{name}")
    path.touch()
    return path


def _run(line: tuple[str, ...], folder: Path, environment: dict[str, str], stdout: Path, stderr: Path) -> None:
    os.setsid()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored where a shell has put the tests in the background
    for path, number in ((stdout, 1), (stderr, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    first = [str(folder), *environment.get("PYTHONPATH", "").split(os.pathsep)]
    sys.path[:] = [os.path.abspath(path) for path in dict.fromkeys([*first, *sys.path]) if path]
    sys.argv = list(line)
    if moments.VARIABLE in environment:
        runpy.run_path(str(moments.CHILD / "sitecustomize.py"))
    try:
        runpy.run_module(line[0], run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        atexit._run_exitfuncs()  # a process of multiprocessing does not run them by itself
