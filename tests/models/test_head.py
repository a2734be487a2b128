import numpy as np
import pytest
import torch
from torch import nn

from ser.models.classifier import EmotionClassifier
from ser.models.head import build_head
from ser.models.normalisation import BatchNorm
from ser.models.recogniser import EmotionRecogniser
from ser.settings.network import LINEAR


def kinds(**changed: object) -> list[type[nn.Module]]:
    return [type(part) for part in build_head(LINEAR.model_copy(update=changed), 4, 3)]


def test_head_has_the_parts_that_are_wanted():
    assert kinds() == [nn.ReLU, nn.Linear]
    assert kinds(batch_norm=True) == [BatchNorm, nn.ReLU, nn.Linear]
    assert kinds(dropout=0.5) == [nn.ReLU, nn.Dropout, nn.Linear]
    assert kinds(hidden_width=5, dropout=0.5, batch_norm=True) == [
        *(BatchNorm, nn.ReLU, nn.Dropout),
        *(nn.Linear, nn.ReLU, nn.Dropout),
        nn.Linear,
    ]


def test_hidden_layer_is_as_wide_as_told():
    head = build_head(LINEAR.model_copy(update={"hidden_width": 5}), 4, 3)
    assert [tuple(weights.shape) for weights in head.parameters()] == [(5, 4), (5,), (3, 5), (3,)]


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_batch_norm_takes_a_single_row(rows):
    torch.manual_seed(0)
    values = torch.randn(rows, 4)
    norm, torchs = BatchNorm(4), nn.BatchNorm1d(4)
    torchs.train(rows > 1)
    torch.testing.assert_close(norm(values), torchs(values))
    torch.testing.assert_close(norm.running_mean, torchs.running_mean)


def test_head_may_have_a_weight_decay_of_its_own(thermometer, protocol, numerics):
    classifier = EmotionClassifier(thermometer, 3, head=LINEAR.model_copy(update={"weight_decay": 0.5}))
    module = EmotionRecogniser(classifier, protocol(), numerics(), np.array([1, 1, 1]))
    module.trainer = type("Trainer", (), {"estimated_stepping_batches": 10, "precision": "32-true"})()
    encoder, head = module.configure_optimizers()["optimizer"].param_groups
    assert (encoder["weight_decay"], head["weight_decay"]) == (0.01, 0.5)
    assert encoder["params"] == [thermometer.scale]
    assert head["params"] == list(classifier.head.parameters())
