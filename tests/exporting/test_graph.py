"""Every architecture as ONNX and as a model of transformers: what the network computes of each clip alone."""

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoModelForAudioClassification

from ser.errors import ConfigError
from ser.exporting.bundle import Bundle
from ser.exporting.front_ends import as_graph
from ser.exporting.graph import write_onnx
from ser.exporting.hub import write_hub
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.settings.network import LAST, LINEAR, MEAN, AnyLayers, HeadSettings, OneLayer, PoolingSettings
from tests.encoders import NAMES, NORMS

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")  # transformers' WavLM
RATE = 16000
LENGTHS = (30000, 17003, 300)
"""In samples; the shortest is padded to the encoder's window."""
LABELS = ("anger", "joy", "sadness")
BEFORE, AFTER = (AnyLayers(name=name) for name in ("weighted_before_pooling", "weighted_after_pooling"))
HIDDEN = HeadSettings(name="hidden", hidden_width=8, batch_norm=True, dropout=0.1, weight_decay=None)
ATTENTIVE, ECAPA = (PoolingSettings(name=name, attention_width=8) for name in ("attentive_statistics", "ecapa_tdnn"))
NETWORKS = [
    ("wav2vec2", "layer", ATTENTIVE, BEFORE, LINEAR),
    ("hubert", "group", MEAN, AFTER, HIDDEN),
    ("wavlm", "layer", PoolingSettings(name="max"), LAST, LINEAR),
    ("unispeech-sat", "layer", ECAPA, LAST, LINEAR),
    ("data2vec-audio", "layer", PoolingSettings(name="sum"), LAST, LINEAR),
    ("sew", "group", MEAN, LAST, LINEAR),
    ("wav2vec2-conformer", "group", MEAN, OneLayer(name="one", layer=1), LINEAR),
    ("wav2vec2-bert", "layer", MEAN, LAST, LINEAR),
    ("whisper", "layer", MEAN, BEFORE, LINEAR),
]


@pytest.fixture
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """A padded batch, with noise where it is padded."""
    return 0.1 * torch.randn(len(LENGTHS), max(LENGTHS), generator=torch.manual_seed(0)), torch.tensor(LENGTHS)


def network(checkpoint, pooling=MEAN, layers=LAST, head=LINEAR, seed=0) -> EmotionClassifier:
    torch.manual_seed(seed)
    made = EmotionClassifier(SpeechEncoder(str(checkpoint), RATE), len(LABELS), pooling, layers, head).eval()
    for weights in made.head.parameters():
        torch.nn.init.normal_(weights, std=0.3)  # so that clips differ
    return made


@torch.inference_mode()
def alone(made: EmotionClassifier, clips: torch.Tensor, lengths: torch.Tensor) -> np.ndarray:
    """Return the probabilities of each clip without padding, as the network has them."""
    rows = [made(clip[None, :length], length[None]) for clip, length in zip(clips, lengths, strict=True)]
    return torch.cat(rows).softmax(dim=1).numpy()


def test_all_architectures_are_exported_here():
    assert {name for name, *_ in NETWORKS} == set(NAMES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "norm", "pooling", "layers", "head"), NETWORKS, ids=[name for name, *_ in NETWORKS]
)
def test_onnx_and_transformers_agree_with_the_network(
    tiny_checkpoint, tmp_path, clips, architecture, norm, pooling, layers, head
):
    made = network(tiny_checkpoint(architecture, norm=norm), pooling, layers, head)
    expected = alone(made, *clips)
    assert np.ptp(expected, axis=0).max() > 1e-3
    chosen = {"pooling": pooling, "layers": layers, "head": head}
    write_hub(tmp_path, [made], LABELS, chosen, False, RATE, None)
    model = AutoModelForAudioClassification.from_pretrained(tmp_path, trust_remote_code=True)
    mask = torch.arange(max(LENGTHS))[None] < clips[1][:, None]
    with torch.inference_mode():
        logits = model(clips[0], mask.long()).logits
    np.testing.assert_allclose(logits.softmax(dim=1).numpy(), expected, atol=1e-4)
    assert "import ser" not in (tmp_path / "modeling_speech_emotion.py").read_text()
    write_onnx(tmp_path / "model.onnx", [made], False, RATE)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for rows in (slice(None), slice(0, 1), slice(1, 2), slice(2, 3)):
        lengths = clips[1][rows].numpy()
        waveforms = clips[0][rows, : lengths.max()].numpy()
        probabilities, embeddings = session.run(None, {"waveform": waveforms, "length": lengths})
        np.testing.assert_allclose(probabilities, expected[rows], atol=1e-4)
        assert embeddings.shape == (len(lengths), made.pooling.width)


@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_batched_front_ends_agree_with_those_of_training(tiny_checkpoint, clips, architecture, norm):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, norm=norm)), RATE).eval()
    with torch.inference_mode():
        features, frames = as_graph(encoder.front_end)(*clips)
        assert frames.tolist() == encoder.front_end.frames(clips[1]).tolist()
        for clip, length, row, count in zip(*clips, features, frames.tolist(), strict=True):
            expected = encoder.front_end(clip[None, :length], length[None])[0][0]
            torch.testing.assert_close(row[:count], expected, atol=2e-3, rtol=1e-3)


def test_clip_that_is_longer_than_whisper_takes_is_cut(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("whisper", max_source_positions=60)), RATE).eval()
    long = 0.1 * torch.randn(1, 2 * encoder.front_end.longest, generator=torch.manual_seed(0))
    lengths = torch.tensor([long.shape[1]])
    features, frames = as_graph(encoder.front_end)(long, lengths)
    expected, _ = encoder.front_end(long, lengths)
    assert frames.tolist() == [expected.shape[1]]
    torch.testing.assert_close(features[:, : frames[0]], expected, atol=2e-3, rtol=1e-3)


def test_a_front_end_of_another_package_is_refused():
    with pytest.raises(ConfigError, match="front end object is not one of the package"):
        as_graph(object())


def test_two_definitions_of_one_name_are_refused():
    class Last(torch.nn.Module):
        pass

    bundle = Bundle(["ser", "tests"])
    from ser.models.layers import Last as Ours

    bundle.add(Ours)
    Last.__module__, Last.__qualname__ = __name__, "Last"
    with pytest.raises(ConfigError, match="both define Last"):
        bundle.add(Last)
