"""The demo's corpora: synthetic speech in the layouts of Emozionalmente, EMOVO and Common Voice."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from ser.corpora import emovo
from ser.schema import EMOTIONS
from ser.synthesis import sentences
from ser.synthesis.emotions import draw_any, draw_emotional
from ser.synthesis.rendering import render_all, resample
from ser.synthesis.voices import Utterance, Voice, draw_voice

_OTHER_RATE_EVERY = 46  # of Emozionalmente's 6902 recordings, 150 have 44.1 kHz instead of 16 kHz
_CHANNEL_DELAY_S = 0.0004  # EMOVO's second channel lags or leads by 0.3 to 0.6 ms
_EMOVO_RATE = 48000
_EMOVO_MONO = "f1/rab-f1-b1.wav"
_COMMON_VOICE_RATE = 32000


def write_emozionalmente(root: Path, speakers: int, sentences_each: int, seed: int) -> None:
    """Write a corpus of many amateurs, each with sentences drawn again for every emotion.

    One speaker has gender `other`; of the rest two in three are women, about as in the original.

    Args:
        root: new folder of the corpus.
        speakers: number of speakers.
        sentences_each: sentences per speaker and emotion, at most 10.
        seed: seed of voices, sentences and renderings.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    rng = np.random.default_rng([seed, 1])
    users: list[tuple[str, str, int, str]] = []
    samples: list[tuple[str, str, str, str, str]] = []
    recordings: dict[str, Utterance] = {}
    for number in range(speakers):
        actor = f"speaker{number:03d}"
        gender = ("female" if number % 3 else "male") if number else "other"
        users.append((actor, gender, int(rng.integers(18, 70)), "it"))
        voice = draw_voice(gender, rng)
        for emotion in EMOTIONS:
            for text in rng.choice(sentences.EMOZIONALMENTE, sentences_each, replace=False).tolist():
                name = f"{len(samples):05d}.wav"
                samples.append((name, text, "it", actor, emotion))
                recordings[name] = _utterance(text, voice, emotion, rng)
    columns = ["file_name", "sentence", "sentence_language", "actor", "emotion_expressed"]
    (root / "metadata").mkdir(parents=True)
    pd.DataFrame(samples, columns=columns).to_csv(root / "metadata/samples.csv", index=False)
    columns = ["username", "gender", "age", "mother_tongue"]
    pd.DataFrame(users, columns=columns).to_csv(root / "metadata/users.csv", index=False)
    for number, (name, clip) in enumerate(_rendered(recordings, "Emozionalmente"), start=1):
        sample_rate = 16000 if number % _OTHER_RATE_EVERY else 44100
        _write(root / "audio" / name, resample(clip, sample_rate), sample_rate)


def write_emovo(root: Path, sentences_each: int, seed: int) -> None:
    """Write a corpus of six actors with the same sentences in all emotions, in stereo at 48 kHz.

    Args:
        root: new folder of the corpus.
        sentences_each: sentences per actor and emotion, at most 14.
        seed: seed of voices and renderings.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    rng = np.random.default_rng([seed, 2])
    voices = {actor: draw_voice(gender, rng) for actor, gender in emovo.GENDERS.items()}
    texts = itertools.islice(sentences.EMOVO.items(), sentences_each)
    recordings = {
        f"{actor}/{code}-{actor}-{sentence}.wav": _utterance(text, voice, emotion, rng)
        for (sentence, text), (actor, voice), (code, emotion) in itertools.product(
            texts, voices.items(), emovo.EMOTIONS.items()
        )
    }
    for name, mono in _rendered(recordings, "EMOVO"):
        clip = resample(mono, _EMOVO_RATE)
        if name != _EMOVO_MONO:
            clip = np.stack([clip, np.roll(clip, round(_CHANNEL_DELAY_S * _EMOVO_RATE))], axis=1)
        _write(root / name, clip, _EMOVO_RATE)


def write_common_voice(root: Path, speakers: int, sentences_each: int, seed: int) -> None:
    """Write transcribed Italian speech with other speakers and sentences, and prosody independent of emotion.

    Args:
        root: new folder of the corpus.
        speakers: number of speakers, half of them women.
        sentences_each: sentences per speaker.
        seed: seed of voices, sentences and renderings.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    rng = np.random.default_rng([seed, 4])
    rows: list[tuple[str, str, str, str, str]] = []
    recordings: dict[str, Utterance] = {}
    for number in range(speakers):
        gender = ("female", "male")[number % 2]
        voice = draw_voice(gender, rng)
        for _ in range(sentences_each):
            name = f"common_voice_it_{len(rows):05d}.mp3"
            text = " ".join(str(rng.choice(part)) for part in sentences.TRANSCRIBED) + "."
            rows.append((f"volunteer{number:03d}", name, text, gender, "it"))
            recordings[name] = Utterance(text, "it", voice, draw_any(rng), seed=int(rng.integers(2**31)))
    root.mkdir(parents=True)
    columns = ["client_id", "path", "sentence", "gender", "locale"]
    pd.DataFrame(rows, columns=columns).assign(age="").to_csv(root / "validated.tsv", sep="\t", index=False)
    for name, clip in _rendered(recordings, "Common Voice"):
        _write(root / "clips" / name, resample(clip, _COMMON_VOICE_RATE), _COMMON_VOICE_RATE)


def _rendered(recordings: dict[str, Utterance], task: str) -> Iterator[tuple[str, np.ndarray]]:
    return zip(recordings, render_all(list(recordings.values()), task), strict=True)


def _utterance(text: str, voice: Voice, emotion: str, rng: np.random.Generator) -> Utterance:
    return Utterance(text, "it", voice, draw_emotional(emotion, rng), seed=int(rng.integers(2**31)))


def _write(path: Path, clip: np.ndarray, sample_rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, clip, sample_rate, subtype="PCM_16" if path.suffix == ".wav" else None)
