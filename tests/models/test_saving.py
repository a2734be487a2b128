import tempfile

import pytest
import torch

from ser.models.saving import WholeFiles


def test_a_checkpoint_needs_no_other_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/not/there")
    WholeFiles().save_checkpoint({"global_step": 3}, tmp_path / "last.ckpt")
    assert torch.load(tmp_path / "last.ckpt", weights_only=True) == {"global_step": 3}
    assert {path.name for path in tmp_path.iterdir()} == {"last.ckpt", "last.digests"}


def test_a_checkpoint_that_cannot_be_written_leaves_the_last_one(tmp_path, monkeypatch):
    (tmp_path / "last.ckpt").write_bytes(b"the last one")

    def full(_, path):
        path.write_bytes(b"half")
        raise RuntimeError("no space")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(RuntimeError):
        WholeFiles().save_checkpoint({}, tmp_path / "last.ckpt")
    assert (tmp_path / "last.ckpt").read_bytes() == b"the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["last.ckpt"]
