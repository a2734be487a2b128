"""The command line, on next to nothing."""

from pathlib import Path

import pytest

from tests import commands
from tests.commands import Ended

SMALL = (
    *("speakers=10", "sentences=1", "emovo_sentences=1", "transcribed_speakers=2", "transcribed_sentences=2"),
    *("warm_up_clips=4", "warm_up_steps=3"),
)


def synth(folder: Path, *arguments: str) -> Ended:
    return commands.run("ser.synth", *arguments, folder=folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synth")
    call = synth(folder, *SMALL)
    assert call.returncode == 0, call.stderr
    assert call.stderr == ""
    return folder


def test_it_writes_corpora_and_checkpoints_and_nothing_else(made: Path) -> None:
    assert [path.name for path in made.iterdir()] == ["demo"]
    demo = made / "demo"
    assert len(list((demo / "corpora/Emozionalmente/audio").glob("*.wav"))) == 70
    assert len(list((demo / "corpora/EMOVO").glob("[fm][123]/*.wav"))) == 42
    assert len(list((demo / "corpora/CommonVoice-it/clips").glob("*.mp3"))) == 4
    assert {path.name for path in (demo / "checkpoints").iterdir()} == {"wav2vec2-none", "hubert-none"}


def test_the_second_time_there_is_nothing_to_do(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    call = synth(made, *SMALL)
    assert call.returncode == 0
    assert "nothing to do" in call.stdout
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((*SMALL, "random_seed=1"), 1, "demo was made with random_seed=0 instead of 1"),
        (("output=demo/corpora",), 1, "holds something that was not made here"),
        (("speakers=3",), 2, "speakers=3: input should be greater than or equal to 10"),
        (("speaker=36",), 2, "did you mean speakers?"),
    ],
)
def test_a_mistake_is_one_message(made: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    call = synth(made, *arguments)
    assert call.returncode == code
    assert message in call.stderr
    assert "Traceback" not in call.stderr
