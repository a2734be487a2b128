"""The steps on a GPU that is not there: nothing is on two devices, and the CPU never waits."""

import numpy as np
import pytest
import torch

from ser.data.batches import Batch
from ser.data.module import EmotionData
from ser.data.transcripts import TranscribedData
from ser.models.classifier import EmotionClassifier
from ser.models.dimension_recogniser import DimensionRecogniser
from ser.models.encoder import SpeechEncoder
from ser.models.recogniser import EmotionRecogniser, Recogniser
from ser.models.transcriber import Transcriber
from ser.settings import TranscriptionSettings
from ser.settings.network import AnyLayers, AtFirst, Lora, LossSettings, PoolingSettings
from ser.text.vocabulary import Vocabulary
from tests.encoders import NORMS
from tests.models.fake_cuda import CUDA, HostWaits, fake_cuda

WEIGHTED = AnyLayers(name="weighted_before_pooling")
FOCAL = LossSettings(name="focal", class_weights="inverse_frequency", smoothing=0.0, focusing=2.0)
LAYER_NORM = [(architecture, norm) for architecture, norm in NORMS if norm == "layer"]


@pytest.fixture
def recogniser(tiny_checkpoint, protocol, numerics):
    """Give a function that makes the module of a task."""

    def make(architecture="wav2vec2", norm="layer", task="emotions", loss=None, **network) -> Recogniser:
        encoder = SpeechEncoder(str(tiny_checkpoint(architecture, norm=norm)), 16000)
        if task == "dimensions":
            return DimensionRecogniser(EmotionClassifier(encoder, 3, **network), protocol(), numerics(), "ccc")
        chosen = {} if loss is None else {"loss": loss}
        return EmotionRecogniser(
            EmotionClassifier(encoder, 7, **network), protocol(), numerics(), np.array([5] * 7), **chosen
        )

    return make


def batch_of(module: Recogniser) -> Batch:
    """Return a batch of features, moved to the GPU as the data module moves it."""
    labels = torch.rand(4, 3) if isinstance(module, DimensionRecogniser) else torch.arange(4)
    features = torch.randn(4, 50, module.classifier.encoder.front_end.channels, dtype=torch.float16)
    batch = Batch(features, torch.tensor([50, 40, 30, 20]), labels, torch.arange(4))
    return EmotionData.transfer_batch_to_device(None, batch, CUDA, 0)


def train(module: Recogniser, waits: HostWaits) -> None:
    """Take a training step in bf16; gradients are made up: autograd needs a real GPU for tensors of CUDA."""
    module.train()
    optimizer = torch.optim.AdamW(module.parameter_groups(), fused=True)
    batch = batch_of(module)
    waits.found.clear()
    with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
        loss = module.training_step(batch, 0)
    assert loss.device == CUDA
    for group in optimizer.param_groups:
        for weights in group["params"]:
            weights.grad = torch.zeros_like(weights)
    module.configure_gradient_clipping(optimizer, 1.0)
    optimizer.step()
    optimizer.zero_grad()


def validate(module: Recogniser, waits: HostWaits) -> None:
    """Take a validation step and a prediction."""
    module.eval()
    module.log = lambda name, value, **_: None
    batch = batch_of(module)
    waits.found.clear()
    with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
        module.validation_step(batch, 0)
        clips, outputs = module.predict_step(batch, 0)
    assert clips.device == outputs.device == CUDA
    assert outputs.dtype == torch.float32


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")  # transformers' WavLM
@pytest.mark.parametrize("step", [train, validate])
@pytest.mark.parametrize("encoder", NORMS, ids="-".join)
def test_no_step_of_any_encoder_waits_for_the_gpu(recogniser, encoder, step):
    with fake_cuda(recogniser(*encoder)) as (module, waits):
        step(module, waits)
    assert waits.found == []


@pytest.mark.parametrize("step", [train, validate])
@pytest.mark.parametrize(
    "parts",
    [
        {"task": "dimensions"},
        {"loss": FOCAL},
        {"pooling": PoolingSettings(name="max")},
        {"pooling": PoolingSettings(name="attentive_statistics", attention_width=8)},
        {"pooling": PoolingSettings(name="ecapa_tdnn", attention_width=8)},
        {"layers": WEIGHTED},
        {"freezing": AtFirst(name="at_first", steps=5)},
        {"freezing": Lora(name="lora", rank=2, alpha=4.0, dropout=0.1, target_modules=None)},
    ],
    ids=["dimensions", "focal", "max", "attentive_statistics", "ecapa_tdnn", "weighted", "at_first", "lora"],
)
def test_no_step_of_any_part_waits_for_the_gpu(recogniser, parts, step):
    with fake_cuda(recogniser(**parts)) as (module, waits):
        step(module, waits)
    assert waits.found == []


@pytest.mark.parametrize("trains", [True, False])
def test_no_step_that_transcribes_waits_but_for_the_loss(tiny_checkpoint, numerics, monkeypatch, trains):
    """PyTorch's CTC needs the lengths on the CPU and has no fake kernel: it is left out, its arguments are not."""

    def ctc(probabilities: torch.Tensor, *others: object) -> torch.Tensor:
        tensors = [probabilities, *(each for each in others if isinstance(each, torch.Tensor))]
        assert [tensor.device for tensor in tensors] == [CUDA] * 4
        assert probabilities.dtype == torch.float32
        return probabilities.sum()

    monkeypatch.setattr(torch.nn.functional, "ctc_loss", ctc)
    protocol = TranscriptionSettings(
        **{"epochs": 1, "batch_size": 4, "learning_rate": 1e-3, "weight_decay": 0.0, "gradient_clip_norm": 1.0},
        **{"validate_every_steps": 1, "patience": 1, "minimum_improvement": 0.0, "warm_up": 0.5},
    )
    encoder = SpeechEncoder(str(tiny_checkpoint()), 16000)
    module = Transcriber(encoder, Vocabulary("abc"), protocol, numerics(), longest=16000)
    with fake_cuda(module) as (module, waits):
        features = torch.randn(4, 50, module.encoder.front_end.channels, dtype=torch.float16)
        batch = Batch(features, torch.full((4,), 40), torch.ones(4, 5, dtype=torch.long), torch.arange(4))
        batch = TranscribedData.transfer_batch_to_device(None, batch, CUDA, 0)
        module.train(trains)
        waits.found.clear()
        with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False), torch.set_grad_enabled(trains):
            returned = [module.training_step(batch, 0)] if trains else module.predict_step(batch, 0)
    assert {tensor.device for tensor in returned} == {CUDA}
    assert waits.found == []


@pytest.mark.parametrize("encoder", LAYER_NORM, ids=[architecture for architecture, _ in LAYER_NORM])
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
def test_the_way_back_reads_no_value(recogniser, encoder):
    """Traced on the CPU, since autograd asks a real GPU for its streams; the operations are the same."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    module = recogniser(*encoder)
    with FakeTensorMode(allow_non_fake_inputs=True), HostWaits("cpu") as waits:
        module.train()
        features = torch.randn(4, 50, module.classifier.encoder.front_end.channels, dtype=torch.float16)
        batch = Batch(features, torch.full((4,), 40), torch.zeros(4, dtype=torch.long), torch.zeros(4))
        loss = module.training_step(batch, 0)
        waits.found.clear()
        loss.backward()
    assert waits.found == []


@pytest.mark.parametrize(
    "read",
    [
        lambda loss: loss.item(),
        lambda loss: float(loss),
        lambda loss: bool(loss > 0),
        lambda loss: loss.cpu(),
        lambda loss: loss.to("cpu"),
        lambda loss: torch.ones(3, device=CUDA)[torch.zeros(3, device=CUDA) > loss],
        lambda loss: torch.tensor([1.0, 2.0]).to(loss.device),
    ],
    ids=["item", "float", "bool", "cpu", "to", "index", "upload"],
)
def test_a_wait_in_a_step_is_found(recogniser, monkeypatch, read):
    """What fails when somebody reads a value in a step."""

    def reading(self, batch, batch_idx):
        loss = self.loss(self.classifier(batch.inputs, batch.lengths), batch.labels)
        with torch.no_grad():
            read(loss)
        return loss

    monkeypatch.setattr(EmotionRecogniser, "training_step", reading)
    with fake_cuda(recogniser()) as (module, waits):
        try:
            train(module, waits)
        except torch._subclasses.fake_tensor.DynamicOutputShapeException:
            assert waits.found
    assert len(waits.found) >= 1
