import numpy as np
import pytest

from ser.audio.copies import WithCopies, union
from ser.audio.settings import AugmentationSettings
from tests.audio.conftest import voice
from tests.data.clips import ListStore

GAIN = {"type": "gain", "probability": 0.01, "gain_db": [-6.1, -6.0]}
NOISE = {"type": "coloured_noise", "probability": 0.01, "snr_db": [4.8, 20], "spectral_decay": [-2, 2]}


@pytest.fixture
def store() -> ListStore:
    return ListStore([voice(duration_s, 16000) for duration_s in (0.4, 0.3, 0.5)])


def made(store: ListStore, *transforms: dict, seed: int = 0, mode: str = "union"):
    settings = {"name": "made", "mode": mode, "transforms": transforms}
    return WithCopies(store, union(AugmentationSettings.model_validate(settings), 16000, seed))


def test_union_is_the_clips_and_a_copy_of_each_for_every_transform(store):
    """Each copy by one transform, and for certain: a copy that is not changed would be a clip that counts twice."""
    joined = made(store, GAIN, NOISE)
    assert (len(joined), joined.copies) == (9, 3)
    assert joined.lengths.tolist() == store.lengths.tolist() * 3
    for clip in range(3):
        np.testing.assert_array_equal(joined[clip], store[clip])
        louder = np.abs(joined[3 + clip]).max() / np.abs(store[clip]).max()
        assert -6.1 <= 20 * np.log10(louder) <= -6.0
        noise = joined[6 + clip] - store[clip]
        ratio_db = 10 * np.log10(np.square(store[clip]).mean() / np.square(noise).mean())
        assert 4.7 < ratio_db < 20.1
        assert joined[6 + clip].dtype == np.float32


def test_a_copy_is_the_same_whenever_it_is_read_and_another_for_another_seed_or_clip(store):
    joined = made(store, NOISE)
    np.testing.assert_array_equal(joined[4], joined[4])
    np.testing.assert_array_equal(joined[4], made(store, NOISE)[4])
    assert not np.array_equal(joined[4], made(store, NOISE, seed=1)[4])
    twins = made(ListStore([store[0], store[0]]), NOISE)
    assert not np.array_equal(twins[2], twins[3])


def test_there_is_none_where_none_is_wanted(store):
    assert made(store).copies == 1
    assert made(store, GAIN, mode="on_the_fly").copies == 1
