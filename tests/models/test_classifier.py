import torch

from ser.models.classifier import EmotionClassifier
from ser.models.pooling.mean import Mean


def test_mean_is_over_real_frames():
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 6.0]], [[5.0, 7.0], [100.0, -100.0]]])
    mask = torch.tensor([[True, True], [True, False]])
    torch.testing.assert_close(Mean(2)(hidden, mask), torch.tensor([[2.0, 4.0], [5.0, 7.0]]))


def test_mean_without_padding_is_the_mean():
    hidden = torch.randn(3, 5, 4)
    torch.testing.assert_close(Mean(2)(hidden, torch.ones(3, 5, dtype=torch.bool)), hidden.mean(dim=1))


def test_padding_gets_no_gradient():
    hidden = torch.randn(1, 3, 2, requires_grad=True)
    Mean(2)(hidden, torch.tensor([[True, True, False]])).sum().backward()
    assert hidden.grad is not None
    torch.testing.assert_close(hidden.grad[0], torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]]))


def test_logits_are_a_linear_layer_on_what_is_positive_of_the_mean(thermometer):
    classifier = EmotionClassifier(thermometer, emotions=3)
    with torch.no_grad():
        classifier.head[-1].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0]]))
        classifier.head[-1].bias.copy_(torch.tensor([0.0, 0.5, 0.0]))
    logits = classifier(torch.tensor([[1.0, 3.0], [-1.0, -3.0]]), torch.tensor([2, 2]))
    torch.testing.assert_close(logits, torch.tensor([[2.0, 2.5, 8.0], [0.0, 2.5, 4.0]]))
