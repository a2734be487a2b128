"""Transcribed speech made on the spot: tones that spell."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.command import check
from ser.pretuning.settings import PretuneSettings

LETTER_S, PAUSE_S = 0.12, 0.04


def tones(text: str, pitch: float, rng: np.random.Generator) -> np.ndarray:
    """Return a tone for each letter, higher along the alphabet, with pauses between, at 16 kHz."""
    parts = []
    for letter in text:
        time_s = np.arange(round(16000 * LETTER_S)) / 16000
        level = 0.0 if letter == " " else 0.3
        parts.append(level * np.sin(2 * np.pi * (300 + pitch + 130 * (ord(letter) - 97)) * time_s))
        parts.append(np.zeros(round(16000 * PAUSE_S)))
    clip = np.concatenate([np.zeros(800), *parts, np.zeros(800)])
    return (clip + 0.003 * rng.standard_normal(len(clip))).astype(np.float32)


def write_release(root: Path, rows: list[tuple[str, str]], seed: int = 0) -> Path:
    """Write clips in Common Voice's layout, one for each (speaker, text)."""
    rng = np.random.default_rng(seed)
    (root / "clips").mkdir(parents=True)
    lines = ["client_id\tpath\tsentence\tage\tgender\tlocale"]
    for number, (speaker, text) in enumerate(rows):
        spoken = "".join(letter for letter in text.lower() if letter in "abcdefgh ") or "a"
        clip = tones(spoken, pitch=10 * int(speaker.removeprefix("s")), rng=rng)
        soundfile.write(root / "clips" / f"{number:03d}.wav", clip, 16000)
        lines.append(f"{speaker}\t{number:03d}.wav\t{text}\t\tfemale\tit")
    (root / "validated.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def words(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Return so many (speaker, text): five speakers say two words of two or three letters."""
    rng = np.random.default_rng(seed)

    def word() -> str:
        return "".join(rng.choice(list("abcdefgh"), rng.integers(2, 4)))

    return [(f"s{number % 5}", f"{word()} {word()}") for number in range(count)]


@pytest.fixture(scope="session")
def spelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a corpus of 40 clips of five speakers."""
    return write_release(tmp_path_factory.mktemp("spelled") / "CommonVoice-it", words(40))


@pytest.fixture
def settings(
    compose: Callable[..., object], tiny_checkpoint: Callable[..., Path], tmp_path: Path, spelled: Path
) -> Callable[..., PretuneSettings]:
    """Give a function that makes checked settings of a small run in the test's own folder."""

    def make(*overrides: str) -> PretuneSettings:
        config = compose(
            f"model.checkpoints.none={tiny_checkpoint()}",
            f"corpora_dir={spelled.parent}",
            f"store_dir={tmp_path / 'audio'}",
            f"output={tmp_path / 'made'}",
            f"sweeps_dir={tmp_path / 'sweeps'}",
            "training.epochs=2",
            "training.batch_size=8",
            "training.validate_every_steps=4",
            "trainer=cpu",
            "trainer.threads=1",
            "trainer.checkpoint_minutes=0",
            "tracker=none",
            *overrides,
            entry_point="pretune",
        )
        return check(config, PretuneSettings)

    return make
