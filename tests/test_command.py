import os
import subprocess
import sys
import textwrap
import weakref
from types import SimpleNamespace

import pytest
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf.errors import OmegaConfBaseException

from ser import command
from ser.command import config_folder, explain
from ser.errors import ConfigError, CorpusError, UserError

HEAVY = ("torch", "pandas", "transformers", "mlflow", "pytorch_lightning", "sklearn", "matplotlib", "numpy")
ENTRY_POINTS = sorted(path.stem for path in config_folder().glob("*.yaml"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("models=hubert", "unknown key models; did you mean model?\n       allowed keys: "),
        ("training.epoch=3", "unknown key training.epoch; did you mean training.epochs?\n       allowed in training: "),
        ("model=huber", "Could not find 'model/huber'\n       Available options in 'model':\n       \tdata2vec"),
        ("training.epochs=1,2", "training.epochs=1,2': to run all of them, add -m"),
        (
            "dataset.corpora.emovo.labels.gioia=joy",
            "labels.gioia; to add it: '+dataset.corpora.emovo.labels={gioia: ",
        ),
        (
            "dataset.corpora.emovo.columns={path: file}",
            "dataset.corpora.emovo.columns; an option of its reader takes a plus: +dataset.corpora.emovo.columns=...",
        ),
        ("sweep=città", "quote values with special characters: 'key=\"value\"'"),
        ("sweep=a{b", "quote values with special characters: 'key=\"value\"'"),
    ],
)
def test_mistake_on_the_command_line_is_named_with_what_is_allowed(compose, override, message):
    with pytest.raises((HydraException, OmegaConfBaseException)) as raised:
        compose(override)
    explained = explain(raised.value)
    assert message in explained
    assert "Config search path" not in explained
    assert "struct" not in explained


def test_own_errors_are_their_own_explanation():
    assert explain(CorpusError("corpus 'emovo': no folder")) == "corpus 'emovo': no folder"


def test_mistakes_in_the_configuration_have_an_exit_code_of_their_own():
    assert (CorpusError.exit_code, ConfigError.exit_code) == (1, 2)


@pytest.fixture
def call(tmp_path):
    """Run an entry point whose task is these lines, and return what came of it."""

    def run(task: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        script = tmp_path / "script.py"
        head = """\
            from pydantic import BaseModel
            from ser.command import run
            from ser.errors import ConfigError, CorpusError

            class Settings(BaseModel, extra="allow"):
                sweep: str

            def main(settings):
                {}

            run(main, "status", Settings)
            """
        script.write_text(textwrap.dedent(head).format(task))
        line = [sys.executable, str(script), "sweep=x", *arguments]
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize(
    ("task", "code", "said"),
    [
        ("print(settings.sweep)", 0, ""),
        ("raise CorpusError('no clip is left')", 1, "error: no clip is left\n"),
        ("raise ConfigError('too few')", 2, "error: too few\n"),
    ],
)
def test_mistake_of_the_user_is_one_message_and_a_code(call, tmp_path, task, code, said):
    done = call(task)
    assert (done.returncode, done.stderr) == (code, said)
    assert done.stdout == ("" if code else "x\n")
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


def test_working_folder_of_hydra_is_refused_in_one_message(call):
    done = call("print(settings.sweep)", "hydra.job.chdir=true")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: hydra.job.chdir=true: ")
    assert done.stderr.count("\n") == 1


def test_bug_keeps_its_traceback(call):
    done = call("1 / 0")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_help_is_answered_before_anything_heavy_is_imported(entry_point, tmp_path):
    program = f"""
        import runpy, sys
        sys.argv = ["ser.{entry_point}", "--help"]
        try:
            runpy.run_module("ser.{entry_point}", run_name="__main__", alter_sys=True)
        finally:
            print("imported", *(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
        """
    line = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "imported\n")
    assert f"python -m ser.{entry_point}" in done.stdout
    assert list(tmp_path.iterdir()) == []


class Weights:
    """Stand for what is on a GPU."""


@pytest.mark.parametrize("kind", [UserError, RuntimeError])
def test_an_error_that_hydra_keeps_holds_no_memory_of_its_cell(monkeypatch, kind):
    """Or all cells after one that ran out of memory would run out of memory."""
    held: list[weakref.ref] = []
    kept: list[Exception] = []

    def step() -> None:
        weights = Weights()
        weights.module = weights  # as a trainer and its module
        held.append(weakref.ref(weights))
        raise RuntimeError("CUDA out of memory")

    def task(config: object) -> None:
        weights = Weights()
        held.append(weakref.ref(weights))
        try:
            step()
        except RuntimeError as error:
            raise kind("out of memory") from error

    def launch(job):
        def call() -> None:
            try:
                job(None)
            except kind as error:
                kept.append(error)

        return call

    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(command.hydra, "main", lambda **_: launch)
    monkeypatch.setattr(
        command.HydraConfig, "get", lambda: SimpleNamespace(mode=RunMode.MULTIRUN, job=SimpleNamespace(chdir=None))
    )
    command.start(task, "train")
    assert len(kept) == 1
    assert [reference() for reference in held] == [None, None]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"LC_ALL": "C"}, "error: there is no file /nowhere/\u00e9"),
        (
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            "this shell's locale is not UTF-8; export LC_ALL=C.UTF-8",
        ),
    ],
)
def test_accents_are_read_in_the_c_locale_or_the_locale_is_named(tmp_path, environment, message):
    program = """
        from ser.command import run
        from ser.errors import UserError
        from ser.synth import SynthSettings
        def task(settings):
            raise UserError(f"there is no file {settings.output}")
        run(task, "synth", SynthSettings)
        """
    line = [sys.executable, "-c", textwrap.dedent(program), 'output="/nowhere/\u00e9"']
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=False, env=os.environ | environment)
    assert message in done.stderr.decode("utf-8")
    assert "Traceback" not in done.stderr.decode("utf-8")
    assert done.returncode > 0
