from pathlib import Path

import pytest

from ser.synthesis import SynthesisError
from ser.synthesis.output import STAMP, atomic_folder, is_made

SETTINGS = {"random_seed": 0, "speakers": 12}


def make(output: Path, settings: dict[str, int] = SETTINGS) -> None:
    with atomic_folder(output, settings) as folder:
        (folder / "clip.wav").write_bytes(b"sound")


def test_what_was_made_is_known_again(tmp_path: Path) -> None:
    output = tmp_path / "new" / "demo"
    assert not is_made(output, SETTINGS)
    make(output)
    assert is_made(output, SETTINGS)
    assert {path.name for path in output.iterdir()} == {"clip.wav", STAMP}
    assert [path.name for path in output.parent.iterdir()] == ["demo"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    output = tmp_path / "demo"
    output.mkdir()
    assert not is_made(output, SETTINGS)
    make(output)
    assert is_made(output, SETTINGS)


def test_other_settings_are_named_and_refused(tmp_path: Path) -> None:
    make(tmp_path / "demo")
    with pytest.raises(SynthesisError, match=r"demo was made with speakers=12 instead of 36; choose another folder"):
        is_made(tmp_path / "demo", SETTINGS | {"speakers": 36})


@pytest.mark.parametrize("content", [None, "no JSON"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    if content:
        (tmp_path / STAMP).write_text(content)
    with pytest.raises(SynthesisError, match="holds something that was not made here"):
        is_made(tmp_path, SETTINGS)


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(SynthesisError, match="holds something that was not made here"):
        is_made(tmp_path / "demo", SETTINGS)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_nothing(tmp_path: Path, interruption: type[BaseException]) -> None:
    def interrupted() -> None:
        with atomic_folder(tmp_path / "demo", SETTINGS) as folder:
            (folder / "clip.wav").write_bytes(b"half")
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    output = tmp_path / "demo"

    def overtaken() -> None:
        with atomic_folder(output, SETTINGS):
            output.mkdir()
            (output / "thesis.txt").write_text("mine")

    with pytest.raises(SynthesisError, match=r"cannot write .*demo"):
        overtaken()
    assert [path.name for path in tmp_path.rglob("*")] == ["demo", "thesis.txt"]
