import os

import pytest

from ser.errors import CheckpointError
from ser.models.checkpoint import check_folder, fingerprint, parse


def test_revision_stands_behind_the_id():
    assert parse("facebook/wav2vec2-base") == ("facebook/wav2vec2-base", None)
    assert parse("facebook/wav2vec2-base@v1") == ("facebook/wav2vec2-base", "v1")


def test_folder_has_no_revision(tmp_path):
    folder = tmp_path / "model@home"
    folder.mkdir()
    assert parse(str(folder)) == (str(folder), None)


@pytest.mark.parametrize("checkpoint", ["nowhere", "/nowhere/at/all", "./owner/name", "~/model", "../name", "a/b/c"])
def test_what_is_neither_folder_nor_id_is_said_to_be_so(checkpoint):
    with pytest.raises(CheckpointError, match=rf"^checkpoint {checkpoint}: no such folder, and no hub id either"):
        check_folder(checkpoint)


def test_folder_must_hold_configuration_and_weights(copied):
    folder = copied()
    check_folder(str(folder))
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match="no weights in it; expected one of model"):
        check_folder(str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"no config.json in it"):
        check_folder(str(folder))


def test_fingerprint_is_of_the_content_and_not_of_the_place(copied, tmp_path):
    folder = copied()
    before = fingerprint(str(folder))
    os.utime(folder / "config.json", (0, 0))
    assert fingerprint(str(folder)) == before
    assert fingerprint(str(folder.rename(tmp_path / "elsewhere"))) == before


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "preprocessor_config.json"])
def test_fingerprint_changes_with_every_file(copied, file):
    folder = copied()
    before = fingerprint(str(folder))
    content = bytearray((folder / file).read_bytes())
    content[-3] ^= 1
    (folder / file).write_bytes(content)
    os.utime(folder / file, (1, 1))  # a clock that is too coarse to see it
    assert fingerprint(str(folder)) != before


def test_fingerprint_is_of_what_loading_reads(copied):
    folder = copied()
    before = fingerprint(str(folder))
    (folder / "README.md").write_text("# An encoder\n")
    assert fingerprint(str(folder)) == before
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    assert fingerprint(str(folder)) != before
