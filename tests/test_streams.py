"""Commands whose output goes nowhere: a closed stream, a reader that leaves, a full disk."""

import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ser.command import config_folder
from ser.streams import BROKEN_PIPE, Pace

ENTRY_POINTS = sorted(path.stem for path in config_folder().glob("*.yaml"))
FULL = "error: standard output cannot be written: No space left on device; free some space, or send the output "


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = command.replace("python", shlex.quote(sys.executable))
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_help_that_nobody_reads_to_its_end(entry_point, tmp_path):
    done = shell(f"python -m ser.{entry_point} --help >&-; echo $?", tmp_path)
    assert (done.stdout, done.stderr) == ("0\n", "")
    done = shell(f"python -m ser.{entry_point} --help > /dev/full; echo $?", tmp_path)
    assert done.stdout == "1\n"
    assert done.stderr.startswith(FULL)
    assert done.stderr.count("\n") == 1
    done = shell(f"python -m ser.{entry_point} --help | (sleep 0.1; exec true); echo ${{PIPESTATUS[0]}}", tmp_path)
    assert done.stderr == ""
    assert done.stdout in ("0\n", f"{BROKEN_PIPE}\n")  # small enough for the pipe's buffer, or not


SCRIPT = """\
import os
from pydantic import BaseModel
from ser.command import run
from ser.errors import CorpusError

class Settings(BaseModel, extra="allow"):
    sweep: str

def main(settings):
{task}

run(main, "status", Settings)
"""


@pytest.fixture
def call(tmp_path):
    """Run a command whose task is one line, with its streams redirected as a shell does."""

    def run(task: str, redirection: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "script.py").write_text(SCRIPT.format(task=f"    {task}"))
        return shell(f"python script.py sweep=x {redirection}", tmp_path)

    return run


MUCH = "[print('x' * 1000, flush=number % 7 == 0) for number in range(1000)]"


def test_a_reader_that_leaves_ends_the_command_without_a_word(call):
    done = call(MUCH, "| head -1; echo ${PIPESTATUS[0]}")
    assert (done.stdout[-4:], done.stderr) == (f"{BROKEN_PIPE}\n", "")


@pytest.mark.parametrize("task", ["print('x')", MUCH, "print('x', flush=True)"])
def test_a_full_disk_is_one_message(call, task):
    done = call(task, "> /dev/full")
    assert (done.returncode, done.stderr) == (1, f"{FULL}elsewhere\n")


def test_what_catches_errors_does_not_take_it_for_its_own(call):
    """Or a cell would be called failed, because nobody reads the table of its sweep."""
    task = "exec('try:\\n    print(1, flush=True)\\nexcept Exception:\\n    os._exit(99)')"
    assert call(task, "> /dev/full").returncode == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_not_the_number_of_the_next_file(call, tmp_path, closed):
    task = "file = open('data', 'wb'); os.write(1, b'printed'); os.write(2, b'said'); file.write(b'data'); file.close()"
    done = call(task, f"{closed}; exit $?")
    assert done.returncode == 0
    assert (tmp_path / "data").read_bytes() == b"data"


def test_a_mistake_has_its_code_though_nothing_can_be_said(call):
    assert call("raise CorpusError('no clip is left')", "2> /dev/full").returncode == 1
    assert call("pass", "+unknown={ 2> /dev/full").returncode == 2
    assert call("raise CorpusError('no clip is left')", ">&- 2>&-").returncode == 1


def test_a_path_that_the_system_refuses_is_one_message(call):
    done = call("open('x' * 300)", "")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {'x' * 300}: File name too long; check this path and its rights\n"
    assert "Traceback" in call("open('missing')", "").stderr  # may be a bug


def test_progress_is_a_line_now_and_then(monkeypatch):
    seconds = iter([0, 1, 14.9, 15, 16, 29.9, 31])
    monkeypatch.setattr("ser.streams.time", SimpleNamespace(monotonic=lambda: next(seconds)))
    pace = Pace(15)
    assert [pace.due() for _ in range(6)] == [False, False, True, False, False, True]
