"""The standard streams of a command: closed ones, a reader that leaves early, and a disk that is full."""

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

BROKEN_PIPE = 128 + signal.SIGPIPE
"""The exit code of a command whose reader has left, such as `head -1`, as the shell reports it for other programs."""


class Pace:
    """When another line of progress is due: a line now and then, so that logs stay short.

    Args:
        every_s: seconds between two lines, and before the first.
    """

    def __init__(self, every_s: float = 15) -> None:
        self.every_s = every_s
        self._last = time.monotonic()

    def due(self) -> bool:
        """Say whether it is time for a line; if so, the next one is due `every_s` later."""
        now = time.monotonic()
        if now - self._last < self.every_s:
            return False
        self._last = now
        return True


class _Stdout(io.FileIO):
    """Standard output; an error ends the command, whatever was being written."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            _open_null(self.fileno())  # what is still in buffers is lost
            if isinstance(error, BrokenPipeError):
                raise SystemExit(BROKEN_PIPE) from None
            remedy = "free some space, or send the output elsewhere"
            print(f"error: standard output cannot be written: {error.strerror}; {remedy}", file=sys.stderr)
            raise SystemExit(1) from None


@contextlib.contextmanager
def checked_streams() -> Iterator[None]:
    """Give a command streams that it can use: one that is closed is /dev/null, an error of stdout ends the command.

    Without this, the next file that is opened would take the number of a closed stream, and get what is printed.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _open_null(number)
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
    before = sys.stdout
    if before is not sys.__stdout__:  # replaced by whoever calls this
        yield
        return
    encoding, errors = (before.encoding, before.errors) if before else ("utf-8", "replace")
    buffer = io.BufferedWriter(_Stdout(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(buffer, encoding, errors, line_buffering=os.isatty(1))
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stdout = before


def _open_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
