import json

import pytest
import torch
import transformers
from transformers import Wav2Vec2FeatureExtractor

from ser.errors import CheckpointError
from ser.models.architectures import ARCHITECTURES
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.padding import length_mask, standardise
from tests.encoders import NAMES, NO_CHANCE, NORMS, ON_WAVEFORMS, VARIANTS

pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")  # transformers' WavLM


def padded(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips of noise with an offset, each at its own level, padded with zeros."""
    torch.manual_seed(0)
    clips = [torch.randn(length) * (1 + row) + 0.5 * row for row, length in enumerate(lengths)]
    return torch.nn.utils.rnn.pad_sequence(clips, batch_first=True), torch.tensor(lengths)


def test_positions_before_the_length_are_real():
    assert length_mask(3, torch.tensor([1, 3])).tolist() == [[True, False, False], [True, True, True]]


def test_input_is_normalised_as_transformers_does_it():
    waveforms, lengths = padded(4000, 7000, 400)
    reference = Wav2Vec2FeatureExtractor(return_attention_mask=True, do_normalize=True)
    clips = [row[:length].numpy() for row, length in zip(waveforms, lengths, strict=True)]
    expected = reference(clips, sampling_rate=16000, padding=True, return_tensors="pt")["input_values"]
    found = standardise(waveforms, length_mask(7000, lengths))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_silence_stays_silence():
    assert not standardise(torch.zeros(1, 400), torch.ones(1, 400, dtype=torch.bool)).any()


@pytest.mark.parametrize("architecture", ON_WAVEFORMS)
def test_frames_are_those_of_the_model(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000).eval()
    samples = torch.tensor([400, 719, 720, 16000, 12345])
    assert encoder.front_end.frames(samples).tolist() == [1, 1, 2, 49, 38]  # 400 samples wide, every 320
    assert (
        encoder.front_end.frames(samples).tolist() == encoder.model._get_feat_extract_output_lengths(samples).tolist()
    )
    hidden, mask = encoder(*padded(16000, 12345))
    assert hidden.shape == (2, 49, 32)
    assert mask.sum(dim=1).tolist() == [49, 38]


def test_clip_that_is_shorter_than_a_frame_has_one(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint()), 16000).eval()
    assert encoder.front_end.frames(torch.tensor([1, 50, 399])).tolist() == [1, 1, 1]
    hidden, mask = encoder(*padded(50, 8000))
    assert mask.sum(dim=1).tolist() == [1, 24]
    assert hidden.isfinite().all()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_padding_changes_no_state(tiny_checkpoint, variant, training):
    """Of any layer, alone, in a batch, and in a longer one; of every option that a configuration may have.

    In transformers it changes those with group norm over time, batch norm, convolutions in their layers, and SEW's.
    """
    folder = tiny_checkpoint(variant.architecture, "", variant.norm, **NO_CHANCE | variant.options)
    encoder = SpeechEncoder(str(folder), 16000).train(training)
    waveforms, lengths = padded(9000, 20000, 5000, 300, 720, 1040)
    with torch.no_grad():
        together, real = encoder.states(waveforms, lengths)
        further, _ = encoder.states(torch.nn.functional.pad(waveforms, (0, 12345)), lengths)
        for clip, (row, length) in enumerate(zip(waveforms, lengths, strict=True)):
            alone, mask = encoder.states(row[None, :length], length[None])
            assert mask.all()
            assert mask.shape[1] == real[clip].sum()
            for layer, expected in enumerate(alone):
                for states in (together, further):
                    torch.testing.assert_close(states[layer][clip, : mask.shape[1]], expected[0], atol=1e-4, rtol=0)
        assert (together[-1][0, 0] - together[-1][1, 0]).abs().max() > 1e-3  # clips do differ


@pytest.mark.parametrize(("architecture", "norm"), [pair for pair in NORMS if pair[0] in ON_WAVEFORMS])
def test_padded_clips_are_encoded_as_transformers_encodes_each_alone(tiny_checkpoint, architecture, norm):
    """Group norm takes its statistics over time: transformers' own batches depend on their padding there."""
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000).eval()
    waveforms, lengths = padded(9000, 20000, 5000)
    with torch.no_grad():
        hidden, mask = encoder(waveforms, lengths)
        for row, length, found, real in zip(waveforms, lengths, hidden, mask, strict=True):
            alone = standardise(row[None, :length], torch.ones(1, int(length), dtype=torch.bool))
            expected = encoder.model(alone).last_hidden_state[0]
            torch.testing.assert_close(found[real], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_features_stand_for_waveforms(tiny_checkpoint, architecture, norm):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000).eval()
    batch = padded(9000, 20000, 50)
    with torch.no_grad():
        features, frames = encoder.front_end(*batch)
        assert features.shape == (3, frames.max(), encoder.front_end.channels)
        assert frames.tolist() == encoder.front_end.frames(batch[1]).tolist()
        torch.testing.assert_close(encoder(features, frames)[0], encoder(*batch)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("architecture", [name for name in NAMES if not ARCHITECTURES[name].one_attention])
def test_attention_is_the_same_whichever_way_it_is_computed(tiny_checkpoint, architecture):
    fast, plain = (SpeechEncoder(str(tiny_checkpoint(architecture)), 16000, way).eval() for way in ("sdpa", "eager"))
    batch = padded(9000, 20000, 5000)
    with torch.no_grad():
        (found, mask), (expected, _) = fast(*batch), plain(*batch)
    torch.testing.assert_close(found[mask], expected[mask], atol=1e-5, rtol=0)


def test_clips_at_another_sampling_rate_are_refused(tiny_checkpoint):
    with pytest.raises(CheckpointError, match=r"takes 16000 Hz, .* 8000 Hz: set audio.sample_rate=16000$"):
        SpeechEncoder(str(tiny_checkpoint()), 8000)


def test_extractor_that_does_not_normalise_is_obeyed(copied):
    folder = copied()
    Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True).save_pretrained(folder)
    encoder = SpeechEncoder(str(folder), 16000).eval()
    waveforms, lengths = padded(8000)
    expected = encoder.model(waveforms, attention_mask=torch.ones(1, 8000)).last_hidden_state
    torch.testing.assert_close(encoder(waveforms, lengths)[0], expected)


@pytest.mark.parametrize("architecture", ON_WAVEFORMS)
def test_convolutions_alone_are_frozen(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    frozen = {name for name, weights in encoder.named_parameters() if not weights.requires_grad}
    idle = {name for name in frozen if architecture == "wav2vec2-conformer" and ".pos_conv_embed." in name}
    convolutions = {name for name, _ in encoder.named_parameters() if name.startswith("model.feature_extractor.")}
    assert frozen - idle == convolutions
    assert len(convolutions) == 21  # the weight of 7 convolutions, weight and bias of 7 norms


def test_of_whisper_its_two_convolutions_and_its_positions_are_frozen(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("whisper")), 16000)
    frozen = {name.split(".")[1] for name, weights in encoder.named_parameters() if not weights.requires_grad}
    assert frozen == {"conv1", "conv2", "embed_positions"}


@pytest.mark.parametrize("architecture", NAMES)
def test_training_masks_and_drops_out(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    idle = [module for module in encoder.modules() if not module.training]
    assert all(isinstance(module, torch.nn.BatchNorm1d) for module in idle)
    batch = padded(16000)
    assert not torch.equal(encoder(*batch)[0], encoder(*batch)[0])
    encoder.eval()
    assert torch.equal(encoder(*batch)[0], encoder(*batch)[0])


@pytest.mark.parametrize("architecture", [name for name in NAMES if name != "whisper"])
def test_masked_frames_learn_their_filler(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    torch.manual_seed(0)
    encoder(*padded(32000))[0].sum().backward()
    assert encoder.model.masked_spec_embed.grad.abs().sum() > 0


@pytest.mark.parametrize("samples", [1, 400, 1000, 3600])
def test_short_batches_train(tiny_checkpoint, samples):
    """SpecAugment's masks are 10 frames long, 3280 samples: it refuses a batch of fewer."""
    classifier = EmotionClassifier(SpeechEncoder(str(tiny_checkpoint()), 16000), emotions=7)
    for seed in range(5):
        torch.manual_seed(seed)  # how many masks there are is drawn
        logits = classifier(*padded(samples, max(1, samples // 2)))
        assert logits.isfinite().all()
    logits.sum().backward()
    assert all(w.grad is None or w.grad.isfinite().all() for w in classifier.parameters())


def test_w2v_bert_encodes_as_transformers_does(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("wav2vec2-bert")), 16000).eval()
    waveforms, lengths = padded(9000, 20000, 5000)
    clips = [row[:length].numpy() for row, length in zip(waveforms, lengths, strict=True)]
    heard = transformers.SeamlessM4TFeatureExtractor(padding_value=1)(clips, sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        expected = encoder.model(**heard).last_hidden_state
        found, real = encoder(waveforms, lengths)
    assert real.sum(dim=1).tolist() == heard["attention_mask"].sum(dim=1).tolist()
    for clip in range(3):
        torch.testing.assert_close(found[clip][real[clip]], expected[clip, : real[clip].sum()], atol=1e-4, rtol=0)


def test_whisper_encodes_30_s_as_transformers_does(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("whisper")), 16000).eval()
    waveforms, lengths = padded(480000, 12000)
    heard = transformers.WhisperFeatureExtractor()(waveforms[0].numpy(), sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        expected = encoder.model(heard["input_features"]).last_hidden_state[0]
        found, real = encoder(waveforms, lengths)
    torch.testing.assert_close(found[0], expected, atol=1e-4, rtol=0)
    assert real.sum(dim=1).tolist() == [1500, 38]


def test_whisper_hears_the_first_30_s(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("whisper")), 16000).eval()
    waveforms, lengths = padded(500000)
    with torch.no_grad():
        found, real = encoder(waveforms, lengths)
        expected, _ = encoder(waveforms[:, :480000], torch.tensor([480000]))
    torch.testing.assert_close(found, expected)
    assert real.shape == (1, 1500)


def test_whisper_masks_what_its_configuration_says(tiny_checkpoint):
    encoder = SpeechEncoder(str(tiny_checkpoint("whisper")), 16000)
    encoder.model.config.update({"apply_spec_augment": True, "mask_time_prob": 0.5, "mask_feature_prob": 0.5})
    features, frames = encoder.eval().front_end(*padded(32000))
    first, second, plain = (encoder.body.embed(features, frames, masks)[0] for masks in (True, True, False))
    assert not torch.equal(first, second)
    assert not torch.equal(first, plain)


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
@pytest.mark.parametrize(("architecture", "norm"), NORMS)
def test_features_are_those_of_single_precision_under_autocast(tiny_checkpoint, architecture, norm):
    """Features that are computed in batches, of augmented clips, are those that would be kept of the same clips."""
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture, norm=norm)), 16000).eval()
    waveforms, lengths = torch.randn(2, 9000), torch.tensor([9000, 7000])
    features, frames = encoder.front_end(waveforms, lengths)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        computed, _ = encoder(waveforms, lengths)
        given, _ = encoder(features, frames)
    assert torch.equal(computed, given)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("conv_stride", [0] * 7, "cannot encode a clip: non-positive stride is not supported; check the sizes in"),
        ("conv_stride", 0, "cannot be loaded: Validation error for field 'conv_stride': .*0"),
        ("layer_norm_eps", -1.0, "its hidden states are not finite; the weights or an option"),
        ("num_attention_heads", 0, "cannot be loaded: .*zero"),
    ],
)
def test_options_that_make_no_network_are_one_message(copied, key, value, message):
    folder = copied()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {key: value}))
    with pytest.raises(CheckpointError, match=rf"^checkpoint {folder}:? {message}") as raised:
        SpeechEncoder(str(folder), 16000)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("rate", ["16000", None, 16000.5])
def test_sampling_rate_that_is_no_number_is_named(copied, rate):
    folder = copied()
    extractor = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(extractor | {"sampling_rate": rate}))
    with pytest.raises(CheckpointError, match=rf"sampling_rate={rate!r} of its feature extractor is no whole number"):
        SpeechEncoder(str(folder), 16000)


@pytest.mark.parametrize("architecture", NAMES)
def test_first_use_of_an_encoder_leaves_the_random_generator_alone(tiny_checkpoint, architecture, monkeypatch):
    def state() -> torch.Tensor:
        torch.manual_seed(1)
        SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
        return torch.get_rng_state()

    with_use = state()
    monkeypatch.setattr(SpeechEncoder, "_require_finite_states", lambda *_: None)
    assert torch.equal(with_use, state())
