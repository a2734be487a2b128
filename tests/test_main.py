"""The front door: `ser <command>` is `python -m ser.<command>`, in the same process."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import ser
from ser import records
from ser.command import config_folder
from tests import commands

COMMANDS = {path.stem for path in config_folder().glob("*.yaml")}
HEAVY = ("torch", "pandas", "transformers", "mlflow", "pytorch_lightning", "numpy")


def call(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "ser", *arguments]
    paths = os.pathsep.join(filter(None, (str(Path(ser.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths} | environment
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_commands_are_listed_in_the_order_of_the_way(tmp_path, arguments):
    done = call(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = dict(re.findall(r"^  (\w+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert set(lines) == COMMANDS
    names = list(lines)
    way = ["prepare", "audit", "plan", "train", "status", "analyze", "probe"]
    assert [name for name in names if name in way] == way
    assert all(line.endswith(".") and "`python" not in line for line in lines.values())


def test_list_is_printed_before_anything_heavy_is_imported(tmp_path):
    program = f"""
        import runpy, sys
        sys.argv = ["ser", "--help"]
        runpy.run_module("ser", run_name="__main__", alter_sys=True)
        print("imported", *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
        """
    line = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == "imported\n"


@pytest.mark.parametrize("reader", ["| true", ">&-"])
def test_list_that_nobody_reads(tmp_path, reader):
    line = f"{sys.executable} -m ser {reader}"
    paths = os.pathsep.join(filter(None, (str(Path(ser.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("typed", "message"),
    [("trainn", "no command 'trainn'; did you mean train?"), ("xyz", "no command 'xyz'\n"), ("", "no command ''\n")],
)
def test_mistyped_command_names_the_nearest(tmp_path, typed, message):
    done = call(tmp_path, typed)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "commands: prepare, audit, " in done.stderr


def test_exit_codes_and_messages_are_those_of_the_command(tmp_path):
    for arguments in (("status", "sweep=none"), ("train", "model=x"), ("train", "--cfg", "job")):
        front, direct = (
            call(tmp_path, *arguments),
            commands.run_afresh(f"ser.{arguments[0]}", *arguments[1:], folder=tmp_path),
        )
        assert (front.returncode, front.stdout, front.stderr) == direct


def test_grid_runs_in_processes_of_joblib(tmp_path, small_corpora, tiny_checkpoint):
    small = (
        *(f"corpora_dir={small_corpora}", f"model.checkpoints.none={tiny_checkpoint()}", "tracker=none", "trainer=cpu"),
        *("training.epochs=1", "training.validate_every_steps=2", "trainer.threads=1", "dataset=emovo"),
    )
    grid = ("train", "-m", "hydra/launcher=joblib", "max_parallel=2", "seed=0,1", *small)
    ended = commands.run("ser", *grid, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    cells = list((tmp_path / "multirun_sweeps/default").glob("*=*"))
    assert len(cells) == 2
    assert {records.state(cell) for cell in cells} == {"finished"}
    assert "2 finished before, 0 to run" in commands.run("ser", *grid, folder=tmp_path).stdout


def test_signal_ends_it_as_it_ends_the_command(tmp_path, small_corpora, tiny_checkpoint):
    small = (f"corpora_dir={small_corpora}", f"model.checkpoints.none={tiny_checkpoint()}", "tracker=none")
    long = ("dataset=emovo", "training.epochs=100000", "training.patience=100000", "trainer=cpu", "trainer.threads=1")
    command = commands.Command("ser", "train", *small, *long, folder=tmp_path)
    while command.poll() is None and not list(tmp_path.glob("multirun_sweeps/default/*/curves.jsonl")):
        time.sleep(0.05)
    os.kill(command.pid, signal.SIGTERM)
    ended = command.wait()
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (143, "interrupted; call again")


def test_parts_by_import_path_are_found_by_the_console_command(tmp_path):
    (tmp_path / "my_lab.py").write_text("raise RuntimeError('my_lab was imported')\n")
    script = tmp_path / "bin" / "ser"
    script.parent.mkdir()
    script.write_text("import sys\nfrom ser.__main__ import main\nsys.exit(main())\n")  # as pip writes it
    line = [sys.executable, str(script), "train", "pooling=my_lab.GeM"]
    paths = os.pathsep.join(filter(None, (str(Path(ser.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "my_lab was imported" in done.stderr


@pytest.mark.parametrize(
    ("line", "proposed"),
    [
        ("ser ", COMMANDS),
        ("ser tr", COMMANDS),
        ("ser train pooling=m", {"pooling=max", "pooling=mean"}),
        ("ser train -m seed=1 pooling=m", {"pooling=max", "pooling=mean"}),
        ("ser none x", set()),
    ],
)
def test_shell_completes_commands_and_what_hydra_knows(tmp_path, line, proposed):
    done = call(tmp_path, "-sc", "query=bash", COMP_LINE=line)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == proposed


def test_completion_in_bash(tmp_path):
    """The script that users evaluate, asked as bash asks it."""
    script = tmp_path / "bin" / "ser"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nimport sys\nfrom ser.__main__ import main\nsys.exit(main())\n")
    script.chmod(0o755)
    asked = """
        eval "$(ser -sc install=bash)"
        COMP_LINE="ser train pooling=ma" COMP_POINT=20 COMP_CWORD=2
        hydra_bash_completion
        echo "${COMPREPLY[@]}"
        """
    paths = os.pathsep.join(filter(None, (str(Path(ser.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PATH": f"{script.parent}:{os.environ['PATH']}", "PYTHONPATH": paths}
    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout == "pooling=max\n", done.stderr


def test_system_without_posix_locks_is_one_message(tmp_path):
    program = "import sys; sys.modules['fcntl'] = None; import ser.train"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ser runs on Linux and macOS")
    assert done.stderr.count("\n") == 1
