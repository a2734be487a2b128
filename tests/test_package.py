"""What is installed is what is here: a wheel, put elsewhere, and an editable install."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import textwrap
import tomllib
import venv
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
import yaml

from ser.command import config_folder

ROOT = Path(__file__).parents[1]


def build(folder: Path, version: str) -> zipfile.ZipFile:
    """Build a wheel with the backend that pip calls."""
    line = [sys.executable, "-m", "hatchling", "build", "-t", f"wheel:{version}", "-d", str(folder)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return zipfile.ZipFile(wheel)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, unpacked as pip does it, far from the checkout."""
    site = tmp_path_factory.mktemp("site")
    with build(tmp_path_factory.mktemp("dist"), "standard") as wheel:
        wheel.extractall(site)
    return site


@pytest.fixture
def run(installed, tmp_path):
    """Run Python in an empty folder with the installed package, and return what it printed."""

    def call(*arguments: str) -> str:
        environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def test_wheel_holds_the_package_and_its_configuration_and_nothing_else(installed):
    [information] = installed.glob("*.dist-info")
    assert {path.name for path in installed.iterdir()} == {"ser", "hydra_plugins", information.name}
    configuration = {path.relative_to(config_folder()): path for path in config_folder().rglob("*.yaml")}
    assert {path.relative_to(installed / "ser/conf") for path in (installed / "ser/conf").rglob("*")} >= set(
        configuration
    )
    for name, path in configuration.items():
        assert (installed / "ser/conf" / name).read_bytes() == path.read_bytes()
    assert (installed / "ser/py.typed").is_file()  # its types are for those who import it
    for folder in ("ser", "hydra_plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            assert (installed / path.relative_to(ROOT)).is_file()


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """A clean environment, in which pip has installed the wheel that is built from the source distribution.

    Dependencies are those of the tests: the environment reads their folder, and not the editable install that it names.
    """
    folder = tmp_path_factory.mktemp("environment")
    line = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        sdist.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(line, cwd=source, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    clean = folder / "clean"
    venv.create(clean, with_pip=False, symlinks=True)
    [site] = clean.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(clean / "bin/python")]
    line = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(line, check=True, capture_output=True)
    return clean


def test_source_distribution_installs_with_its_commands_and_configuration(environment, tmp_path):
    def answer(*line: str) -> str:
        bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run([environment / "bin" / line[0], *line[1:]], cwd=tmp_path, env=bare, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    where = answer("python", "-c", "import ser.command as c; print(c.__file__, c.config_folder())").split()
    assert all(Path(path).is_relative_to(environment) for path in where)
    assert "train     fine-tune an encoder" in answer("ser")
    assert answer("ser", "train", "--cfg", "job") == answer("python", "-m", "ser.train", "--cfg", "job")
    assert list(tmp_path.iterdir()) == []


def test_release_has_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)  # what the schema of 1.2.0 requires
    [latest] = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[:1]
    assert latest == project["version"]


def test_wheel_says_what_it_is(installed):
    [information] = installed.glob("*.dist-info")
    metadata = PathDistribution(information).metadata
    assert (metadata["Name"], metadata["License-Expression"]) == ("ser-grid", "Apache-2.0")
    assert metadata["Requires-Python"] == ">=3.11"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(metadata.get_all("Provides-Extra")) == set(project["optional-dependencies"])


@pytest.mark.parametrize("entry_point", ["train", "pretune", "analyze"])
def test_installed_entry_point_answers_for_help(run, entry_point):
    assert f"python -m ser.{entry_point}" in run("-m", f"ser.{entry_point}", "--help")


def test_installed_package_composes_every_option(run, installed):
    program = """
        import ser
        from hydra import compose, initialize_config_dir
        from ser.command import config_folder

        folder = config_folder()
        print(folder)
        with initialize_config_dir(str(folder), version_base="1.3"):
            for path in folder.glob("*.yaml"):
                compose(path.stem)
            for path in folder.glob("*/*.yaml"):
                if path.parent.name != "corpus":
                    entry_point = "pretune" if path.parent.name == "recipe" else "train"
                    compose(entry_point, [f"{path.parent.name}={path.stem}"])
        """
    assert run("-c", textwrap.dedent(program)) == f"{installed / 'ser/conf'}\n"


def test_editable_install_leaves_no_copy_behind(tmp_path):
    with build(tmp_path, "editable") as wheel:
        files = [name for name in wheel.namelist() if ".dist-info/" not in name]
        assert files == ["_ser_grid.pth"]
        assert wheel.read("_ser_grid.pth").decode() == str(ROOT)
