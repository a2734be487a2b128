"""What is damaged on disk is named and made anew, and what is not ours is left alone."""

import itertools
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ser.audio import whole
from ser.audio.ragged import CHECKSUMS, FILES, LENGTHS, VALUES, Ragged, write_ragged
from ser.audio.whole import open_once, remove
from ser.errors import RecordError, UserError

ROWS = [np.arange(length * 2, dtype=np.float32).reshape(length, 2) for length in (3, 1, 40)]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Ragged]:
    """Give a function that opens an array as a new process would."""

    def call() -> Ragged:
        whole._verified.clear()
        return open_once(tmp_path / ("0" * 32), lambda folder: write_ragged(folder, ROWS, "<f4", {"rate": 1}), Ragged)

    return call


def same(rows: Ragged) -> bool:
    return len(rows) == 3 and all(np.array_equal(row, other) for row, other in zip(rows, ROWS, strict=True))


def zero_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))


def zero_header(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:20] + bytes(30) + content[50:])


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) - 5] ^= 4
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0" * 8),
    "half zeros": zero_half,
    "zeros from its 20th byte": zero_header,
    "flipped bit": flip_bit,
    "missing": Path.unlink,
}


@pytest.mark.parametrize(("name", "damage"), [*itertools.product(FILES, DAMAGES)])
def test_damage_is_named_and_made_anew(opened, caplog, name, damage):
    folder = opened().folder
    DAMAGES[damage](folder / name)
    assert same(opened())
    harmless = damage == "longer" and name in (LENGTHS, CHECKSUMS)  # NumPy reads what its header says
    assert (f"{folder} is damaged" in caplog.text) != harmless


def test_a_store_of_an_earlier_version_has_no_checksums_and_is_made_anew(opened, caplog):
    folder = opened().folder
    (folder / CHECKSUMS).unlink()
    (folder / "facts.json").write_text('{"dtype": "<f4", "row_shape": [2], "rate": 1}')
    assert same(opened())
    assert "of an earlier version" in caplog.text


def test_rows_are_verified_once_in_a_process(opened, monkeypatch):
    folder = opened().folder
    monkeypatch.setattr(Ragged, "verify", None)
    open_once(folder, lambda _: None, Ragged)


def test_verifying_names_the_file_and_the_rows(opened):
    rows = opened()
    content = bytearray((rows.folder / VALUES).read_bytes())
    content[3 * 8 + 1] ^= 1  # in the second row
    (rows.folder / VALUES).write_bytes(content)
    with pytest.raises(
        RecordError, match=r"values is damaged: 1 of 3 rows do not match their checksums \(first at 1\)"
    ):
        Ragged(rows.folder).verify()


def test_who_still_reads_a_damaged_array_keeps_it(opened):
    before = opened()
    first = np.array(before[0])
    flip_bit(before.folder / CHECKSUMS)
    assert same(opened())
    assert np.array_equal(before[0], first)


def test_folders_called_partial_that_are_not_ours_stay(opened, tmp_path, caplog):
    kept = [tmp_path / "thesis.partial", tmp_path / f"{'1' * 32}.partial", tmp_path / f"{'2' * 32}.partial"]
    for folder in kept[:2]:
        folder.mkdir()
        (folder / "chapter.txt").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / VALUES).write_text("mine")
    kept[2].symlink_to(elsewhere)
    left = tmp_path / f"{'3' * 32}.partial"
    left.mkdir()
    (left / VALUES).write_bytes(b"half")
    opened()
    assert all(folder.exists() for folder in kept)
    assert (elsewhere / VALUES).read_text() == "mine"
    assert not left.exists()


def test_a_folder_with_other_files_is_not_removed(opened):
    folder = opened().folder
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files; move it elsewhere"):
        remove(folder)
    flip_bit(folder / VALUES)
    with pytest.raises(UserError, match="holds other files; move it elsewhere"):
        opened()
    assert {path.name for path in folder.iterdir()} == {*FILES, "notes.txt"}


def test_a_folder_shows_up_when_all_of_it_is_on_the_disk(tmp_path, monkeypatch):
    synced: list[str] = []
    fsync, rename = os.fsync, Path.rename
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.readlink(f"/proc/self/fd/{file}")), fsync(file)))

    def renamed(path: Path, target: Path) -> Path:
        assert {Path(name).name.split(".json")[0].lstrip(".") for name in synced} >= {
            VALUES,
            LENGTHS,
            CHECKSUMS,
            "facts",
        }
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", renamed)
    open_once(tmp_path / ("0" * 32), lambda folder: write_ragged(folder, ROWS, "<f4", {}), Ragged)
    assert Path(synced[-1]) == tmp_path


def test_what_was_made_is_not_announced_as_damaged(opened, caplog):
    caplog.set_level(logging.INFO)
    opened()
    opened()
    assert caplog.text == ""
