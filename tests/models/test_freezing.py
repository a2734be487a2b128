import pytest
import torch

from ser.errors import ConfigError
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.freezing import thaw
from ser.settings.network import AtFirst, FirstLayers, PlainFreezing
from tests.encoders import NAMES

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")

BATCH = (torch.randn(2, 9000, generator=torch.Generator().manual_seed(0)), torch.tensor([9000, 5000]))
ENCODER = PlainFreezing(name="encoder")
ARCHITECTURES = pytest.mark.parametrize("architecture", NAMES)


@pytest.fixture
def classifier(tiny_checkpoint):
    """Give a function that makes a classifier whose encoder leaves no layer out."""

    def make(architecture, freezing) -> EmotionClassifier:
        torch.manual_seed(0)
        encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
        encoder.model.config.update({"layerdrop": 0.0, "encoder_layerdrop": 0.0})
        return EmotionClassifier(encoder, 3, freezing=freezing)

    return make


def learning(classifier: EmotionClassifier) -> set[str]:
    """Name the parts of the encoder that a step would change."""
    classifier.zero_grad()
    classifier(*BATCH).square().sum().backward()
    names = {name for name, weights in classifier.encoder.model.named_parameters() if weights.grad is not None}
    return {name.removeprefix("encoder.") for name in names}


@ARCHITECTURES
def test_of_a_frozen_encoder_nothing_learns_and_it_works_as_in_evaluation(classifier, architecture):
    network = classifier(architecture, ENCODER).train()
    assert learning(network) == set()
    assert not any(weights.requires_grad for weights in network.encoder.parameters())
    found = network.encoder(*BATCH)[0]
    assert not found.requires_grad
    torch.testing.assert_close(found, network.eval().encoder(*BATCH)[0])
    assert network.head[-1].weight.grad is not None


@ARCHITECTURES
def test_first_layers_and_all_below_them_are_frozen(classifier, architecture):
    network = classifier(architecture, FirstLayers(name="first_layers", layers=1)).train()
    above = {id(weights) for module in network.encoder.body.above for weights in module.parameters()}
    names = {name.removeprefix("encoder.") for name, w in network.encoder.model.named_parameters() if id(w) in above}
    assert {name for name in learning(network) if not name.startswith("layers.")} == names
    assert {name.split(".")[1] for name in learning(network) if name.startswith("layers")} == {"1"}
    layers = network.encoder.body.layers
    assert not any(module.training for module in layers[0].modules())
    assert all(module.training for module in layers[1].modules() if not isinstance(module, torch.nn.BatchNorm1d))


def test_more_layers_than_there_are_are_refused(classifier):
    with pytest.raises(ConfigError, match=r"^freezing.layers=3: the encoder has 2 layers$"):
        classifier("wav2vec2", FirstLayers(name="first_layers", layers=3))


@ARCHITECTURES
def test_encoder_that_is_frozen_at_first_learns_from_a_step_on(classifier, architecture):
    freezing = AtFirst(name="at_first", steps=2)
    network = classifier(architecture, freezing).train()
    for step in (0, 1):
        thaw(network.encoder, freezing, step)
        assert learning(network) == set()
        assert not network.encoder.model.training
    thaw(network.encoder, freezing, 2)
    assert learning(network) == learning(classifier(architecture, PlainFreezing(name="convolutions")))
    assert network.encoder.model.training
    assert {id(weights) for weights in network.parameters() if weights.requires_grad} == {
        id(weights) for group in network.parameter_groups() for weights in group["params"]
    }
