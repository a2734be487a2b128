import numpy as np
import pytest
import torch
from torchmetrics.regression import ConcordanceCorrCoef

from ser.metrics.concordance import ccc


def one(predicted: list[float], truth: list[float]) -> float:
    return ccc(np.array(predicted)[:, None], np.array(truth)[:, None]).item()


@pytest.mark.parametrize(
    ("predicted", "truth", "expected"),
    [
        ([1, 2, 3], [1, 2, 3], 1),
        ([3, 2, 1], [1, 2, 3], -1),
        ([2, 3, 4], [1, 2, 3], 4 / 7),  # 2 x 2/3 / (2/3 + 2/3 + 1)
        ([2, 4, 6], [1, 2, 3], 4 / 11),  # 2 x 4/3 / (8/3 + 2/3 + 4)
        ([2, 2, 2], [1, 2, 3], 0),
        ([2, 2, 2], [2, 2, 2], 0),
    ],
)
def test_worked_out_by_hand(predicted, truth, expected):
    assert one(predicted, truth) == pytest.approx(expected)


@pytest.mark.parametrize("clips", [2, 16, 1000])
def test_agrees_with_torchmetrics_whose_means_weigh_a_little_less(clips):
    torch.manual_seed(0)
    truth = torch.rand(clips, 3, dtype=torch.float64)
    predicted = truth + 0.3 * torch.randn(clips, 3, dtype=torch.float64)
    predicted += truth.mean(0) - predicted.mean(0)
    further = 0.2 * (clips / (clips - 1)) ** 0.5
    theirs = ConcordanceCorrCoef(num_outputs=3).set_dtype(torch.float64)(predicted + further, truth)
    torch.testing.assert_close(ccc(predicted + 0.2, truth), theirs, rtol=1e-5, atol=1e-6)
