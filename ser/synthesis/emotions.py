"""Prosody of the seven emotions, drawn for each clip around the mean of its emotion.

The directions follow the literature on vocal expression (Juslin and Laukka, 2003, Psychological
Bulletin 129(5), table 7: rate, loudness, its high-frequency energy, pitch and its variability, pauses). The sizes are
chosen such that a tiny encoder learns some of them in seconds: scores on these clips say nothing about people.
"""

import numpy as np

from ser.synthesis.voices import Prosody

PROSODY = {
    "anger": Prosody(rate=1.15, pitch_semitones=1, pitch_range=1.6, loudness_db=8),
    "disgust": Prosody(rate=0.80, pitch_semitones=-3, pitch_range=1.5, loudness_db=-1, word_gap_ms=60),
    "fear": Prosody(rate=1.40, pitch_semitones=5, pitch_range=0.4, loudness_db=-4),
    "joy": Prosody(rate=1.10, pitch_semitones=6, pitch_range=2.0, loudness_db=4),
    "sadness": Prosody(rate=0.75, pitch_semitones=-1, pitch_range=0.5, loudness_db=-8, word_gap_ms=80),
    "surprise": Prosody(rate=0.95, pitch_semitones=10, pitch_range=2.8, word_gap_ms=30),
    "neutrality": Prosody(),
}


def draw_emotional(emotion: str, rng: np.random.Generator) -> Prosody:
    """Return random prosody for an emotion of `PROSODY`."""
    mean = PROSODY[emotion]
    return Prosody(
        rate=mean.rate * np.exp(rng.normal(0, 0.05)),
        pitch_semitones=mean.pitch_semitones + rng.normal(0, 0.6),
        pitch_range=mean.pitch_range * np.exp(rng.normal(0, 0.1)),
        loudness_db=mean.loudness_db + rng.normal(0, 1.2),
        word_gap_ms=max(mean.word_gap_ms + rng.normal(0, 15), 0),
    )


def draw_any(rng: np.random.Generator) -> Prosody:
    """Return random prosody independent of emotion: each parameter uniform over the range of `PROSODY`."""
    return Prosody(
        rate=rng.uniform(0.7, 1.5),
        pitch_semitones=rng.uniform(-4, 11),
        pitch_range=rng.uniform(0.3, 3),
        loudness_db=rng.uniform(-9, 9),
        word_gap_ms=rng.uniform(0, 90),
    )
