"""Random voices, prosody and utterances; an utterance holds all that determines its samples."""

from dataclasses import dataclass

import numpy as np

from ser.synthesis import espeak

_PITCH_HZ = {"female": (175, 230), "male": (95, 135), "other": (145, 165)}
_RESONANCES = {"female": 1.14, "male": 0.98, "other": 1.06}
_FORMANTS = 9  # of espeak-ng, numbered from 0
_SPAN = 0.34  # distance of espeak-ng's highest from its lowest pitch in neutral speech, as a share of the median
_MEDIAN_IN_SPAN = 0.69  # position of a statement's median in that span
_LEVEL_DB = -16  # gain of neutral speech on espeak-ng's output
_SILENCE_S = (0.05, 0.15)  # before and after the speech


@dataclass(frozen=True)
class Voice:
    """A speaker's neutral voice, and the noise of the recording.

    Attributes:
        pitch_hz: median pitch.
        pitch_range: factor on espeak-ng's default pitch range.
        formants: (9,) factors on the formants of espeak-ng's default (male) voice.
        breath: noise in the vowels, 0 to 5.
        words_per_minute: speaking rate.
        noise_db: level of the background noise, dB relative to full scale.
    """

    pitch_hz: float
    pitch_range: float
    formants: tuple[float, ...]
    breath: int
    words_per_minute: float
    noise_db: float


@dataclass(frozen=True)
class Prosody:
    """How an utterance differs from the speaker's neutral voice.

    Attributes:
        rate: factor on the words per minute.
        pitch_semitones: shift of the median pitch.
        pitch_range: factor on the range of pitch.
        loudness_db: change of level, and with it of vocal effort: the high harmonics of loud speech are stronger.
        word_gap_ms: additional pause between words.
    """

    rate: float = 1.0
    pitch_semitones: float = 0.0
    pitch_range: float = 1.0
    loudness_db: float = 0.0
    word_gap_ms: float = 0.0


@dataclass(frozen=True)
class Utterance:
    """A sentence with voice and prosody; `language` is espeak-ng's code, `seed` that of noise and silences."""

    text: str
    language: str
    voice: Voice
    prosody: Prosody
    seed: int


def draw_voice(gender: str, rng: np.random.Generator) -> Voice:
    """Return a random voice of a gender: `female`, `male` or `other`."""
    length = _RESONANCES[gender] * rng.uniform(0.95, 1.05)
    return Voice(
        pitch_hz=rng.uniform(*_PITCH_HZ[gender]),
        pitch_range=rng.uniform(0.85, 1.15),
        formants=tuple(float(formant) for formant in length * rng.uniform(0.97, 1.03, _FORMANTS)),
        breath=int(rng.integers(0, 6)),
        words_per_minute=rng.uniform(165, 190),
        noise_db=rng.uniform(-71, -56),
    )


def render(utterance: Utterance) -> np.ndarray:
    """Return the utterance with silence at both ends and background noise, (samples,) float32 at `espeak.SAMPLE_RATE`.

    Full scale is 1.

    Raises:
        SynthesisError: as `espeak.speak`.
    """
    rng = np.random.default_rng(utterance.seed)
    voice, prosody = utterance.voice, utterance.prosody
    speech = espeak.speak(
        utterance.text,
        _voice_file(utterance),
        words_per_minute=round(voice.words_per_minute * prosody.rate),
        word_gap_ms=round(prosody.word_gap_ms),
        seed=int(rng.integers(2**31)),
    )
    silences = (rng.uniform(*_SILENCE_S, size=2) * espeak.SAMPLE_RATE).astype(int)
    clip = np.pad(speech * _amplitude(_LEVEL_DB + prosody.loudness_db), tuple(silences))
    clip += _amplitude(voice.noise_db) * rng.standard_normal(len(clip))
    return clip.clip(-1, 1).astype(np.float32)


def _voice_file(utterance: Utterance) -> str:
    """Return the text of an espeak-ng voice file for the voice with this prosody."""
    voice, prosody = utterance.voice, utterance.prosody
    median = voice.pitch_hz * 2 ** (prosody.pitch_semitones / 12)
    span = median * min(_SPAN * voice.pitch_range * prosody.pitch_range, 1)
    lowest = median - _MEDIAN_IN_SPAN * span
    effort = _amplitude(prosody.loudness_db / 2)
    # espeak-ng's default tone is 170 at 600 Hz, 135 at 1200 Hz, 110 from 2000 Hz on; the maximum is 255
    tone = (170, min(135 * effort, 255), min(110 * effort**2, 255), min(110 * effort**2, 255))
    return "\n".join(
        [
            f"language {utterance.language}",
            f"pitch {lowest:.0f} {lowest + span:.0f}",
            *(f"formant {number} {100 * factor:.0f} 100 100" for number, factor in enumerate(voice.formants)),
            f"breath 0{f' {voice.breath}' * 7}",
            "tone " + " ".join(f"{hz} {part:.0f}" for hz, part in zip((600, 1200, 2000, 3000), tone, strict=True)),
        ]
    )


def _amplitude(level_db: float) -> float:
    return float(10 ** (level_db / 20))
