"""Moments at which a command is killed or held: the n-th change that it makes to files, however fast the machine is.

A change is a file that is opened for writing, renamed or removed, or a folder that is made or removed. The moment is
the one before it. `child/sitecustomize.py` counts them in the command and in every process that it starts.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

CHILD = Path(__file__).with_name("child")
VARIABLE = "SER_TEST_MOMENTS"
"""The name of the environment variable that holds the plan."""


class Moments:
    """Changes to files, counted over all processes of a command.

    Args:
        log: new file, outside the pattern, that gets the path of every change.
        pattern: of the absolute paths that count; `*` matches slashes too.
        kill_at: the number of the change before which the command is killed with SIGKILL; 0 is never.
        whole_group: kill the whole process group, which must be the command's own (`start_new_session`), or the one
            process that was about to make the change.
        hold_at: numbers of changes before which the process waits for `release`.
        of_each_file: number the changes of each file by themselves, instead of all together.
    """

    def __init__(
        self,
        log: Path,
        pattern: str,
        *,
        kill_at: int = 0,
        whole_group: bool = True,
        hold_at: Sequence[int] = (),
        of_each_file: bool = False,
    ) -> None:
        self.log = log
        self.plan = {
            "log": str(log),
            "pattern": pattern,
            "kill_at": kill_at,
            "whole_group": whole_group,
            "hold_at": list(hold_at),
            "of_each_file": of_each_file,
        }

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment to start the command in."""
        path = os.pathsep.join(filter(None, (str(CHILD), base.get("PYTHONPATH"))))
        return {**base, "PYTHONPATH": path, VARIABLE: json.dumps(self.plan)}

    def add(self, what: str) -> int:
        """Count something that is no change to a file, such as a block that a server sends; return its number."""
        with self.log.open("a") as log:
            log.write(f"{what}\n")
        return len(self.changes())

    def changes(self) -> list[str]:
        """Return the paths of all changes so far; the last one may not be made yet."""
        return self.log.read_text().splitlines() if self.log.is_file() else []

    def release(self, number: int) -> None:
        """Let those go on that wait before a change with this number."""
        self.log.with_name(f"{self.log.name}.{number}").touch()
