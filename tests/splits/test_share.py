import numpy as np
import pandas as pd
import pytest

from ser.splits import share_of

CLIPS = pd.DataFrame({"emotion": ["joy"] * 50 + ["fear"] * 9 + ["anger"]})
SPLIT = np.array(["train", "train", "train", "validation", "test"] * 11 + ["train"] * 5)


@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_every_emotion_keeps_its_share_and_nothing_is_tested(share):
    kept = share_of(SPLIT, CLIPS, share, seed=0)
    before = CLIPS["emotion"][SPLIT == "train"].value_counts()
    after = CLIPS["emotion"][kept == "train"].value_counts()
    assert after.to_dict() == {emotion: int(np.ceil(share * clips)) for emotion, clips in before.items()}
    assert "test" not in kept
    assert ((kept == "validation") == (SPLIT == "validation")).all()
    assert set(SPLIT[kept == "train"]) == {"train"}


def test_which_are_kept_is_drawn_by_the_seed():
    one, other = share_of(SPLIT, CLIPS, 0.5, seed=0), share_of(SPLIT, CLIPS, 0.5, seed=1)
    assert (one == share_of(SPLIT, CLIPS, 0.5, seed=0)).all()
    assert (one != other).any()
