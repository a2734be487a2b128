"""CTC against torch, and against alignments worked out by hand."""

import doctest
import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from ser.models import ctc
from ser.models.ctc import best_path, ctc_loss, frames_needed


def test_the_example_holds():
    assert doctest.testmod(ctc).failed == 0


@pytest.mark.parametrize(
    ("labels", "frames"),
    [([], 0), ([1], 1), ([1, 2], 2), ([1, 1], 3), ([1, 1, 1], 5), ([1, 2, 1], 3), ([2, 2, 1, 1], 6)],
)
def test_frames_needed_by_hand(labels, frames):
    assert frames_needed(labels) == frames


@pytest.mark.parametrize("seed", range(20))
def test_torch_finds_a_path_from_so_many_frames_on(seed):
    labels = np.random.default_rng(seed).integers(1, 4, size=6)
    needed = frames_needed(labels)
    for frames in range(needed - 1, needed + 2):
        loss = functional.ctc_loss(
            torch.full((frames, 1, 4), 0.25).log(), torch.tensor(labels)[None], [frames], [6], reduction="none"
        )
        assert loss.isfinite().item() == (frames >= needed)


def brute_force(probabilities: np.ndarray, labels: list[int]) -> float:
    """Add up the probabilities of all paths that spell the labels."""
    total = 0.0
    for path in itertools.product(range(probabilities.shape[1]), repeat=len(probabilities)):
        spelled = [label for label, _ in itertools.groupby(path) if label]
        if spelled == labels:
            total += math.prod(probabilities[frame, label] for frame, label in enumerate(path))
    return -math.log(total)


def test_loss_is_that_of_all_paths_over_real_frames_alone():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 5, 3, generator=generator)
    mask = torch.tensor([[True] * 5, [True] * 4 + [False]])
    labels = torch.tensor([[1, 1, 2], [2, 1, -100]])
    probabilities = logits.softmax(-1).numpy()
    expected = [brute_force(probabilities[0], [1, 1, 2]) / 3, brute_force(probabilities[1, :4], [2, 1]) / 2]
    assert ctc_loss(logits, mask, labels).item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_two_frames_by_hand():
    """P(a) = aa + a_ + _a = .6*.3 + .6*.7 + .4*.3 = .72."""
    logits = torch.tensor([[[0.4, 0.6], [0.7, 0.3]]]).log()
    loss = ctc_loss(logits, torch.ones(1, 2, dtype=torch.bool), torch.tensor([[1]]))
    assert loss.item() == pytest.approx(-math.log(0.72), rel=1e-5)


def test_best_path_drops_repetitions_then_blanks_and_padding():
    logits = functional.one_hot(torch.tensor([[1, 1, 0, 1, 2, 2], [0, 2, 0, 0, 1, 1]]), 3).float()
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    assert best_path(logits, mask).tolist() == [[1, 1, 2, 0, 0, 0], [2, 0, 0, 0, 0, 0]]
