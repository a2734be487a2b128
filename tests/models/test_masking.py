import numpy as np
import pytest
import torch
from transformers.models.wav2vec2.modeling_wav2vec2 import _compute_mask_indices

from ser.models.encoder import SpeechEncoder
from ser.models.masking import time_masks
from tests.encoders import NAMES


def runs(masked: torch.Tensor) -> list[int]:
    """Lengths of the masked stretches of a clip."""
    edges = np.flatnonzero(np.diff(masked.numpy().astype(int), prepend=0, append=0))
    return (edges[1::2] - edges[::2]).tolist()


def test_share_that_is_masked_is_that_of_transformers():
    lengths = [200, 150, 90]
    attention = torch.arange(200)[None] < torch.tensor(lengths)[:, None]
    np.random.seed(0)
    torch.manual_seed(0)
    theirs = np.mean([_compute_mask_indices((3, 200), 0.4, 10, attention, 2).mean(1) for _ in range(500)], axis=0)
    ours = torch.stack([time_masks(200, torch.tensor(lengths), 0.4, 10, 2).float().mean(1) for _ in range(500)])
    np.testing.assert_allclose(ours.mean(0), theirs, atol=0.005)


def test_masks_are_whole_stretches_on_real_positions():
    torch.manual_seed(0)
    for _ in range(100):
        masks = time_masks(60, torch.tensor([60, 33, 10]), 0.3, 10, 0)
        assert not masks[1, 33:].any()
        assert all(length >= 10 for clip in masks for length in runs(clip))


@pytest.mark.parametrize(("length", "expected"), [(9, 0), (10, 10), (19, 10)])
def test_a_short_clip_gets_as_many_masks_as_it_has_room_for(length, expected):
    torch.manual_seed(0)
    masked = time_masks(40, torch.tensor([length]), 0.9, 10, 5).sum().item()
    assert masked == expected if length != 19 else masked in (10,)


def test_number_of_masks_is_right_on_average():
    """0.05 of 100 positions in stretches of 10 is half a stretch."""
    torch.manual_seed(0)
    counts = [time_masks(100, torch.tensor([100]), 0.05, 10, 0).sum().item() for _ in range(2000)]
    assert set(counts) == {0, 10}
    assert np.mean(counts) == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize("architecture", NAMES)
def test_channels_are_masked_whatever_a_configuration_lacks(tiny_checkpoint, architecture):
    folder = tiny_checkpoint(architecture, **{"mask_feature_prob": 0.5, "apply_spec_augment": True})
    encoder = SpeechEncoder(str(folder), 16000)
    features, frames = encoder.front_end(torch.randn(1, 16000), torch.tensor([16000]))
    assert encoder.body.embed(features, frames, masks=True)[0].isfinite().all()
