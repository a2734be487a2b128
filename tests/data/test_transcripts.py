from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from ser.audio.ragged import Joined
from ser.data.stream import Batching
from ser.data.transcripts import NO_CHARACTER, TranscribedData
from tests.data.clips import ListStore

LABELS = np.array([[1, 2, NO_CHARACTER], [3, NO_CHARACTER, NO_CHARACTER], [4, 4, 4], [5, 6, NO_CHARACTER]])


@pytest.fixture
def store() -> Joined:
    return Joined([ListStore([[1, 1], [2]]), ListStore([[3, 3, 3], [4]])])


def data(store: Joined, **changed: object) -> TranscribedData:
    usual = {
        "store": store,
        "inputs": store,
        "labels": LABELS,
        "train": np.array([0, 2]),
        "validation": np.array([1, 3]),
    }
    batching = Batching(batch_size=2, evaluation_batch_size=1, epochs=3, seed=0)
    return TranscribedData(**usual, batching=replace(batching, **changed))


def test_joined_stores_are_one(store):
    assert [store[clip].tolist() for clip in range(4)] == [[1, 1], [2], [3, 3, 3], [4]]
    assert store[-1].tolist() == [4]
    assert store.lengths.tolist() == [2, 1, 3, 1]
    with pytest.raises(IndexError):
        store[4]


def test_a_batch_holds_audio_and_transcripts_of_the_same_clips(store):
    for batch in data(store).train_dataloader():
        assert sorted(batch.clips.tolist()) == [0, 2]
        for row, clip in enumerate(batch.clips.tolist()):
            assert batch.inputs[row, : batch.lengths[row]].tolist() == store[clip].tolist()
            assert batch.inputs[row, batch.lengths[row] :].sum() == 0
            assert batch.labels[row].tolist() == LABELS[clip].tolist()


def test_every_epoch_draws_every_training_clip_and_validation_the_others(store):
    made = data(store, batch_size=1)
    assert made.sampler.batches_per_epoch == 2
    drawn = list(chain.from_iterable(batch.clips.tolist() for batch in made.train_dataloader()))
    assert sorted(drawn) == [0, 0, 0, 2, 2, 2]
    assert sorted(chain.from_iterable(batch.clips.tolist() for batch in made.predict_dataloader())) == [1, 3]
    made.load_state_dict({"start": 4})
    assert list(chain.from_iterable(batch.clips.tolist() for batch in made.train_dataloader())) == drawn[4:]
