"""States that enter the first trained part of a network, computed once, are those that it would compute in a batch."""

import numpy as np
import pytest
import torch

from ser.audio.ragged import write_ragged
from ser.audio.store import Store
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_output
from ser.settings.network import AnyLayers, FirstLayers, OneLayer, PlainFreezing, PoolingSettings
from tests.encoders import NAMES

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")

LENGTHS = (8000, 12345, 300, 9001)
CPU = torch.device("cpu")
ENCODER = PlainFreezing(name="encoder")
FIRST = FirstLayers(name="first_layers", layers=1)
BOTH = FirstLayers(name="first_layers", layers=2)
POOLINGS = {
    "mean": PoolingSettings(name="mean"),
    "max": PoolingSettings(name="max"),
    "attention": PoolingSettings(name="attentive_statistics", attention_width=8),
}
LAYERS = {
    "last": AnyLayers(name="last"),
    "before": AnyLayers(name="weighted_before_pooling"),
    "after": AnyLayers(name="weighted_after_pooling"),
    "one": OneLayer(name="one", layer=1),
}


@pytest.fixture
def store(tmp_path) -> Store:
    rng = np.random.default_rng(0)
    folder = tmp_path / "stores" / "corpus"
    folder.mkdir(parents=True)
    clips = [(0.1 * rng.standard_normal(length)).astype(np.float32) for length in LENGTHS]
    write_ragged(folder, clips, "<f4", {"sample_rate": 16000, "silent": 0})
    return Store(folder)


def padded(rows) -> tuple[torch.Tensor, torch.Tensor]:
    tensors = [torch.from_numpy(rows[clip].copy()) for clip in range(len(rows))]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True), torch.from_numpy(rows.lengths)


def network(checkpoint, pooling: str, layers: str, freezing) -> EmotionClassifier:
    torch.manual_seed(0)
    encoder = SpeechEncoder(str(checkpoint), 16000)
    return EmotionClassifier(encoder, 7, POOLINGS[pooling], LAYERS[layers], freezing=freezing)


def plain(checkpoint, pooling: str, layers: str) -> EmotionClassifier:
    """Return the network without a frozen part, and with the same weights."""
    return network(checkpoint, pooling, layers, PlainFreezing(name="convolutions"))


CASES = [
    (layers, pooling, freezing)
    for layers, pooling in (("last", "mean"), ("last", "attention"), ("before", "mean"), ("before", "attention"))
    for freezing in (ENCODER, FIRST)
] + [
    ("after", "max", ENCODER),
    ("after", "mean", BOTH),
    ("before", "max", ENCODER),
    ("last", "mean", BOTH),
    ("one", "mean", ENCODER),
    ("one", "attention", FIRST),
]


@pytest.mark.parametrize(("layers", "pooling", "freezing"), CASES)
@pytest.mark.parametrize("architecture", NAMES)
def test_logits_are_those_without_a_store(tiny_checkpoint, store, tmp_path, architecture, layers, pooling, freezing):
    checkpoint = tiny_checkpoint(architecture)
    classifier = network(checkpoint, pooling, layers, freezing).eval()
    waveforms = padded(store)
    with torch.no_grad():
        expected = plain(checkpoint, pooling, layers).eval()(*waveforms)
        torch.testing.assert_close(classifier(*waveforms), expected, atol=2e-5, rtol=0)
        for dtype, atol in (("float32", 2e-5), ("float16", 5e-3)):
            rows = open_output(classifier.frozen_states, store, dtype, tmp_path / dtype, 1, CPU)
            assert rows[0].shape[1:] == classifier.frozen_states.clip_shape
            torch.testing.assert_close(classifier(*padded(rows)), expected, atol=atol, rtol=0)
