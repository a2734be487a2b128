import json
import os
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
import transformers
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from ser.errors import CheckpointError
from ser.models.architectures import ARCHITECTURES
from ser.models.checkpoint import commit, fingerprint
from ser.models.loading import load
from tests.encoders import NAMES, ON_WAVEFORMS

SAVED_MODELS = [
    *((architecture, head) for architecture in ON_WAVEFORMS for head in ("", "ForCTC")),
    *((architecture, "ForPreTraining") for architecture in ("wav2vec2", "unispeech-sat", "wav2vec2-conformer")),
]
WEIGHTS = "model.safetensors"


def rewrite(folder: Path, change) -> None:
    """Change the weights of a checkpoint."""
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def configure(folder: Path, **changed: object) -> None:
    """Change the config.json of a checkpoint."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changed))


def as_pickle(folder: Path, content: object) -> None:
    """Put a .bin file in the place of the weights."""
    (folder / WEIGHTS).unlink()
    torch.save(content, folder / "pytorch_model.bin")


def encoder_weights(folder: Path, architecture: str) -> dict[str, torch.Tensor]:
    """What a file holds of the encoder, whatever head it was saved with."""
    weights = load_file(folder / WEIGHTS)
    prefix = f"{architecture.replace('-', '_')}."
    inner = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    return inner or weights


def assert_same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    assert [name for name in found if not torch.equal(found[name], expected[name])] == []


@pytest.mark.parametrize("norm", ["layer", "group"])
@pytest.mark.parametrize(("architecture", "head"), SAVED_MODELS)
def test_every_encoder_weight_is_loaded(tiny_checkpoint, architecture, head, norm):
    folder = tiny_checkpoint(architecture, head, norm)
    assert_same(load(str(folder), "sdpa")[0].state_dict(), encoder_weights(folder, architecture))


@pytest.mark.parametrize(("architecture", "head"), [pair for pair in SAVED_MODELS if pair[0] != "data2vec-audio"])
def test_every_encoder_weight_is_loaded_from_the_pickles_of_the_hub(copied, architecture, head):
    """Those of facebook and of jonatasgrosman are older than `torch.nn.utils.parametrizations`."""
    folder = copied(architecture, head)
    expected = encoder_weights(folder, architecture)
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    weights = {}
    for name, value in load_file(folder / WEIGHTS).items():
        for new, old in names.items():
            name = name.replace(new, old)
        weights[name] = value
    assert sum(name.endswith(("conv.weight_g", "conv.weight_v")) for name in weights) == 2
    as_pickle(folder, weights)
    assert_same(load(str(folder), "sdpa")[0].state_dict(), expected)


@pytest.mark.parametrize("head", ["", "ForCTC"])
def test_every_weight_of_w2v_bert_is_loaded(tiny_checkpoint, head):
    folder = tiny_checkpoint("wav2vec2-bert", head)
    assert_same(load(str(folder), "sdpa")[0].state_dict(), encoder_weights(folder, "wav2vec2_bert"))


@pytest.mark.parametrize("head", ["", "ForConditionalGeneration", "ForAudioClassification"])
def test_of_whisper_the_encoder_alone_is_loaded(tiny_checkpoint, head):
    folder = tiny_checkpoint("whisper", head)
    weights = load_file(folder / WEIGHTS)
    expected = {
        name.removeprefix("model.").removeprefix("encoder."): value
        for name, value in weights.items()
        if name.removeprefix("model.").startswith("encoder.")
    }
    assert len(expected) == 37
    assert_same(load(str(folder), "sdpa")[0].state_dict(), expected)


@pytest.mark.parametrize("harm", [lambda weights: weights.pop("encoder.layers.1.fc1.weight"), None])
def test_whisper_that_is_not_whole_is_refused(copied, harm):
    folder = copied("whisper")
    if harm:
        rewrite(folder, harm)
    else:
        configure(folder, encoder_layers=1)
    with pytest.raises(CheckpointError, match=r"encoder weights are (missing|unknown to its config.json)"):
        load(str(folder), "sdpa")


def test_half_precision_is_loaded_as_single(copied):
    folder = copied()
    rewrite(folder, lambda weights: weights.update({name: value.half() for name, value in weights.items()}))
    assert {weights.dtype for weights in load(str(folder), "sdpa")[0].parameters()} == {torch.float32}


def test_filler_of_masked_frames_may_be_missing(copied, caplog):
    """`Wav2Vec2ForCTC` checkpoints that were saved without SpecAugment lack it."""
    folder = copied("wav2vec2", "ForCTC")
    rewrite(folder, lambda weights: weights.pop("wav2vec2.masked_spec_embed"))
    model, *_ = load(str(folder), "sdpa")
    assert model.masked_spec_embed.isfinite().all()
    assert "has no masked_spec_embed" in caplog.text


def drop_a_weight(folder: Path, _: Path) -> None:
    rewrite(folder, lambda weights: weights.pop("encoder.layers.1.attention.k_proj.weight"))


def reshape_a_weight(folder: Path, _: Path) -> None:
    rewrite(folder, lambda weights: weights.update({"encoder.layers.1.attention.k_proj.weight": torch.zeros(3, 3)}))


def spoil_a_weight(folder: Path, _: Path) -> None:
    rewrite(folder, lambda weights: weights["encoder.layers.1.attention.k_proj.weight"][3].fill_(torch.nan))


def overflow_a_kernel(folder: Path, _: Path) -> None:
    rewrite(folder, lambda weights: weights["feature_extractor.conv_layers.0.conv.weight"][0, 0, :1].fill_(torch.inf))


def announce_more_layers(folder: Path, _: Path) -> None:
    configure(folder, num_hidden_layers=3)


def announce_fewer_layers(folder: Path, _: Path) -> None:
    configure(folder, num_hidden_layers=1)


def announce_another_norm(folder: Path, _: Path) -> None:
    configure(folder, feat_extract_norm="group")


def save_another_architecture(folder: Path, _: Path) -> None:
    config = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=10
    )
    transformers.BertModel(config).save_pretrained(folder)


def save_a_relative(folder: Path, _: Path) -> None:
    """UniSpeech is much like wav2vec2, but nobody has shown that padding changes nothing in it."""
    configure(folder, model_type="unispeech")


def announce_an_adapter(folder: Path, _: Path) -> None:
    configure(folder, add_adapter=True)


def announce_no_architecture(folder: Path, _: Path) -> None:
    (folder / "config.json").write_text("{}")


def cut_the_weights(folder: Path, _: Path) -> None:
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:5000])


def cut_the_pickle(folder: Path, _: Path) -> None:
    as_pickle(folder, load_file(folder / WEIGHTS))
    (folder / "pytorch_model.bin").write_bytes((folder / "pytorch_model.bin").read_bytes()[:5000])


def cut_the_configuration(folder: Path, _: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "wav2v')


def announce_a_probability_of_two(folder: Path, _: Path) -> None:
    configure(folder, attention_dropout=2.0)


def announce_more_masks_than_frames(folder: Path, _: Path) -> None:
    configure(folder, mask_time_prob=5.0)


def announce_masks_without_length(folder: Path, _: Path) -> None:
    configure(folder, mask_time_length=0)


def put_a_list_into_the_processor(folder: Path, _: Path) -> None:
    (folder / "processor_config.json").write_text('{"feature_extractor": [1]}')


def remove_the_feature_extractor(folder: Path, _: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def put_code_in_the_pickle(folder: Path, trap: Path) -> None:
    class Code:
        def __reduce__(self):
            return os.mkdir, (str(trap),)

    as_pickle(folder, {"encoder.layer_norm.weight": Code()})


def put_code_beside_the_weights(folder: Path, trap: Path) -> None:
    (folder / "code.py").write_text(f"import os\nos.mkdir({str(trap)!r})\n")
    configure(folder, model_type="mine", auto_map={"AutoConfig": "code.Config", "AutoModel": "code.Model"})


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (drop_a_weight, r"1 encoder weights are missing \(encoder.layers.1.attention.k_proj.weight\);"),
        (reshape_a_weight, r"1 encoder weights are of another shape \(encoder.layers.1.attention.k_proj.weight\);"),
        (
            spoil_a_weight,
            r"1 encoder weights are not finite \(encoder.layers.1.attention.k_proj.weight\): its training",
        ),
        (overflow_a_kernel, r"1 encoder weights are not finite \(feature_extractor.conv_layers.0.conv.weight\)"),
        (announce_more_layers, r"16 encoder weights are missing \(encoder.layers.2.*, \.\.\.\);"),
        (announce_fewer_layers, r"16 encoder weights are unknown to its config.json \(encoder.layers.1"),
        (announce_another_norm, r"12 encoder weights are unknown to its config.json \(feature_extractor.conv_layers.1"),
        (save_another_architecture, "architecture 'bert'; allowed are wav2vec2, hubert, wavlm"),
        (save_a_relative, "architecture 'unispeech'; allowed are wav2vec2, hubert, wavlm"),
        (announce_no_architecture, "its config.json names no model_type; allowed are wav2vec2, hubert, wavlm"),
        (announce_an_adapter, "add_adapter=True of a wav2vec2 is refused: its strided convolutions above the last"),
        (cut_the_weights, "cannot be loaded: .*whole checkpoint of wav2vec2, hubert, wavlm"),
        (cut_the_pickle, "cannot be loaded: .*whole checkpoint of wav2vec2, hubert, wavlm"),
        (cut_the_configuration, "config.json is damaged, it holds no settings"),
        (announce_a_probability_of_two, "attention_dropout=2.0 in config.json should be from 0 to 1"),
        (announce_more_masks_than_frames, "mask_time_prob=5.0 in config.json should be from 0 to 1"),
        (announce_masks_without_length, "mask_time_length=0 in config.json should be 1 or more"),
        (put_a_list_into_the_processor, "cannot be loaded: .*mapping"),
        (remove_the_feature_extractor, "no preprocessor_config.json in it"),
        (put_code_in_the_pickle, "holds more than weights, and nothing in it was run; get it as safetensors"),
        (put_code_beside_the_weights, "architecture 'mine'; allowed are wav2vec2, hubert, wavlm"),
    ],
)
def test_broken_checkpoint_is_one_message_and_runs_nothing(copied, tmp_path, harm, message):
    folder, trap = copied(), tmp_path / "trap"
    harm(folder, trap)
    with pytest.raises(CheckpointError, match=message) as raised:
        load(str(folder), "sdpa")
    assert str(raised.value).startswith(f"checkpoint {folder}")
    assert "\n" not in str(raised.value)
    assert not trap.exists()


@pytest.mark.parametrize("architecture", NAMES)
def test_option_that_changes_the_arithmetic_is_refused_by_name(copied, architecture):
    folder = copied(architecture)
    for option, reason in ARCHITECTURES[architecture].refused.items():
        configure(folder, **{option: True})
        with pytest.raises(CheckpointError) as raised:
            load(str(folder), "sdpa")
        assert f"{option}=True of a {architecture} is refused: {reason}" in str(raised.value)
        configure(folder, **{option: False})
        load(str(folder), "sdpa")


@pytest.mark.parametrize("architecture", NAMES)
def test_adapter_beside_an_encoder_is_left_out_where_it_is_switched_off(copied, architecture):
    folder = copied(architecture)
    expected = load(str(folder), "sdpa")[0].state_dict()
    rewrite(folder, lambda weights: weights.update({"adapter.proj.weight": torch.zeros(3, 3)}))
    assert_same(load(str(folder), "sdpa")[0].state_dict(), expected)


def test_code_beside_a_known_architecture_is_not_run(copied, tmp_path):
    folder, trap = copied(), tmp_path / "trap"
    put_code_beside_the_weights(folder, trap)
    configure(folder, model_type="wav2vec2")
    assert type(load(str(folder), "sdpa")[0]) is transformers.Wav2Vec2Model
    assert not trap.exists()


def test_encoder_of_another_kind_of_file_is_refused(copied):
    folder = copied("wav2vec2", "ForCTC")
    configure(folder, model_type="hubert", architectures=["HubertForCTC"])
    with pytest.raises(CheckpointError, match="encoder weights are missing"):
        load(str(folder), "sdpa")


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tiny_checkpoint, tmp_path, monkeypatch) -> None:
    """A machine without network, on which `owner/name` was downloaded once."""
    cache = tmp_path / "hub" / "models--owner--name"
    shutil.copytree(tiny_checkpoint(), cache / "snapshots" / COMMIT)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit.cache_clear()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_model_of_the_hub_is_loaded_and_pinned_to_its_commit(tiny_checkpoint, revision):
    model, *_ = load(f"owner/name{revision}", "sdpa")
    assert_same(model.state_dict(), encoder_weights(tiny_checkpoint(), "wav2vec2"))
    assert fingerprint(f"owner/name{revision}") == f"owner/name@{COMMIT}"


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("checkpoint", ["facebook/wav2vec2-large-xlsr-53", "owner/name@v2"])
def test_model_that_the_hub_cannot_give_is_one_message(checkpoint):
    with pytest.raises(CheckpointError, match=rf"^checkpoint {checkpoint} is not in the cache and cannot be had from"):
        load(checkpoint, "sdpa")
    assert fingerprint(checkpoint) == (checkpoint if "@" in checkpoint else f"{checkpoint}@main")


@pytest.mark.usefixtures("hub")
def test_model_is_pinned_before_it_is_downloaded(monkeypatch):
    """Otherwise the first cell of a sweep would have another signature than it has when the sweep is called again."""

    def download(name: str, file: str, revision: str | None) -> str:
        return f"/cache/models--{name.replace('/', '--')}/snapshots/{COMMIT}/{file}"

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert fingerprint("owner/new") == f"owner/new@{COMMIT}"
