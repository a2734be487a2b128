import numpy as np
import pytest

from ser.errors import ConfigError
from tests.data.clips import emotion_data

TWO = {
    "here": np.array(["train"] * 12 + ["validation"] * 5 + ["test"] * 3),
    "elsewhere": np.array(["train", "train", "validation", "train", "test", "test"]),
}


def test_batches_mix_the_corpora_and_hold_the_training_parts_alone():
    data = emotion_data(splits=TWO, epochs=1)
    seen = {}
    for batch in data.train_dataloader():
        seen |= {int(clip): float(row[0]) for clip, row in zip(batch.clips, batch.inputs, strict=True)}
    assert seen == {**{clip: clip for clip in range(12)}, 20: 0, 21: -1, 23: -3}
    validated = sorted(int(clip) for batch in data.val_dataloader() for clip in batch.clips)
    assert validated == [12, 13, 14, 15, 16, 22]


def test_classes_are_the_union_and_each_corpus_is_tested_on_its_own_part():
    data = emotion_data(splits=TWO)
    assert data.emotions == ("disgust", "fear", "joy", "surprise", "neutrality")
    assert data.class_counts().tolist() == [2, 5, 6, 1, 1]
    assert (data.test_clips("here").tolist(), data.test_clips("elsewhere").tolist()) == ([17, 18, 19], [4, 5])


def test_corpus_that_is_left_out_is_tested_whole_and_teaches_nothing():
    data = emotion_data(splits=TWO | {"elsewhere": np.full(6, "test")})
    assert data.emotions == ("disgust", "fear", "joy")
    assert data.test_clips("elsewhere").tolist() == list(range(6))
    assert data.training.name == "here"


def test_split_without_training_clips_is_refused():
    with pytest.raises(ConfigError, match="the split of here has no training clips"):
        emotion_data(splits={"here": np.array(["validation"] * 17 + ["test"] * 3)})
