import numpy as np
import pytest
import torch
from torch.nn import functional

from ser.models.focal import FocalLoss
from ser.models.losses import build_loss
from ser.settings.network import INVERSE_FREQUENCY

COUNTS = np.array([2, 1, 1])
WEIGHTS = torch.tensor([2 / 3, 4 / 3, 4 / 3])
LOGITS = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
LABELS = torch.tensor([0, 1])


def made(**changed: object) -> torch.nn.Module:
    return build_loss(INVERSE_FREQUENCY.model_copy(update=changed), COUNTS)


def test_focal_loss_is_worked_out_by_hand():
    """Clips that are recognised with probability 1/2 and 4/5 weigh 1/4 and 1/25 for gamma 2."""
    expected = (0.25 * np.log(2) + 0.04 * np.log(1.25)) / 2
    assert FocalLoss(None, 2.0)(LOGITS, LABELS).item() == pytest.approx(expected)
    expected = (2 / 3 * 0.25 * np.log(2) + 4 / 3 * 0.04 * np.log(1.25)) / 2
    assert made(focusing=2.0)(LOGITS, LABELS).item() == pytest.approx(expected)


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_focal_loss_that_does_not_focus_is_cross_entropy(weight):
    torch.manual_seed(0)
    logits, labels = torch.randn(9, 3), torch.arange(9) % 3
    expected = functional.cross_entropy(logits, labels, weight)
    torch.testing.assert_close(FocalLoss(weight, 0.0)(logits, labels), expected)


def test_losses_are_those_of_torch():
    torch.testing.assert_close(made()(LOGITS, LABELS), functional.cross_entropy(LOGITS, LABELS, WEIGHTS))
    plain = made(class_weights="none")
    torch.testing.assert_close(plain(LOGITS, LABELS), functional.cross_entropy(LOGITS, LABELS))


def test_label_smoothing_is_worked_out_by_hand():
    """A tenth of the truth is spread over three emotions."""
    truth = torch.tensor([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3], [0.1 / 3, 0.9 + 0.1 / 3, 0.1 / 3]])
    found = made(class_weights="none", smoothing=0.1)(LOGITS, LABELS)
    torch.testing.assert_close(found, -(truth * LOGITS).sum(dim=1).mean())


def test_certain_clips_have_a_finite_gradient():
    logits = torch.tensor([[100.0, -100.0, 0.0]], requires_grad=True)
    FocalLoss(None, 2.0)(logits, torch.tensor([0])).backward()
    assert logits.grad.isfinite().all()
