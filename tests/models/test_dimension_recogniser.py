import pytest
import torch

from ser.data.batches import Batch
from ser.models.classifier import EmotionClassifier
from ser.models.dimension_recogniser import LOSSES, DimensionRecogniser

TRUTH = torch.tensor([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [0.3, 0.3, 0.3]])
SAID = torch.tensor([[0.1, 0.2, 0.2], [0.2, 0.4, 0.2], [0.3, 0.6, 0.2]])


@pytest.mark.parametrize(("loss", "expected"), [("ccc", 1 - (1 + 4 / 11 + 0) / 3), ("mse", (0 + 0.14 + 0.02) / 9)])
def test_losses_are_worked_out_by_hand(loss, expected):
    assert LOSSES[loss]()(SAID, TRUTH).item() == pytest.approx(expected, rel=1e-5)


def test_the_moments_of_the_concordance_are_in_single_precision_under_autocast():
    torch.manual_seed(0)
    truth = torch.rand(16, 3)
    said = (0.5 + 0.1 * (truth - 0.5)).to(torch.bfloat16)  # all near 0.5, as at the first steps
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = LOSSES["ccc"]()(said, truth)
    assert loss.item() == pytest.approx(LOSSES["ccc"]()(said.double(), truth.double()).item(), rel=1e-5)


def test_concordance_of_a_split_is_no_mean_over_its_batches(thermometer, protocol, numerics, monkeypatch):
    module = DimensionRecogniser(EmotionClassifier(thermometer, 3), protocol(), numerics(), "ccc")
    told = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: told.update({name: float(value)}))
    monkeypatch.setattr(module.classifier, "forward", lambda inputs, lengths: inputs)
    module.last_loss = torch.tensor(0.5)
    for clips in (slice(0, 1), slice(1, 3)):
        module.validation_step(Batch(SAID[clips], torch.ones(1), TRUTH[clips], torch.arange(1)), 0)
    module.on_validation_epoch_end()
    assert told["validation/ccc"] == pytest.approx(15 / 33, rel=1e-5)
    assert told["validation/ccc_valence"] == pytest.approx(4 / 11, rel=1e-5)
    assert told["validation/loss"] == pytest.approx(1 - 15 / 33, rel=1e-5)
    assert module.monitor == ("validation/ccc", "max")
