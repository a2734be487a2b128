"""Gradient checkpointing and accumulation need less memory, and give the gradients of the whole batch."""

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from ser.data.batches import Batch
from ser.errors import ConfigError
from ser.models.classifier import EmotionClassifier
from ser.models.dimension_recogniser import DimensionRecogniser
from ser.models.encoder import SpeechEncoder
from ser.models.recogniser import EmotionRecogniser
from ser.settings.network import INVERSE_FREQUENCY, LINEAR, AnyLayers, Lora, PoolingSettings
from tests.encoders import NAMES, NO_CHANCE, NORMS

pytestmark = [
    pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*`srun` command"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start"),
    pytest.mark.filterwarnings("ignore:.*validation_step.* but have no"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
]

COUNTS = np.array([6, 2, 1])
LABELS = torch.tensor([0, 1, 0, 0, 2])
SHARES = torch.tensor([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [0.2, 0.3, 0.5], [0, 1, 0]])
LORA = Lora(name="lora", rank=4, alpha=8.0, dropout=0.0, target_modules=None)


def batch(labels: torch.Tensor) -> Batch:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.tensor([9000, 7000, 6000, 8000, 5000])
    return Batch(torch.randn(5, 9000, generator=generator), lengths, labels, torch.arange(5))


class Gradients(pl.Callback):
    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        self.kept = {n: w.grad.clone() for n, w in pl_module.named_parameters() if w.grad is not None}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.loss = float(outputs["loss"])


def gradients(module: pl.LightningModule, labels: torch.Tensor, precision: str = "32-true") -> tuple[dict, float]:
    """Return the gradients of the second of two equal steps, and its loss; nothing moves."""
    kept = Gradients()
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        precision=precision,
        callbacks=[kept],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
    )
    trainer.fit(module, DataLoader([batch(labels)] * 2, batch_size=None))
    return kept.kept, kept.loss


@pytest.fixture
def network(tiny_checkpoint):
    """Give a function that makes a network without dropout, masks and LayerDrop."""

    def make(architecture="wav2vec2", norm="layer", chance=NO_CHANCE, **parts) -> EmotionClassifier:
        torch.manual_seed(0)
        encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm, **chance)), 16000)
        return EmotionClassifier(encoder, 3, **parts).train()

    return make


@pytest.mark.parametrize("accumulate", [2, 3, 5, 16])
@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ({}, LABELS),
        ({"class_weights": "none"}, LABELS),
        ({"smoothing": 0.1}, LABELS),
        ({"focusing": 2.0}, LABELS),
        ({}, SHARES),
        ({"focusing": 2.0}, SHARES),
    ],
    ids=["weighted", "unweighted", "smoothed", "focal", "soft", "soft_focal"],
)
def test_gradient_of_parts_is_that_of_the_batch(network, protocol, numerics, accumulate, loss, labels):
    chosen = INVERSE_FREQUENCY.model_copy(update=loss)

    def of(accumulate: int) -> tuple[dict, float]:
        settings = protocol(accumulate=accumulate, learning_rate=1e-12, weight_decay=0.0, gradient_clip_norm=None)
        return gradients(EmotionRecogniser(network(), settings, numerics(), COUNTS, chosen), labels)

    (expected, loss_of_batch), (found, loss_of_parts) = of(1), of(accumulate)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-5)
    assert loss_of_parts == pytest.approx(loss_of_batch, abs=1e-6)
    assert max(gradient.abs().max() for gradient in expected.values()) > 1e-2


@pytest.mark.parametrize("architecture", NAMES)
def test_gradient_of_parts_is_that_of_the_batch_for_every_architecture(network, protocol, numerics, architecture):
    def of(accumulate: int) -> dict:
        settings = protocol(accumulate=accumulate, learning_rate=1e-12, weight_decay=0.0, gradient_clip_norm=None)
        return gradients(EmotionRecogniser(network(architecture), settings, numerics(), COUNTS), LABELS)[0]

    found = of(2)
    for name, gradient in of(1).items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5)


def test_gradient_of_parts_is_that_of_the_batch_for_squares_and_in_bf16(network, protocol, numerics):
    def of(accumulate: int, precision: str) -> dict:
        settings = protocol(accumulate=accumulate, learning_rate=1e-12, weight_decay=0.0, gradient_clip_norm=None)
        return gradients(DimensionRecogniser(network(), settings, numerics(), "mse"), SHARES, precision)[0]

    for precision, tolerance in (("32-true", 1e-5), ("bf16-mixed", 1e-2)):
        found, expected = of(2, precision), of(1, precision)
        for name, gradient in expected.items():
            torch.testing.assert_close(found[name], gradient, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "parts",
    [
        {"head": LINEAR.model_copy(update={"batch_norm": True})},
        {"pooling": PoolingSettings(name="ecapa_tdnn", attention_width=8)},
    ],
    ids=["head", "pooling"],
)
def test_batch_norm_is_not_taken_apart(network, protocol, numerics, parts):
    with pytest.raises(ConfigError, match=r"^training.accumulate: pooling or head has batch norm"):
        EmotionRecogniser(network(**parts), protocol(accumulate=2), numerics(), COUNTS)


@pytest.mark.parametrize("weighted", [False, True], ids=["last", "weighted"])
@pytest.mark.parametrize("freezing", [None, LORA], ids=["whole", "lora"])
@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_layers_that_are_computed_again_give_the_same_bits(
    network, protocol, numerics, architecture, norm, freezing, weighted
):
    """With dropout, and with padding, which conformers zero inside their layers."""
    parts = {"freezing": freezing} if freezing else {}
    parts |= {"layers": AnyLayers(name="weighted_before_pooling")} if weighted else {}

    def of(checkpointing: bool) -> tuple[dict, int]:
        classifier = network(architecture, norm, chance={}, **parts)
        module = EmotionRecogniser(classifier, protocol(gradient_checkpointing=checkpointing), numerics(), COUNTS)
        torch.manual_seed(1)
        kept = [0]

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            kept[0] += tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = module.loss(classifier(*batch(LABELS)[:2]), LABELS)
        loss.backward()
        return {n: w.grad for n, w in classifier.named_parameters() if w.grad is not None}, kept[0]

    (expected, kept), (found, kept_less) = of(False), of(True)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], gradient) for name, gradient in expected.items())
    assert kept_less < 0.7 * kept


def test_layers_of_another_kind_are_not_computed_again(network, protocol, numerics):
    classifier = network()
    classifier.encoder.body.layers[1] = torch.nn.Identity()
    with pytest.raises(ConfigError, match=r"^training.gradient_checkpointing: a Identity is no"):
        EmotionRecogniser(classifier, protocol(gradient_checkpointing=True), numerics(), COUNTS)
