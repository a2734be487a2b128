from collections.abc import Callable
from pathlib import Path

import pytest

from ser.corpora import Corpus, read


@pytest.fixture
def touch(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that makes empty files below a folder; the readers open no recording."""

    def make(*paths: str) -> Path:
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return tmp_path

    return make


@pytest.fixture
def read_as() -> Callable[..., Corpus]:
    """Give `read` with the settings that the configuration files hold."""

    def call(reader: str, root: Path | None, **settings) -> Corpus:
        return read(
            settings.pop("name", reader), reader=reader, root=root, **{"channel": 0, "outside": "drop"} | settings
        )

    return call
