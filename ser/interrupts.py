"""Signals that end a command: one line, the exit code of the signal, and no process is left.

A process of a launcher ends with the command that started it, also when that is killed: it would go on to train the
next cell, whose scores nobody waits for.
"""

import atexit
import contextlib
import functools
import os
import select
import signal
import sys
import threading
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 5
"""The time that a command has to close its files and its run in the tracker."""
DRIVER = "SER_DRIVER"
"""The environment variable that tells a process of a launcher the id of the process that it ends with."""


class Interrupted(BaseException):
    """A signal asks the command to end; libraries that handle KeyboardInterrupt and SystemExit pass this on.

    Attributes:
        exit_code: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.
    """

    def __init__(self, number: int) -> None:
        super().__init__("interrupted; call again")
        self.exit_code = 128 + number


_received: list[int] = []
"""The signal that ends this process, once there is one."""
_said: list[bool] = []
"""Not empty once the line is printed."""


def raise_interrupts() -> None:
    """Raise `Interrupted` at the first signal; a second one, or `GRACE_S` seconds, end the process at once.

    Signals that are ignored, as SIGHUP is under `nohup`, stay ignored.
    """
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    signal.signal(signal.SIGALRM, _end)  # before a training: Lightning puts back the handlers that it has found
    atexit.register(_leave)


def _interrupt(number: int, _: FrameType | None) -> None:
    if _received:
        _end()
    _received.append(number)
    signal.alarm(GRACE_S)
    raise Interrupted(number)


def say(interrupted: Interrupted) -> None:
    """Print the line of a command that ends by a signal, once."""
    if not _said:
        _said.append(True)
        with contextlib.suppress(OSError):
            os.write(2, f"{interrupted}\n".encode())


def _end(*_: object) -> None:
    interrupted = Interrupted(_received[0])
    say(interrupted)
    os._exit(interrupted.exit_code)


def _leave() -> None:
    """End after all else that is done at exit: the interpreter takes handlers away, and an alarm would kill it."""
    if _received:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(Interrupted(_received[0]).exit_code)


def drive() -> None:
    """Make all processes that this one starts from now on end with it, as far as they call `end_with_driver`."""
    os.environ[DRIVER] = str(os.getpid())


@functools.cache
def end_with_driver() -> None:
    """End this process at any signal, and when its driver ends; nothing happens in the driver itself."""
    driver = int(os.environ.get(DRIVER, os.getpid()))
    if driver == os.getpid():
        return
    for number in SIGNALS:
        signal.signal(number, lambda number, _: os._exit(128 + number))
    if sys.platform == "linux":
        try:
            ended = os.pidfd_open(driver)
        except ProcessLookupError:
            os._exit(1)
        threading.Thread(target=_end_after, args=(ended,), daemon=True).start()


def _end_after(ended: int) -> None:
    select.select([ended], [], [])
    os._exit(1)
