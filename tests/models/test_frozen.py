"""States that enter the first trained part of a network, computed once, are those that it would compute in a batch."""

import numpy as np
import pytest
import torch

from ser.audio import whole
from ser.audio.ragged import write_ragged
from ser.audio.store import Store
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.features import open_inputs, open_output
from ser.models.frozen import Features, FrozenStates, frozen_states
from ser.models.sharing import frozen_encoder
from ser.settings.network import AnyLayers, AtFirst, FirstLayers, OneLayer, PlainFreezing, PoolingSettings
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


@pytest.mark.parametrize("architecture", NAMES)
def test_masks_and_dropout_are_off_below_the_first_trained_layer(tiny_checkpoint, architecture):
    """Two training steps on the same clips get the same states, though each draws its own dropout above them."""
    classifier = network(tiny_checkpoint(architecture), "mean", "last", FIRST).train()
    waveforms = torch.randn(2, 9000, generator=torch.Generator().manual_seed(0)), torch.tensor([9000, 5000])
    first, second = (classifier.frozen_states(*waveforms)[0] for _ in range(2))
    assert torch.equal(first, second)
    assert classifier.encoder.model.training
    classifier(*waveforms).square().sum().backward()
    learning = {name for name, weights in classifier.encoder.model.named_parameters() if weights.grad is not None}
    assert learning
    assert not any("layers.0." in name for name in learning)


@pytest.fixture
def states(tiny_checkpoint):
    """Give a function that returns the frozen states of a network of the usual checkpoint."""

    def make(layers="last", pooling="mean", freezing=ENCODER, seed=0) -> FrozenStates:
        encoder = SpeechEncoder(str(tiny_checkpoint(seed=seed)), 16000)
        return frozen_states(encoder, POOLINGS[pooling], LAYERS[layers], freezing)

    return make


@pytest.mark.parametrize(
    ("layers", "pooling", "freezing", "frames", "kept"),
    [
        ("last", "mean", ENCODER, 1, 1),
        ("last", "attention", ENCODER, 24, 1),
        ("one", "max", ENCODER, 1, 1),
        ("before", "mean", ENCODER, 1, 3),
        ("before", "max", ENCODER, 24, 3),
        ("after", "max", ENCODER, 1, 3),
        ("last", "mean", FIRST, 24, 1),
        ("before", "mean", FIRST, 24, 2),
    ],
)
def test_what_is_stored_follows_from_what_is_above(states, store, tmp_path, layers, pooling, freezing, frames, kept):
    rows = open_output(states(layers, pooling, freezing), store, "float16", tmp_path / "states", 1, CPU)
    assert rows[0].shape == (frames, kept, 32)
    assert rows[0].dtype == (np.float32 if frames == 1 else np.float16)


def test_only_the_front_end_is_frozen_for_good_where_layers_learn(states):
    assert states(freezing=PlainFreezing(name="convolutions")) is None
    assert states(freezing=AtFirst(name="at_first", steps=5)) is None


def test_they_are_shared_where_they_are_the_same(states, store, tmp_path):
    def folder(*arguments, **named):
        return open_output(states(*arguments, **named), store, "float16", tmp_path / "states", 1, CPU).folder

    assert folder() == folder()
    assert len({folder(), folder("before"), folder("last", "max"), folder(freezing=FIRST), folder(seed=1)}) == 5


def test_damaged_ones_are_computed_again(states, store, tmp_path, monkeypatch):
    rows = open_output(states("last", "attention"), store, "float16", tmp_path / "states", 1, CPU)
    kept, values = rows[0].copy(), rows.folder / "values"
    values.write_bytes(b"\1" + values.read_bytes()[1:])
    monkeypatch.setattr(whole, "_verified", set())
    again = open_output(states("last", "attention"), store, "float16", tmp_path / "states", 1, CPU)
    np.testing.assert_array_equal(again[0], kept)


def test_states_that_are_too_large_leave_the_features_of_the_front_end(states, store, tmp_path, numerics):
    frames = states("before", "attention")
    inputs = open_inputs([frames, Features(frames.encoder)], store, numerics(), 1e-5, CPU, tmp_path)
    assert inputs[0].shape == (24, 16)


def test_cells_of_a_process_share_weights_and_nothing_else(tiny_checkpoint):
    checkpoint = str(tiny_checkpoint())
    first, second = frozen_encoder(checkpoint, 16000), frozen_encoder(checkpoint, 16000)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert one is other
    first.drop_layers_above(1)
    first.frozen = [first.model]
    assert (len(first.body.layers), len(second.body.layers), second.frozen) == (1, 2, [])


@pytest.mark.parametrize("architecture", NAMES)
def test_shared_encoder_encodes_as_one_that_is_loaded(tiny_checkpoint, architecture):
    checkpoint = str(tiny_checkpoint(architecture))
    waveforms = torch.randn(2, 9000, generator=torch.Generator().manual_seed(0)), torch.tensor([9000, 5000])
    with torch.no_grad():
        expected = SpeechEncoder(checkpoint, 16000).eval()(*waveforms)
        for _ in range(2):
            assert torch.equal(frozen_encoder(checkpoint, 16000).eval()(*waveforms)[0], expected[0])
