import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ser.data.batches import ClipDataset, SimilarLengthSampler, SortedBatchSampler
from tests.data.clips import ListStore


def lognormal_lengths(clips: int) -> np.ndarray:
    """Like Emozionalmente: 3.81 s on average, with a standard deviation of 0.99 s, at 16 kHz."""
    spread = np.log(1 + (0.99 / 3.81) ** 2)
    return (16000 * np.random.default_rng(0).lognormal(np.log(3.81) - spread / 2, np.sqrt(spread), clips)).astype(int)


def padding(lengths: np.ndarray, batches: list[list[int]]) -> float:
    """Share of the samples that are padding."""
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    return 1 - lengths.sum() / padded


def test_batch_is_padded_with_zeros_to_its_longest_clip():
    clips = ListStore([[9, 9, 9, 9, 9], [1, 2, 3], [4], [5, 6]])
    dataset = ClipDataset(clips, clips=np.array([1, 2, 3]), labels=np.array([6, -1, 0]))
    batch = dataset[[2, 0]]
    torch.testing.assert_close(batch.inputs, torch.tensor([[5.0, 6.0, 0.0], [1.0, 2.0, 3.0]]))
    assert batch.lengths.tolist() == [2, 3]
    assert batch.labels.tolist() == [0, 6]
    assert batch.clips.tolist() == [3, 1]
    assert (batch.inputs.dtype, batch.labels.dtype) == (torch.float32, torch.int64)


def test_dataset_counts_its_own_clips_alone():
    assert len(ClipDataset(ListStore([[0], [1, 1], [2, 2, 2]]), clips=np.array([2, 0]), labels=np.array([1, 1]))) == 2


def test_features_are_padded_in_time_and_stay_in_half_precision():
    features = [np.ones((1, 2), np.float16), 2 * np.ones((3, 2), np.float16)]
    batch = ClipDataset(features, clips=np.array([0, 1]), labels=np.array([0, 1]))[[0, 1]]
    assert batch.inputs.tolist() == [[[1, 1], [0, 0], [0, 0]], [[2, 2]] * 3]
    assert batch.inputs.dtype == torch.float16
    assert batch.lengths.tolist() == [1, 3]


def test_batch_is_a_copy_of_the_store():
    clips = ListStore([[1, 2]])
    ClipDataset(clips, np.array([0]), np.array([0]))[[0]].inputs.zero_()
    assert clips[0].tolist() == [1, 2]


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=100),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
    epochs=st.integers(1, 3),
)
def test_every_epoch_meets_every_clip_once(lengths, batch_size, seed, epochs):
    sampler = SimilarLengthSampler(np.array(lengths), batch_size, seed, epochs)
    batches = list(sampler)
    assert len(batches) == len(sampler)
    for first in range(0, len(batches), sampler.batches_per_epoch):
        epoch = batches[first : first + sampler.batches_per_epoch]
        assert sorted(clip for batch in epoch for clip in batch) == list(range(len(lengths)))
        assert sorted(map(len, epoch))[1:] == [batch_size] * (len(epoch) - 1)


def test_order_depends_on_seed_and_epoch_alone():
    def order(seed: int, epochs: int) -> list[list[int]]:
        np.random.seed(np.random.randint(1000))  # what others draw does not matter
        return list(SimilarLengthSampler(lognormal_lengths(100), 8, seed, epochs))

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) == order(1, 5)[: 2 * 13]
    assert order(1, 2) != order(2, 2)
    assert order(0, 2)[13:] != order(1, 1)


def test_batches_go_on_from_anywhere():
    lengths = lognormal_lengths(50)
    whole = list(SimilarLengthSampler(lengths, 8, seed=0, epochs=3))
    for start in range(len(whole) + 1):
        assert list(SimilarLengthSampler(lengths, 8, seed=0, epochs=3, start=start)) == whole[start:]


@pytest.mark.parametrize("clips", [100, 350, 4400])
def test_clips_meet_others_in_every_epoch(clips):
    """Sorting a small corpus by length alone would give the same batches in every epoch."""
    sampler = SimilarLengthSampler(lognormal_lengths(clips), 16, seed=0, epochs=2)
    batch_of = np.empty((2, clips), dtype=int)
    for number, batch in enumerate(sampler):
        batch_of[number // sampler.batches_per_epoch, batch] = number
    first, second = (row[:, None] == row for row in batch_of)
    again = ((first & second).sum() - clips) / (first.sum() - clips)
    assert again < 0.4


def test_any_batch_may_be_the_short_one():
    lengths = np.arange(1, 21)
    shorts = [batch for batch in SimilarLengthSampler(lengths, 8, seed=0, epochs=50) if len(batch) == 4]
    assert len(shorts) == 50
    assert {min(batch) < 4 for batch in shorts} == {max(batch) > 15 for batch in shorts} == {True, False}


def test_batches_come_in_no_order_of_length():
    lengths = lognormal_lengths(1000)
    means = [lengths[batch].mean() for batch in SimilarLengthSampler(lengths, 16, seed=0, epochs=1)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_clips_of_similar_length_need_little_padding():
    lengths = lognormal_lengths(4400)
    shuffled = np.random.default_rng(0).permutation(4400)
    random = [shuffled[i : i + 16].tolist() for i in range(0, 4400, 16)]
    assert padding(lengths, random) > 0.3
    assert padding(lengths, list(SimilarLengthSampler(lengths, 16, seed=0, epochs=1))) < 0.1


def test_batches_are_less_one_sided_than_random_ones_where_length_tells_the_label():
    """342 clips whose lengths follow their emotions as EMO-DB's do: sad and disgusted speech is slow."""
    rng = np.random.default_rng(0)
    labels = rng.choice(6, 342, p=[0.28, 0.15, 0.15, 0.14, 0.17, 0.11])
    means_s = np.array([2.51, 2.32, 2.66, 3.81, 2.27, 3.44])[labels]
    lengths = (16000 * means_s * rng.lognormal(0, 0.3, len(labels))).astype(int)

    def unevenness(batches: list[list[int]]) -> float:
        """Mean chi-square distance of the batches' labels from those of all clips."""
        expected = np.bincount(labels) / len(labels)
        shares = np.array([np.bincount(labels[batch], minlength=6) / len(batch) for batch in batches])
        return float(((shares - expected) ** 2 / expected).sum(axis=1).mean())

    def shuffled() -> list[list[int]]:
        return [batch.tolist() for batch in np.array_split(rng.permutation(len(labels)), 22)]

    ours = list(SimilarLengthSampler(lengths, 16, seed=0, epochs=20, labels=labels))
    random = [batch for _ in range(20) for batch in shuffled()]
    by_length_alone = list(SimilarLengthSampler(lengths, 16, seed=0, epochs=20))
    assert 1.5 * unevenness(ours) < unevenness(random) < unevenness(by_length_alone) / 1.5
    assert padding(lengths, ours[:22]) < 0.55 * padding(lengths, random[:22])


def test_evaluation_goes_from_long_to_short_and_keeps_the_order_of_equals():
    sampler = SortedBatchSampler(np.array([3, 9, 5, 9, 1]), batch_size=2)
    assert list(sampler) == [[1, 3], [2, 0], [4]]
    assert len(sampler) == 3


@given(
    lengths=st.lists(st.floats(0.1, 20), min_size=1, max_size=60),
    batch_length=st.floats(0.5, 60),
    seed=st.integers(0, 2**32 - 1),
)
def test_batches_by_length_hold_every_clip_once_and_are_as_many_in_every_epoch(lengths, batch_length, seed):
    sampler = SimilarLengthSampler(np.array(lengths), 16, seed, epochs=2, batch_length=batch_length)
    batches = list(sampler)
    assert len(batches) == len(sampler) == 2 * sampler.batches_per_epoch
    for epoch in (batches[: len(sampler) // 2], batches[len(sampler) // 2 :]):
        assert sorted(clip for batch in epoch for clip in batch) == list(range(len(lengths)))
        assert all(epoch)


def test_batches_by_length_are_about_as_long_as_asked():
    lengths = lognormal_lengths(4417) / 16000
    sampler = SimilarLengthSampler(lengths, 16, seed=0, epochs=1, batch_length=60)
    seconds = np.array([lengths[batch].sum() for batch in sampler])
    assert seconds == pytest.approx(60, abs=lengths.max())
    assert len(seconds) == -(-lengths.sum() // 60)


def test_padding_is_the_share_of_a_batch_that_is_no_speech():
    lengths = np.array([1, 1, 4, 8])
    assert SimilarLengthSampler(lengths, 4, seed=0, epochs=1).padding == 1 - 14 / 32
    assert SimilarLengthSampler(lengths, 1, seed=0, epochs=1).padding == 0
    lengths = lognormal_lengths(4417)
    sampler = SimilarLengthSampler(lengths, 16, seed=0, epochs=1)
    assert sampler.padding == pytest.approx(padding(lengths, list(sampler)))


LABELS = np.array([0] * 40 + [1] * 15 + [2] * 5)


@pytest.mark.parametrize("epoch", [0, 1])
def test_balanced_epoch_draws_every_label_and_its_clips_equally_often(epoch):
    sampler = SimilarLengthSampler(np.arange(10, 70), 7, seed=3, epochs=2, labels=LABELS, balanced=True)
    batches = list(sampler)[9 * epoch : 9 * (epoch + 1)]
    drawn = np.concatenate(batches)
    assert len(sampler) == 18
    assert np.bincount(LABELS[drawn]).tolist() == [20, 20, 20]
    often = np.bincount(drawn, minlength=60)
    assert set(often[:40]) == {0, 1}
    assert set(often[40:55]) == {1, 2}
    assert set(often[55:]) == {4}


def test_balanced_epochs_differ_and_go_on_from_any_batch():
    whole, rest = (
        list(SimilarLengthSampler(np.ones(60), 7, seed=3, epochs=2, start=start, labels=LABELS, balanced=True))
        for start in (0, 13)
    )
    assert rest == whole[13:]
    assert sorted(np.concatenate(whole[:9])) != sorted(np.concatenate(whole[9:]))


def test_labels_that_do_not_divide_the_clips_take_turns():
    counts = set()
    for seed in range(20):
        [*batches] = SimilarLengthSampler(np.ones(58), 9, seed, 1, labels=LABELS[:58], balanced=True)
        counts.add(tuple(np.bincount(LABELS[np.concatenate(batches)])))
    assert counts == {(19, 19, 20), (19, 20, 19), (20, 19, 19)}
