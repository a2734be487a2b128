"""benchmarks.gpu runs where there is nothing but what its README names: packages of the machine, and a few wheels."""

import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.measure import RESULTS, ROOT

MACHINE = ("torch", "torchaudio", "transformers", "pytorch-lightning")


def download_line() -> list[str]:
    """Return the words of the README's command that downloads the wheels."""
    text = (ROOT / "benchmarks" / "README.md").read_text()
    command = re.search(r"pip download (?:.*\\\n)*.*", text)
    assert command, "benchmarks/README.md has no pip download"
    return command[0].replace("\\\n", " ").split()[2:]


def wheels() -> list[str]:
    """Return the names of the wheels."""
    words = download_line()
    values = ("-d", "-c", "--python-version", "--implementation", "--abi", "--platform")
    return [word for before, word in zip(["", *words], words, strict=False) if word[0] != "-" and before not in values]


def with_dependencies(names: tuple[str, ...]) -> dict[str, Distribution]:
    """Return what is installed of some packages and all that they require, by name."""
    found: dict[str, Distribution] = {}
    left = [Requirement(name) for name in names]
    while left:
        requirement = left.pop()
        try:
            package = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # of another platform
        extras = requirement.extras or {""}
        new = canonicalize_name(requirement.name) not in found
        found[canonicalize_name(requirement.name)] = package
        needed = [Requirement(line) for line in package.requires or []]
        left += [
            each
            for each in needed
            if (new or requirement.extras)
            and (each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras))
        ]
    return found


@pytest.fixture
def site(tmp_path) -> Path:
    """Make a folder of packages that has links to those alone."""
    folder = tmp_path / "site"
    folder.mkdir()
    packages = with_dependencies(MACHINE) | {name: distribution(name) for name in wheels()}
    for package in packages.values():
        for name in {path.parts[0] for path in package.files or []} - {"..", "__pycache__"}:
            link = folder / name
            if not link.exists():
                link.symlink_to(Path(str(package.locate_file(name))))
    return folder


def test_wheels_are_of_the_machine_and_not_of_the_one_that_downloads_them():
    words = download_line()
    for option, value in (("--python-version", "3.12"), ("--implementation", "cp"), ("--abi", "cp312")):
        assert words[words.index(option) + 1] == value
    assert {"--only-binary=:all:", "--no-deps"} <= set(words)
    assert words[words.index("--platform") + 1].startswith("manylinux")


def test_wheels_are_what_they_require_themselves():
    installed = {*with_dependencies(MACHINE), *(canonicalize_name(name) for name in wheels())}
    for name in wheels():
        needed = [Requirement(line) for line in distribution(name).requires or []]
        needed = [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
        assert {canonicalize_name(each) for each in needed} <= installed, name


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_step_runs_with_these_packages_alone_and_writes_no_result(site, tmp_path):
    """Fails when somebody adds an import of another package, wherever in the steps it is.

    Takes half a minute of computing; where many share the machine, the steps that are left after some minutes are
    skipped.
    """
    before = sorted(RESULTS.iterdir())
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        # -S: no packages but those of PYTHONPATH
        [sys.executable, "-S", "-m", "benchmarks.gpu", "--tiny", "--minutes", "4"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-5000:]
    page = run.stdout.partition("# A cell of the paper's size on a GPU")[2]
    assert "no result" in page
    assert "- material: measured" in page
    assert "kernels: not measured, CUDA alone has them." in page or "- kernels and waits: skipped" in page
    assert sorted(RESULTS.iterdir()) == before
