"""Every step of CONTRIBUTING.md: its files are written, its lines added, its commands run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
import transformers

from ser import records
from tests import commands
from tests.encoders import configuration, extractor

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|yaml)\n# (?:in (\w+) of )?(\S+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
FILES = {path: content for _, table, path, content in BLOCKS if not table}
"""Path -> content of the files that are shown whole."""
LINES = {(path, table): content for _, table, path, content in BLOCKS if table}
"""(path, table) -> the line that a part of the project adds to a table."""
LINE_TO_TRAIN, LINE_OF_ENTRY_POINT = re.findall(r"^```console\n(.*?)\n```", TEXT, re.MULTILINE | re.DOTALL)


def of_the_project(path: str) -> bool:
    """Say whether a file is one that is added to the project itself."""
    return path.startswith("ser/") or path == "conf/cells.yaml"


def write(folder: Path, path: str, content: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(content, encoding="utf-8")


def test_blocks_are_found():
    assert len([path for path in FILES if not of_the_project(path)]) == 12
    assert len(LINES) == 2


@pytest.mark.parametrize(("table", "path"), re.findall(r"\| `([A-Z]+)` in `(\S+\.py)` \|", TEXT))
def test_table_of_a_kind_is_where_it_says(table, path):
    assert re.search(rf"^{table}\b.* = ", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_parts_of_a_package_of_your_own_are_trained_with(tmp_path, small_corpora):
    for path, content in FILES.items():
        if not of_the_project(path):
            write(tmp_path, path, content)
    torch.manual_seed(0)
    config = transformers.UniSpeechConfig(**configuration("wav2vec2").to_diff_dict() | {"model_type": "unispeech"})
    transformers.UniSpeechModel(config).save_pretrained(tmp_path / "checkpoint")
    extractor("wav2vec2").save_pretrained(tmp_path / "checkpoint")
    path, python, _, *line = shlex.split(LINE_TO_TRAIN)
    assert (path, python) == ("PYTHONPATH=.", "python")
    small = (
        *(f"corpora_dir={small_corpora}", f"model.checkpoints.none={tmp_path}/checkpoint", "tracker=none"),
        *("training.epochs=1", "training.validate_every_steps=2", "trainer=cpu", "trainer.threads=1"),
    )
    paths = os.pathsep.join(filter(None, (".", os.environ.get("PYTHONPATH"))))
    ended = commands.run(*line, *small, folder=tmp_path, environment=os.environ | {"PYTHONPATH": paths})
    assert ended.returncode == 0, ended.stderr
    [cell] = (tmp_path / "multirun_sweeps/default").glob("*=*")
    parameters = records.ResultRecord.read(cell).parameters
    assert parameters["pooling.name"] == "my_lab.pooling.GeM"
    assert parameters["loss.q"] == 0.7
    assert "my_lab.corpora.read_x" in parameters.values()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project to which a pooling, a statistic and an entry point are added as it says."""
    folder = tmp_path_factory.mktemp("project")
    for part in ("ser", "conf", "hydra_plugins"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    added = {path: content for path, content in FILES.items() if of_the_project(path)}
    added["ser/models/pooling/gem.py"] = FILES["my_lab/pooling.py"]
    added["conf/pooling/gem.yaml"] = FILES["conf/pooling/gem.yaml"].replace("my_lab.pooling.GeM", "gem")
    for path, content in added.items():
        assert not (folder / path).exists()
        write(folder, path, content)
    for (path, table), line in LINES.items():
        text = (folder / path).read_text("utf-8")
        changed, count = re.subn(rf"(?ms)^({table}\b.*?{{\n)", lambda head, line=line: head[1] + line, text, count=1)
        assert count == 1
        (folder / path).write_text(changed, "utf-8")
    return folder


def run_in(project: Path, folder: Path, *line: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(project)}
    done = subprocess.run([sys.executable, *line], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pooling_and_statistic_of_the_project_are_found_by_name(project, tmp_path):
    program = """
        import doctest, hydra
        from ser.analysis import seeds
        import ser.analysis.seeds as module
        from ser.command import check, config_folder
        from ser.models.pooling import build_pooling
        from ser.settings import TrainSettings

        with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
            settings = check(hydra.compose("train", ["pooling=gem", "pooling.p=2"]), TrainSettings)
        pooling = build_pooling(settings.pooling, 4)
        print(type(pooling).__module__, pooling.p, doctest.testmod(module))
        """
    said = run_in(project, tmp_path, "-c", textwrap.dedent(program))
    assert said == "ser.models.pooling.gem 2.0 TestResults(failed=0, attempted=1)\n"


def test_entry_point_of_the_project_is_called(project, tmp_path):
    (tmp_path / "multirun_sweeps/paper/model=hubert,seed=0").mkdir(parents=True)
    python, *line = shlex.split(LINE_OF_ENTRY_POINT)
    assert python == "python"
    assert run_in(project, tmp_path, *line) == "model=hubert,seed=0\n"
    assert "Name the cells of a sweep:" in run_in(project, tmp_path, *line[:2], "--help")
