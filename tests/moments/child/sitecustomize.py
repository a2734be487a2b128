"""Python imports this at the start of a process that `tests.moments` watches, and of all that it starts.

An audit hook sees every file that is opened for writing, renamed or removed, before that is done.
"""

import fnmatch
import json
import os
import signal
import sys
import time
from typing import Any

PLAN: dict[str, Any] = json.loads(os.environ["SER_TEST_MOMENTS"])
PATH_ARGUMENT = {"open": 0, "os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "os.truncate": 0}


def changed(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the path that is about to be changed and that the plan speaks of; lock files are no change."""
    if event not in PATH_ARGUMENT or (event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR)):
        return None
    try:
        path = os.path.abspath(os.fsdecode(arguments[PATH_ARGUMENT[event]]))
    except (TypeError, OSError):  # a descriptor; a working directory that is gone
        return None
    if event in ("os.remove", "os.rmdir", "os.mkdir") and os.path.lexists(path) == (event == "os.mkdir"):
        return None  # it is so already
    return path if fnmatch.fnmatchcase(path, PLAN["pattern"]) and not path.endswith("lock") else None


def number_of(path: str) -> int:
    """Add a line to the log that all processes share, and return how many there are, or how many are of this path."""
    log = os.open(PLAN["log"], os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        os.write(log, f"{path}\n".encode())
        lines = os.pread(log, os.lseek(log, 0, os.SEEK_CUR), 0).decode().splitlines()
    finally:
        os.close(log)
    return lines.count(path) if PLAN["of_each_file"] else len(lines)


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Kill or hold the process if this is the moment."""
    if (path := changed(event, arguments)) is None:
        return
    number = number_of(path)
    if number == PLAN["kill_at"]:
        (os.killpg if PLAN["whole_group"] else os.kill)(0 if PLAN["whole_group"] else os.getpid(), signal.SIGKILL)
    while number in PLAN["hold_at"] and not os.path.exists(f"{PLAN['log']}.{number}"):
        time.sleep(0.02)


sys.addaudithook(hook)
