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
    FocalLoss(None, 0.5)(logits, torch.tensor([[0.0, 0.0, 1.0]])).backward()
    assert logits.grad.isfinite().all()


SHARES = torch.tensor([[0.75, 0.25, 0.0], [0.2, 0.2, 0.6]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("class_weights", "weight"), [("none", None), ("inverse_frequency", WEIGHTS)])
def test_soft_labels_are_those_of_torch(class_weights, weight, smoothing):
    found = made(class_weights=class_weights, smoothing=smoothing)(LOGITS, SHARES)
    expected = functional.cross_entropy(LOGITS, SHARES, weight, label_smoothing=smoothing)
    torch.testing.assert_close(found, expected)


def test_soft_cross_entropy_is_worked_out_by_hand():
    expected = -(0.75 * np.log(0.5) + 0.25 * np.log(0.25) + 0.2 * np.log(0.1) + 0.2 * np.log(0.8) + 0.6 * np.log(0.1))
    assert made(class_weights="none")(LOGITS, SHARES).item() == pytest.approx(expected / 2)


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_focal_loss_of_soft_labels(weight):
    """Gamma 0 is torch's cross-entropy; certain labels are hard ones; gamma 2 by hand."""
    torch.testing.assert_close(FocalLoss(weight, 0.0)(LOGITS, SHARES), functional.cross_entropy(LOGITS, SHARES, weight))
    certain = functional.one_hot(LABELS, 3).float()
    torch.testing.assert_close(FocalLoss(None, 2.0)(LOGITS, certain), FocalLoss(None, 2.0)(LOGITS, LABELS))
    w = np.ones(3) if weight is None else weight.numpy()
    p = LOGITS.exp().numpy()
    expected = -(w * SHARES.numpy() * (1 - p) ** 2 * np.log(p)).sum() / 2
    assert FocalLoss(weight, 2.0)(LOGITS, SHARES).item() == pytest.approx(expected)
