"""The output folder of a command, and the files of the user in it, which nothing removes or overwrites."""

import json
import os
from pathlib import Path

import pytest

from ser.errors import RecordError, UserError
from ser.records import OutputRecord, check_output, output, update_file
from ser.records.output import digest


def write(folder: Path, command: str = "analyze", names: tuple[str, ...] = (), **files: str) -> None:
    with output(folder, command, names) as staged:
        for stem, text in files.items():
            (staged / f"{stem}.csv").write_text(text)


def fail(folder: Path) -> None:
    with output(folder, "analyze") as staged:
        (staged / "a.csv").write_text("2")
        raise KeyError


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != OutputRecord.FILE}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep/report"


def test_the_next_call_replaces_the_files_of_the_last_and_no_others(folder):
    write(folder, a="1", b="1")
    (folder / "mine.txt").write_text("mine")
    write(folder, b="2", c="2")
    assert content(folder) == {"b.csv": "2", "c.csv": "2", "mine.txt": "mine"}
    assert set(OutputRecord.read(folder).files) == {"b.csv", "c.csv"}
    assert os.listdir(folder.parent) == ["report"]


def test_a_call_that_fails_changes_nothing(folder):
    with pytest.raises(KeyError):
        fail(folder)
    assert os.listdir(folder.parent) == []
    write(folder, a="1")
    with pytest.raises(KeyError):
        fail(folder)
    assert content(folder) == {"a.csv": "1"}


def test_a_file_of_another_origin_is_refused_before_the_work(folder):
    folder.mkdir(parents=True)
    (folder / "clips.csv").write_text("mine")
    with pytest.raises(UserError, match=r"clips.csv is not known to be written by ser.audit .* output=<folder>"):
        check_output(folder, "audit", ["clips.csv"])
    with pytest.raises(UserError, match="not known"), output(folder, "audit", ["clips.csv"]):
        pytest.fail("the work is done in vain")
    with pytest.raises(UserError, match="not known"):
        write(folder, a="1", clips="1")
    assert content(folder) == {"clips.csv": "mine"}


@pytest.mark.parametrize(("mine", "theirs"), [("Clips.CSV", "clips"), ("cafe\u0301.csv", "caf\u00e9"), ("SS.csv", "ß")])
def test_names_that_are_one_on_other_file_systems_are_refused(folder, mine, theirs):
    folder.mkdir(parents=True)
    (folder / mine).write_text("mine")
    with pytest.raises(UserError, match="not known"):
        write(folder, **{theirs: "1"})
    assert content(folder) == {mine: "mine"}


def test_a_file_that_was_edited_since_is_refused(folder):
    write(folder, a="1", b="1")
    (folder / "b.csv").write_text("edited")
    with pytest.raises(UserError, match=r"b.csv has changed since ser.analyze wrote it; move it elsewhere"):
        write(folder, a="2")
    assert content(folder) == {"a.csv": "1", "b.csv": "edited"}
    (folder / "b.csv").unlink()
    write(folder, a="2")
    assert content(folder) == {"a.csv": "2"}


def test_an_edit_during_the_work_is_refused(folder):
    write(folder, a="1")

    def edit() -> None:
        with output(folder, "analyze") as staged:
            (staged / "a.csv").write_text("2")
            (folder / "a.csv").write_text("edited")

    with pytest.raises(UserError, match="has changed"):
        edit()
    assert content(folder) == {"a.csv": "edited"}


@pytest.mark.parametrize("path", ["../mine.txt", "{absolute}", "sub/mine.txt", ".."])
def test_a_marker_names_files_of_its_folder_alone(folder, tmp_path, path):
    (folder / "sub").mkdir(parents=True)
    for mine in (tmp_path / "deep/mine.txt", folder / "sub/mine.txt"):
        mine.write_text("mine")
    path = path.format(absolute=tmp_path / "deep/mine.txt")
    files = {path: "0" if path == ".." else digest(folder / path)}
    OutputRecord.model_construct(command="analyze", files=files, earlier={}).write(folder)
    with pytest.raises(RecordError, match=r"output.json is damaged: files: .*is not the name of a file in the folder"):
        write(folder, a="1")
    assert (tmp_path / "deep/mine.txt").read_text() == (folder / "sub/mine.txt").read_text() == "mine"


def test_a_list_of_names_proves_nothing(folder):
    """contents.txt, as earlier versions wrote it."""
    folder.mkdir(parents=True)
    for name, text in {"contents.txt": "mine.txt\n../mine.txt\n", "mine.txt": "mine"}.items():
        (folder / name).write_text(text)
    (folder.parent / "mine.txt").write_text("mine")
    write(folder, a="1")
    assert set(content(folder)) == {"a.csv", "contents.txt", "mine.txt"}
    assert (folder.parent / "mine.txt").is_file()


def test_a_marker_whose_checksum_is_wrong_is_refused(folder):
    write(folder, a="1")
    (folder / "mine.txt").write_text("mine")
    marker = json.loads((folder / OutputRecord.FILE).read_text())
    marker["files"]["mine.txt"] = digest(folder / "mine.txt")
    (folder / OutputRecord.FILE).write_text(json.dumps(marker))
    with pytest.raises(RecordError, match=r"does not match its checksum; .*output=<folder>"):
        write(folder, a="2")
    assert content(folder) == {"a.csv": "1", "mine.txt": "mine"}


def test_a_marker_that_is_a_link_proves_nothing(folder, tmp_path):
    write(folder, a="1")
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.csv").write_text("1")
    (other / OutputRecord.FILE).symlink_to(folder / OutputRecord.FILE)
    with pytest.raises(UserError, match="is a link, which proves nothing"):
        write(other, b="2")
    assert content(other) == {"a.csv": "1"}


def test_files_behind_links_stay(folder, tmp_path):
    """A file of the command that was replaced by a link, and one that has a second name elsewhere."""
    write(folder, a="1", b="1")
    (tmp_path / "mine.csv").write_text("1")
    (folder / "a.csv").unlink()
    (folder / "a.csv").symlink_to(tmp_path / "mine.csv")
    with pytest.raises(UserError, match=r"a.csv has changed"):
        write(folder, a="2")
    (folder / "a.csv").unlink()
    os.link(tmp_path / "mine.csv", folder / "a.csv")
    write(folder, a="2", b="2")
    assert (tmp_path / "mine.csv").read_text() == "1"
    assert content(folder) == {"a.csv": "2", "b.csv": "2"}


def test_a_dangling_link_is_refused(folder, tmp_path):
    folder.mkdir(parents=True)
    (folder / "a.csv").symlink_to(tmp_path / "not yet.csv")
    with pytest.raises(UserError, match="not known"):
        write(folder, a="1")
    assert (folder / "a.csv").is_symlink()
    assert not (tmp_path / "not yet.csv").exists()


def test_a_folder_behind_a_link_is_under_the_same_rule(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    write(tmp_path / "link", a="1")
    assert content(folder) == {"a.csv": "1"}
    (folder / "b.csv").write_text("mine")
    with pytest.raises(UserError, match="not known"):
        write(tmp_path / "link", b="1")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(UserError, match=r"output="):
        write(tmp_path / "circle", a="1")


def test_a_command_replaces_no_output_of_another(folder):
    write(folder, a="1")
    with pytest.raises(UserError, match=r"holds the output of ser.analyze; name another folder"):
        write(folder, "audit", a="2")
    assert content(folder) == {"a.csv": "1"}


def test_a_call_that_was_killed_while_it_replaced_files_blocks_nothing(folder):
    write(folder, a="1", b="1")
    before = OutputRecord.read(folder).files
    (folder / "a.csv").write_text("2")
    new = {"a.csv": digest(folder / "a.csv"), "c.csv": "0" * 64}
    OutputRecord(command="analyze", files=new, earlier=before).write(folder)
    write(folder, a="3")
    assert content(folder) == {"a.csv": "3"}


@pytest.mark.parametrize("path", ["/proc/x", "/proc/x/y", "/dev/null", "/dev/null/x", "{long}", "{tmp}/file"])
def test_a_folder_that_cannot_be_is_one_message(tmp_path, path):
    (tmp_path / "file").touch()
    path = path.format(long=tmp_path / ("x" * 300), tmp=tmp_path)
    with pytest.raises(UserError, match=r"output="):
        write(Path(path), a="1")


@pytest.mark.parametrize("path", ["/proc/x", "/proc/x/y", "/dev/null/x"])
def test_a_folder_that_cannot_be_is_refused_before_the_work(path):
    with pytest.raises(UserError, match=r"output="):
        check_output(Path(path), "analyze")


def test_a_check_leaves_nothing(tmp_path):
    check_output(tmp_path / "a/b", "analyze")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_refused_before_the_work(tmp_path):
    with pytest.raises(UserError, match=r"File name too long; .*output="):
        check_output(tmp_path / ("x" * 300), "analyze")


def test_a_full_disk_is_one_message_and_changes_nothing(folder, monkeypatch):
    write(folder, a="1")
    with (
        pytest.raises(UserError, match=r"No space left on device; free some space.*output="),
        output(folder, "analyze"),
    ):
        raise OSError(28, "No space left on device")
    assert content(folder) == {"a.csv": "1"}
    assert OutputRecord.read(folder).files == {"a.csv": digest(folder / "a.csv")}


def test_one_file_of_a_shared_folder(tmp_path):
    path = tmp_path / "experiment/rate.yaml"
    update_file(path, "a: 1", "search")
    update_file(path.with_name("other.yaml"), "b: 1", "search")
    update_file(path, "a: 2", "search")
    assert path.read_text() == "a: 2"
    path.write_text("a: 3 # edited")
    update_file(path.with_name("other.yaml"), "b: 2", "search")
    with pytest.raises(UserError, match="has changed"):
        update_file(path, "a: 4", "search")
    path.with_name("mine.yaml").write_text("c: 1")
    with pytest.raises(UserError, match="not known"):
        update_file(path.with_name("mine.yaml"), "c: 2", "search")
    assert {one.name: one.read_text() for one in path.parent.glob("*.yaml")} == {
        "rate.yaml": "a: 3 # edited",
        "other.yaml": "b: 2",
        "mine.yaml": "c: 1",
    }
