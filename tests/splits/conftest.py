from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ser.corpora import Corpus, Terms


@pytest.fixture
def corpus(tmp_path: Path) -> Callable[..., Corpus]:
    """Give a function that describes a corpus of 6 speakers x 2 clips, as EMOVO or another reader would."""

    def make(reader: str = "emovo", dropped: int = 0) -> Corpus:
        rows = [
            (f"{speaker}/{emotion}.wav", emotion, speaker, "female" if speaker[0] == "f" else "male")
            for speaker in ("f1", "f2", "f3", "m1", "m2", "m3")
            for emotion in ("joy", "anger")
        ]
        clips = pd.DataFrame(sorted(rows), columns=["path", "emotion", "speaker", "gender"])
        return Corpus("mine", tmp_path, clips, 0, {"calm": dropped} if dropped else {}, reader, Terms(None, None, None))

    return make
