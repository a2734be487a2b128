import copy

import pytest
import torch
from torch import nn

from ser.errors import ConfigError
from ser.models.architectures import ARCHITECTURES as TABLE
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.lora import merged, narrow
from ser.models.saving import trained_values
from ser.settings.network import Lora, OneLayer
from tests.encoders import NAMES, NORMS, configuration

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")

BATCH = (torch.randn(2, 9000, generator=torch.Generator().manual_seed(0)), torch.tensor([9000, 5000]))
LORA = Lora(name="lora", rank=4, alpha=8.0, dropout=0.0, target_modules=None)
ARCHITECTURES = pytest.mark.parametrize("architecture", NAMES)


@pytest.fixture
def classifier(tiny_checkpoint):
    """Give a function that makes a classifier with adapters that have learned something."""

    def make(architecture, norm="layer", freezing=LORA, **network) -> EmotionClassifier:
        torch.manual_seed(0)
        encoder = SpeechEncoder(str(tiny_checkpoint(architecture, norm=norm)), 16000)
        made = EmotionClassifier(encoder, 3, freezing=freezing, **network)
        for name, weights in made.named_parameters():
            if "lora_B" in name:
                nn.init.normal_(weights, std=0.3)
        return made

    return make


@ARCHITECTURES
def test_adapters_and_head_alone_are_trained_and_kept(classifier, architecture):
    network = classifier(architecture).train()
    network.encoder.model.config.update({"layerdrop": 0.0, "encoder_layerdrop": 0.0})
    network(*BATCH).square().sum().backward()
    learning = {name for name, weights in network.named_parameters() if weights.grad is not None}
    assert learning == {name for name, weights in network.named_parameters() if weights.requires_grad}
    assert all("lora_" in name or name.startswith("head.") for name in learning)
    ends = {name.split(".lora_")[0].rpartition(".")[2] for name in learning if "lora_" in name}
    assert ends == set(TABLE[architecture].adapted)
    statistics = {name for name, _ in network.named_buffers()}
    assert trained_values(network).keys() - statistics == learning


@ARCHITECTURES
def test_it_starts_from_the_pretrained_encoder(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000).eval()
    with torch.no_grad():
        before = encoder(*BATCH)[0]
        EmotionClassifier(encoder, 3, freezing=LORA)
        torch.testing.assert_close(encoder(*BATCH)[0], before, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_a_merged_encoder_gives_the_same_logits_and_is_the_pretrained_one_again(classifier, architecture, norm):
    network = classifier(architecture, norm).eval()
    expected, weights = network(*BATCH), {name: value.clone() for name, value in network.state_dict().items()}
    alone = copy.copy(network)
    alone._modules = network._modules | {"encoder": merged(network.encoder)}
    torch.testing.assert_close(alone(*BATCH), expected, rtol=0, atol=1e-5)
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    model = type(alone.encoder.model)(alone.encoder.model.config)
    assert alone.encoder.model.state_dict().keys() == model.state_dict().keys()
    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "lora_B"):
                module.lora_B["default"].weight.zero_()
    assert (network(*BATCH) - expected).abs().max() > 1e-3  # the adapters did something


@pytest.mark.parametrize(("architecture", "norm"), NORMS)
@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
def test_weights_in_the_type_of_autocast_give_the_same_bits(classifier, architecture, norm, precision):
    network = classifier(architecture, norm).eval()
    narrower = copy.deepcopy(network)
    narrow(narrower.encoder, precision)
    linear = [module for module in narrower.encoder.body.layers.modules() if isinstance(module, nn.Linear)]
    half = [module for module in linear if module.weight.dtype == torch.bfloat16]
    assert len(half) == (sum(not module.weight.requires_grad for module in linear) if "bf16" in precision else 0)
    assert all(weights.dtype == torch.float32 for weights in narrower.parameters() if weights.requires_grad)
    with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in precision):
        assert torch.equal(narrower(*BATCH), network(*BATCH))
    assert {value.dtype for value in merged(narrower.encoder).parameters()} == {torch.float32}


def test_modules_that_are_named_get_the_adapters(classifier):
    names = ("attention.v_proj", "q_proj")
    network = classifier("wav2vec2", freezing=LORA.model_copy(update={"target_modules": names}))
    adapted = {name.split(".lora_")[0] for name in trained_values(network) if "lora_" in name}
    assert adapted == {f"encoder.model.encoder.layers.{n}.attention.{m}_proj" for n in (0, 1) for m in "qv"}


@pytest.mark.parametrize(("architecture", "name"), [("wav2vec2", "query"), ("wavlm", "q_proj"), ("whisper", "proj")])
def test_a_module_that_is_not_computed_is_refused_with_those_that_are(classifier, architecture, name):
    """WavLM's attention reads the weights of q_proj: an adapter beside it would do nothing, and learn nothing."""
    with pytest.raises(ConfigError, match=rf"^freezing.target_modules: .* no linear module {name}; .* called .*"):
        classifier(architecture, freezing=LORA.model_copy(update={"target_modules": (name,)}))


def test_layers_that_are_thrown_away_get_none(classifier):
    network = classifier("wav2vec2", layers=OneLayer(name="one", layer=1))
    assert {name.split(".")[4] for name in trained_values(network) if "lora_" in name} == {"0"}


def counted(architecture: str, **options: object) -> tuple[int, int]:
    """Return the weights of adapters and the weights of an encoder of real size, by its shapes alone."""
    with torch.device("meta"):
        config = configuration(architecture, **options)
        model = TABLE[architecture].loader.from_config(config) if architecture != "whisper" else None
        model = model or TABLE[architecture].loader(config)
    linear = [
        module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in TABLE[architecture].adapted
    ]
    rank = 8
    return (
        sum(rank * (module.in_features + module.out_features) for module in linear),
        sum(weights.numel() for weights in model.parameters()),
    )


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        *(
            (name, {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072})
            for name in NAMES
            if name != "whisper"
        ),
        ("wav2vec2", {"hidden_size": 1024, "num_hidden_layers": 24, "intermediate_size": 4096}),
        ("whisper", {"d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6, "encoder_ffn_dim": 1536}),
    ],
)
def test_by_default_at_most_two_of_a_hundred_weights_are_trained(architecture, options):
    convolutions = {} if architecture in ("whisper", "wav2vec2-bert") else {"conv_dim": (512,) * 7}
    adapters, weights = counted(architecture, **options, **convolutions)
    head = 7 * options.get("hidden_size", options.get("d_model"))
    assert 0 < adapters + head < 0.02 * weights
