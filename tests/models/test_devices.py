import os
import stat

import pytest
from filelock import FileLock

from ser.models.devices import _claims, claim


@pytest.fixture(autouse=True)
def _released(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    claim.cache_clear()
    yield
    claim.cache_clear()
    while _claims:
        _claims.pop().release()


def test_the_first_free_gpu_is_claimed_for_all_users(tmp_path):
    with FileLock(tmp_path / "ser-gpu-0.lock"):
        assert claim(2, tmp_path) == 1
    assert stat.S_IMODE(os.stat(tmp_path / "ser-gpu-1.lock").st_mode) == 0o666


def test_what_another_user_has_locked_away_is_claimed(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError

    monkeypatch.setattr(FileLock, "acquire", refused)
    assert claim(2, tmp_path) == os.getpid() % 2
