"""What can be wrong with audio, tables, folders, archives, checkpoints and keys has an outcome, stated in advance.

`pytest tests/bad_input --write-docs` writes the outcomes to docs/bad_input.md; a test holds that they stand there.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from ser.audio.store import open_store
from tests.audio.conftest import voice
from tests.bad_input import archives, checkpoints, configs, recordings, tables, trees
from tests.bad_input.case import Case, Outcome, outcome

CASES: list[Case] = [
    *recordings.CASES,
    *tables.CASES,
    *trees.CASES,
    *archives.CASES,
    *checkpoints.CASES,
    *configs.CASES,
]
PAGE = Path(__file__).parents[2] / "docs/bad_input.md"
HEAD = """\
# Bad input and what becomes of it

Made from the test suite (`pytest tests/bad_input --write-docs`); a test holds that it is up to date. What is *refused*
ends the call with this message and exit code 1, or 2 for a mistake in the configuration; stores and caches stay as
they were. What is *dropped* is left out and counted, what is *taken* is read as it is meant. Clips that are known to be
broken are left out with `dataset.corpora.<name>.leave_out=[...]`, at most 5 % of a corpus.
"""
REMEDIES = (";", "allowed", "?", "should", "among", "expected", "true and false")


@pytest.fixture(scope="module")
def came_of(
    tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[..., Path]
) -> Callable[[Case], Outcome]:
    """Give a function that uses a bad input, once."""
    known: dict[int, Outcome] = {}
    checkpoints.GOOD["wav2vec2"] = tiny_checkpoint()

    def call(case: Case) -> Outcome:
        if id(case) not in known:
            known[id(case)] = outcome(case, tmp_path_factory.mktemp("bad"))
        return known[id(case)]

    return call


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.name}")
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_outcome(case: Case, came_of: Callable[[Case], Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    policy, said = came_of(case)
    assert policy == case.policy, said
    if policy == "refused":
        assert case.names in said
        assert any(remedy in said for remedy in REMEDIES), said


@pytest.mark.parametrize(
    "case", [case for case in recordings.CASES if case.policy == "refused"], ids=lambda case: case.name
)
def test_stores_stay_as_they_were(case: Case, tmp_path: Path) -> None:
    """A store that was there before is not touched, and none comes to it; what files hold may be remembered."""
    (tmp_path / "before").mkdir()
    soundfile.write(tmp_path / "before/a.wav", voice(0.6, 16000), 16000)
    store = open_store(
        root=tmp_path / "before",
        paths=["a.wav"],
        channel=0,
        sample_rate=16000,
        loudness_lufs=-23.0,
        folder=tmp_path / "store",
        name="before",
    )
    (tmp_path / "store").chmod(0o777)
    (tmp_path / "store/content").chmod(0o777)
    (tmp_path / "store/lock").chmod(0o666)
    before = {path: path.stat().st_mtime_ns for path in store.folder.rglob("*")}
    assert outcome(case, tmp_path).policy == "refused"
    assert {path: path.stat().st_mtime_ns for path in store.folder.rglob("*")} == before
    assert {path.name for path in (tmp_path / "store").iterdir()} == {store.digest, "content", "lock"}


def test_the_documentation_is_up_to_date(came_of: Callable[[Case], Outcome], request: pytest.FixtureRequest) -> None:
    page = to_markdown([(case, came_of(case)) for case in CASES])
    if request.config.getoption("--write-docs", default=False):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "run: pytest tests/bad_input --write-docs"


def to_markdown(outcomes: list[tuple[Case, Outcome]]) -> str:
    """Return a table of outcomes for each kind of input."""
    lines = [HEAD]
    for kind in dict.fromkeys(case.kind for case, _ in outcomes):
        lines += [f"## {kind.capitalize()}s", "", "| what is wrong | outcome | what is said |", "|---|---|---|"]
        for case, (policy, said) in outcomes:
            if case.kind == kind:
                lines.append(f"| {case.name} | {policy} | {said.replace('|', chr(92) + '|')} |")
        lines.append("")
    return "\n".join(lines)
