import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio.decode import decode
from ser.audio.likeness import ALIKE, PARTS, correlations, fingerprint, same_recordings
from ser.audio.resampling import resample

RATE = 16000
Copy = Callable[[np.ndarray], tuple[np.ndarray, int]]


def babble(seed: int, seconds: float = 2.0) -> np.ndarray:
    """Noise whose level changes as that of syllables does."""
    rng = np.random.default_rng(seed)
    samples = round(RATE * seconds)
    level = np.interp(np.arange(samples), np.linspace(0, samples, 20), rng.uniform(0, 1, 20) ** 2)
    return (0.3 * level * rng.standard_normal(samples)).astype(np.float32)


def in_rhythm(seed: int) -> np.ndarray:
    """Noise that is another one for every seed, with one and the same course of loudness."""
    return babble(0) / babble(1).std() * np.random.default_rng(seed).choice([-1, 1], 2 * RATE).astype(np.float32)


def encoded(samples: np.ndarray, rate: int, **how) -> tuple[np.ndarray, int]:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **how)
    return soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")


def at(rate: int) -> Copy:
    return lambda clip: (resample(clip, RATE, rate), rate)


COPIES: dict[str, Copy] = {
    "itself": lambda clip: (clip, RATE),
    "gain": lambda clip: (0.1 * clip, RATE),
    "inverted": lambda clip: (-clip, RATE),
    "8 kHz": at(8000),
    "11.025 kHz": at(11025),
    "44.1 kHz": at(44100),
    "48 kHz": at(48000),
    "MP3": lambda clip: encoded(clip, RATE, format="MP3"),
    "MP3, lowest quality": lambda clip: encoded(clip, RATE, format="MP3", compression_level=0.99),
    "MP3 at 44.1 kHz": lambda clip: encoded(resample(clip, RATE, 44100), 44100, format="MP3"),
    "Ogg": lambda clip: encoded(clip, RATE, format="OGG", compression_level=0.9),
    "mu-law at 8 kHz": lambda clip: encoded(resample(clip, RATE, 8000), 8000, format="WAV", subtype="ULAW"),
    "padding": lambda clip: (np.pad(clip, (8000, 4800)), RATE),
    "offset": lambda clip: (clip[37:], RATE),
    "offset voltage": lambda clip: (clip + np.float32(0.05), RATE),
}


def found(clip: np.ndarray, others: list[np.ndarray], rate: int = RATE) -> bool:
    return any(same_recordings([fingerprint(clip, rate)], [fingerprint(other, RATE) for other in others]))


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_is_recognised_and_nothing_else(copy):
    clips = [babble(seed) for seed in range(5)]
    for clip in clips:
        samples, rate = copy(clip)
        assert found(samples, clips, rate)
        assert not found(samples, [other for other in clips if other is not clip], rate)


def test_a_course_of_loudness_alone_makes_no_copy():
    """Two sentences with one rhythm, and a pause as long, have one course of loudness."""
    clips = [fingerprint(in_rhythm(seed), RATE) for seed in range(4)]
    assert np.corrcoef([clip.course for clip in clips]).min() > ALIKE
    assert correlations(clips[0], clips[1:]).max() < 0.2
    assert list(same_recordings(clips, clips)) == [(clip, clip) for clip in range(4)]


def test_another_duration_is_another_recording():
    clip = babble(0)
    assert not found(clip[: round(0.5 * len(clip))], [clip])


def test_course_spans_two_spreads_around_the_centre_of_energy():
    clip = fingerprint(np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32), RATE)
    assert clip.spread_s == pytest.approx(4 / 12**0.5, rel=0.05)  # of a uniform distribution over 4 s
    assert clip.course.shape == (PARTS,)
    assert clip.course.dtype == np.uint8
    outside = round(PARTS * (1 - 3**0.5 / 2) / 2)  # four spreads last 4.6 s
    assert clip.course[: outside - 1].tolist() == [0] * (outside - 1)
    assert clip.course[outside + 1 : -outside - 1].min() > 150
    assert len(clip.signs) == 4 * 2000 / 8


@pytest.mark.parametrize("clip", [np.zeros(100, np.float32), np.ones(6400, np.float32)])
def test_a_clip_without_sound_is_like_none(clip):
    assert not found(clip, [clip])


def test_no_clips_are_like_none():
    assert list(same_recordings([], [fingerprint(babble(0), RATE)])) == []


def test_real_clips_are_recognised_in_their_originals(real_corpora):
    originals = sorted((real_corpora / "EMOVO-original").rglob("*.wav"))
    copies = [real_corpora / "EMOVO" / path.relative_to(real_corpora / "EMOVO-original") for path in originals]
    others = [path for path in sorted((real_corpora / "EMOVO").glob("f1/*.wav")) if path not in copies]
    prints = {path: fingerprint(*decode(path, 0)) for path in (*originals, *copies, *others)}
    for original, copy in zip(originals, copies, strict=True):
        assert any(same_recordings([prints[original]], [prints[copy]]))
        assert not any(same_recordings([prints[original]], [prints[path] for path in others]))


@pytest.mark.parametrize(
    ("folder", "clips", "published_again"),
    [
        ("RAVDESS", 240, ()),
        ("EMO-DB", 535, ()),
        ("EMOVO", 588, ("tri-f3-n1.wav", "tri-f3-n2.wav")),  # at 16 kHz, they correlate by 0.977
    ],
)
def test_no_two_clips_of_a_real_corpus_are_one_and_copies_are(real_corpora, folder, clips, published_again):
    """Courses of loudness alone took 147 pairs of RAVDESS for one recording: they share a rhythm and a long pause."""
    heard = dict(_clips(real_corpora / folder))
    prints = [fingerprint(samples, RATE) for samples in heard.values()]
    assert len(prints) == clips
    names = [path.name for path in heard]
    pairs = [(names[one], names[other]) for one, other in same_recordings(prints, prints) if one != other]
    assert pairs == ([published_again, published_again[::-1]] if published_again else [])
    for clip in range(0, clips, 60):
        samples = list(heard.values())[clip]
        for copy in COPIES.values():
            assert list(same_recordings([fingerprint(*copy(samples))], prints)) == [(0, clip)]


def _clips(folder: Path) -> Iterator[tuple[Path, np.ndarray]]:
    for path in sorted(folder.rglob("*.wav")):
        samples, rate = decode(path, 0)
        assert rate == RATE
        yield path, samples
