"""Signals end a process with one line and their exit code, whatever libraries do to the handlers meanwhile."""

import signal
import subprocess
import sys
import textwrap

import pytest

BEGIN = """
    import atexit, os, signal, sys, time
    from ser import interrupts
    interrupts.GRACE_S = 1
    interrupts.raise_interrupts()
    found = {number: signal.getsignal(number) for number in (*interrupts.SIGNALS, signal.SIGALRM)}
    def put_back():  # as Lightning does at the end of a training
        for number, handler in found.items():
            signal.signal(number, handler)
    try:
        os.kill(os.getpid(), signal.{name})
    except interrupts.Interrupted as interrupted:
        put_back()
    """
HANGS = "time.sleep(100)"
SECOND = "os.kill(os.getpid(), signal.{name})"
ENDS = "interrupts.say(interrupted); sys.exit(interrupted.exit_code)"
HANGS_AT_EXIT = f"atexit.register(time.sleep, 100); {ENDS}"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("end", [ENDS, HANGS, SECOND, HANGS_AT_EXIT])
def test_a_signal_ends_a_process_with_its_code_and_one_line(name, end):
    program = f"{textwrap.dedent(BEGIN)}    {end}"
    line = [sys.executable, "-c", program.replace("{name}", name)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + getattr(signal, name), "interrupted; call again\n")
