import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import soundfile

from ser.audit import measure_corpus
from ser.auditing.findings import MeasuredCorpus
from ser.corpora import Corpus, Terms, read
from tests.audio.conftest import voice

RATE = 16000


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., MeasuredCorpus]:
    """Give a function that makes a corpus of 4 speakers x 3 emotions, in which some clips are others than usual.

    Args:
        changed: path -> samples, (samples, rate), or bytes of the file.
        rows: path -> changed labels; a new path is a new row.
    """

    def make(
        changed: dict[str, Any] | None = None, rows: dict[str, dict[str, str]] | None = None, name: str = "mine"
    ) -> MeasuredCorpus:
        root = tmp_path / name
        labels = {
            f"{speaker}/{emotion}.wav": {"emotion": emotion, "speaker": speaker, "gender": gender}
            for speaker, gender in (("anna", "female"), ("bea", "female"), ("carl", "male"), ("dan", "male"))
            for emotion in ("anger", "joy", "sadness")
        }
        for path, other in (rows or {}).items():
            labels[path] = labels.get(path, labels["anna/joy.wav"]) | other
        for seed, path in enumerate(sorted(labels)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            content = (changed or {}).get(path, 0.5 * voice(0.9 + 0.11 * seed, RATE, seed))
            if isinstance(content, bytes):
                (root / path).write_bytes(content)
            else:
                samples, rate = content if isinstance(content, tuple) else (content, RATE)
                soundfile.write(root / path, samples, rate, subtype="PCM_16")
        clips = pd.DataFrame([{"path": path} | found for path, found in sorted(labels.items())])
        return measure_corpus(Corpus(name, root, clips, 0, {}, "manifest", Terms("CC0-1.0", None, None)))

    return make


@pytest.fixture
def real(real_corpora: Path) -> Callable[..., MeasuredCorpus]:
    """Give a function that measures a real corpus, or every n-th clip of it."""

    def measured(reader: str, folder: str, every: int = 1, also: tuple[str, ...] = ()) -> MeasuredCorpus:
        whole = read(reader, reader=reader, root=real_corpora / folder, channel=0, outside="drop")
        chosen = whole.clips.iloc[::every]
        chosen = pd.concat([chosen, whole.clips[whole.clips["path"].isin(set(also) - set(chosen["path"]))]])
        return measure_corpus(dataclasses.replace(whole, name=folder, clips=chosen.reset_index(drop=True)))

    return measured
