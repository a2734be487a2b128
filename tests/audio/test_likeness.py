import io

import numpy as np
import pytest
import soundfile

from ser.audio.decode import decode
from ser.audio.likeness import PARTS, loudness_course, same_recordings
from ser.audio.resampling import resample


def babble(seed: int, seconds: float = 2.0) -> np.ndarray:
    """Noise whose level changes as that of syllables does."""
    rng = np.random.default_rng(seed)
    samples = round(16000 * seconds)
    level = np.interp(np.arange(samples), np.linspace(0, samples, 20), rng.uniform(0, 1, 20) ** 2)
    return (0.3 * level * rng.standard_normal(samples)).astype(np.float32)


def found(clip: np.ndarray, others: list[np.ndarray]) -> bool:
    courses = np.stack([loudness_course(other) for other in others])
    durations = np.array([len(other) for other in others]) / 16000
    return bool(same_recordings(loudness_course(clip)[None], np.array([len(clip) / 16000]), courses, durations)[0])


def as_mp3(clip: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    soundfile.write(file, clip, 16000, format="MP3")
    return soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")[0]


@pytest.mark.parametrize(
    "copy",
    [
        lambda clip: clip,
        lambda clip: -0.1 * clip,
        lambda clip: resample(resample(clip, 16000, 44100), 44100, 16000),
        as_mp3,
    ],
)
def test_a_copy_is_known_again(copy):
    clips = [babble(seed) for seed in range(10)]
    for clip in clips:
        assert found(copy(clip), clips)
        assert not found(copy(clip), [other for other in clips if other is not clip])


def test_another_duration_is_another_recording():
    clip = babble(0)
    assert not found(clip[: round(0.98 * len(clip))], [clip])


def test_course_is_of_so_many_parts_and_the_loudest_is_full():
    course = loudness_course(np.repeat([0.1, 1.0], 3200).astype(np.float32))
    assert course.shape == (PARTS,)
    assert course.dtype == np.uint8
    assert course[:32].tolist() == [round(255 * 0.1**0.5)] * 32  # the fourth root of the power
    assert course[32:].tolist() == [255] * 32


@pytest.mark.parametrize("clip", [np.zeros(100, np.float32), np.ones(6400, np.float32)])
def test_a_clip_of_one_loudness_is_like_none(clip):
    assert not found(clip, [clip])


def test_real_clips_are_known_in_their_originals(real_corpora):
    originals = sorted((real_corpora / "EMOVO-original").rglob("*.wav"))
    copies = [real_corpora / "EMOVO" / path.relative_to(real_corpora / "EMOVO-original") for path in originals]
    others = [path for path in sorted((real_corpora / "EMOVO").glob("f1/*.wav")) if path not in copies]
    heard = {path: resample(*decode(path, 0), 16000) for path in (*originals, *copies, *others)}
    for original, copy in zip(originals, copies, strict=True):
        assert found(heard[original], [heard[copy]])
        assert not found(heard[original], [heard[path] for path in others])
