import pytest
import torch
import transformers

from ser.errors import ConfigError
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.layers import WeightedAfterPooling, WeightedBeforePooling, build_layers
from ser.models.pooling.max import Max
from ser.models.pooling.mean import Mean
from ser.settings.network import LAST, AnyLayers, OneLayer
from tests.encoders import NAMES, NORMS

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")

BATCH = (torch.randn(2, 9000, generator=torch.Generator().manual_seed(0)), torch.tensor([9000, 5000]))
WEIGHTED = ("weighted_before_pooling", "weighted_after_pooling")


class Stack(torch.nn.Module):
    """Stands for an encoder of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.body = type("Body", (), {"layers": [None, None]})

    def states(self, inputs, lengths):
        return list(inputs), torch.tensor([[True, True]])


STATES = torch.tensor([[[[1.0, 8.0], [4.0, 2.0]]], [[[3.0, 0.0], [0.0, 1.0]]], [[[5.0, 5.0], [0.0, 1.0]]]])
"""(layers, batch, frames, width)."""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (WeightedBeforePooling, [0.5 * 1 + 0.25 * 3 + 0.25 * 5, 0.5 * 8 + 0.25 * 0 + 0.25 * 5]),
        (WeightedAfterPooling, [0.5 * 4 + 0.25 * 3 + 0.25 * 5, 0.5 * 8 + 0.25 * 1 + 0.25 * 5]),
    ],
)
def test_weighted_layers_are_worked_out_by_hand(kind, expected):
    """Weights 1/2, 1/4, 1/4, and the larger of two frames, which the sum has in the first, and layers have apart."""
    layers = kind(Stack())
    with torch.no_grad():
        layers.logits.copy_(torch.tensor([2.0, 1.0, 1.0]).log() + 3)
    torch.testing.assert_close(layers(Stack(), Max(2), STATES, None), torch.tensor([expected]))


@pytest.mark.parametrize("kind", [WeightedBeforePooling, WeightedAfterPooling])
def test_weights_begin_alike(kind):
    found = kind(Stack())(Stack(), Mean(2), STATES, None)
    torch.testing.assert_close(found, STATES.mean(dim=(0, 2)))


@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_states_are_those_of_transformers(tiny_checkpoint, architecture, norm):
    """Which leaves the last norm out of the last of them, where ours, as the last hidden states, have it.

    SEW's layers have one state for several frames: ours repeat it for each.
    """
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000).eval()
    samples = 480000 if architecture == "whisper" else 9000
    waveforms = torch.randn(1, samples, generator=torch.Generator().manual_seed(0))
    features, _ = encoder.front_end(waveforms, torch.tensor([samples]))
    inputs = {"whisper": features.transpose(1, 2), "wav2vec2-bert": features}.get(architecture)
    if inputs is None:
        extractor = transformers.Wav2Vec2FeatureExtractor()
        inputs = torch.tensor(extractor(waveforms[0].numpy(), sampling_rate=16000)["input_values"][0])[None]
    with torch.no_grad():
        expected = encoder.model(inputs, output_hidden_states=True)
        states, mask = encoder.states(waveforms, torch.tensor([samples]))
    assert mask.all()
    assert len(states) == len(expected.hidden_states) == 3
    torch.testing.assert_close(states[-1], expected.last_hidden_state, atol=1e-4, rtol=0)
    factor = getattr(encoder.model.config, "squeeze_factor", 1)
    for found, known in zip(states[:-1], expected.hidden_states[:-1], strict=True):
        for frame in range(factor):
            torch.testing.assert_close(found[:, frame::factor][:, : known.shape[1]], known, atol=1e-4, rtol=0)


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_one_layer_is_heard_and_higher_ones_are_thrown_away(tiny_checkpoint, architecture, layer):
    whole = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000).eval()
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000).eval()
    one = build_layers(OneLayer(name="one", layer=layer), encoder)
    assert len(encoder.body.layers) == max(layer, 1)
    with torch.no_grad():
        states, mask = whole.states(*BATCH)
        found = one(encoder, Mean(32), *BATCH)
        torch.testing.assert_close(found, Mean(32)(states[layer], mask))
        if layer == 2:
            torch.testing.assert_close(found, build_layers(LAST, whole)(whole, Mean(32), *BATCH))


def test_layer_that_there_is_not_is_refused(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint()), 16000)
    with pytest.raises(ConfigError, match=r"^layers.layer=3: the encoder has 2 layers$"):
        build_layers(OneLayer(name="one", layer=3), encoder)


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_learn_and_padding_changes_nothing(tiny_checkpoint, architecture, name):
    torch.manual_seed(0)
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    classifier = EmotionClassifier(encoder, 7, layers=AnyLayers(name=name))
    classifier(*BATCH).square().sum().backward()
    assert (classifier.layers.logits.grad != 0).all()
    classifier.eval()
    with torch.no_grad():
        alone = classifier(BATCH[0][1:, :5000], BATCH[1][1:])
        torch.testing.assert_close(classifier(*BATCH)[1:], alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("architecture", NAMES)
def test_layer_that_is_left_out_in_training_has_the_states_below_it(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    encoder.model.config.update({"layerdrop": 1.0, "encoder_layerdrop": 1.0})
    states, _ = encoder.states(*BATCH)
    assert len(states) == 3
    assert torch.equal(states[0], states[1]) == (architecture != "wavlm")  # which never leaves its first out
