"""Sweeps as a user calls them: command lines that run in a folder of their own, on small corpora and tiny encoders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.commands import Command
from tests.moments import Moments

GRID = ["pretune=none,it", "seed=0,1", "training.epochs=6"]
"""Four cells of twelve validations, with a checkpoint at each."""


class Ended(NamedTuple):
    """A call that has ended."""

    code: int | None
    said: str


class Call:
    """A call that runs, in a process group of its own."""

    def __init__(self, command: Command) -> None:
        self.command = command

    def running(self) -> bool:
        """Say whether it has not ended."""
        return self.command.poll() is None

    def ended(self) -> Ended:
        """Wait for its end."""
        code, stdout, stderr = self.command.wait()
        return Ended(code, stdout + stderr)


class Workplace:
    """A folder in which sweeps are called.

    Args:
        folder: where they run; it comes to hold `multirun_sweeps` and the decoded audio.
        usual: arguments of `ser.train` for every key that a call does not give itself.
    """

    def __init__(self, folder: Path, usual: list[str]) -> None:
        self.folder = folder
        self.usual = usual
        self.started: list[Call] = []

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Call:
        """Start a grid in the background."""
        given = {item.split("=")[0] for item in arguments}
        return self._start(
            "ser.train", "-m", *arguments, *(i for i in self.usual if i.split("=")[0] not in given), env=env
        )

    def call(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Run a grid to its end."""
        return self.start(*arguments, env=env).ended()

    def status(self, sweep: str) -> Ended:
        """Ask how a sweep stands."""
        return self._start("ser.status", f"sweep={sweep}", env=None).ended()

    def sweep(self, name: str) -> Path:
        """Return the folder of a sweep."""
        return self.folder / "multirun_sweeps" / name

    @property
    def database(self) -> str:
        """The URI of the tracker that is used unless another is given."""
        return f"sqlite:///{self.folder}/multirun_sweeps/mlflow.db"

    def moments(self, name: str, of: str = "*", **when: Any) -> Moments:
        """Return moments among the changes to files of this folder: those whose path below it fits the pattern `of`."""
        return Moments(self.folder.with_name(f"{self.folder.name}-{name}"), f"{self.folder}/{of}", **when)

    def close(self) -> None:
        """Kill what a test that failed has left running."""
        for call in self.started:
            call.command.kill()

    def _start(self, module: str, *arguments: str, env: Mapping[str, str] | None) -> Call:
        self.started.append(Call(Command(module, *arguments, folder=self.folder, environment=env)))
        return self.started[-1]


class Straight(NamedTuple):
    """A sweep that nobody disturbed."""

    sweep: Path
    """Its folder."""
    changes: int
    """How many changes to files it took."""


def go_straight(workplace: Workplace, grid: list[str]) -> Straight:
    """Run a grid to its end, and count its changes to files."""
    moments = workplace.moments("straight")
    code, said = workplace.call(*grid, "sweep=straight", env=moments.environment())
    assert code == 0, said
    return Straight(workplace.sweep("straight"), len(moments.changes()))
