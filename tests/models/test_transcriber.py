import pytest
import torch
import transformers
from torchmetrics.functional.text import char_error_rate, word_error_rate

from ser.data.batches import Batch
from ser.errors import CheckpointError
from ser.models.ctc import best_path, ctc_loss
from ser.models.encoder import SpeechEncoder
from ser.models.transcriber import Transcriber, with_ctc_head
from ser.settings import TranscriptionSettings
from ser.text.vocabulary import Vocabulary
from tests.encoders import NAMES, WITH_CTC

VOCABULARY = Vocabulary("abc'")


@pytest.fixture
def make(tiny_checkpoint, numerics):
    def call(architecture: str = "wav2vec2", norm: str = "layer") -> Transcriber:
        protocol = TranscriptionSettings(
            epochs=1,
            batch_size=2,
            learning_rate=1e-3,
            weight_decay=0.0,
            gradient_clip_norm=1.0,
            validate_every_steps=1,
            patience=1,
            minimum_improvement=0.0,
            warm_up=0.5,
        )
        encoder = SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000)
        return Transcriber(encoder, VOCABULARY, protocol, numerics(), longest=16000)

    return call


@pytest.mark.parametrize("architecture", WITH_CTC)
@pytest.mark.filterwarnings("ignore:.*mismatched key_padding_mask")  # transformers' WavLM
def test_logits_and_loss_are_those_of_the_network_of_transformers(make, architecture):
    module = make(architecture).eval()
    assert type(module.network) is getattr(transformers, f"{NAMES[architecture]}ForCTC")
    waveforms = torch.randn(2, 16000)
    waveforms[1, 9000:] = 0
    lengths, labels = torch.tensor([16000, 9000]), torch.tensor([[2, 3, 3, 1, 4], [5, 2, -100, -100, -100]])
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=True, return_attention_mask=True)
    clips = [waveforms[0].numpy(), waveforms[1, :9000].numpy()]
    with torch.no_grad():
        logits, mask = module(waveforms, lengths)
        alone = [
            module.network(**extractor(clip, sampling_rate=16000, return_tensors="pt"), labels=labels[[row]])
            for row, clip in enumerate(clips)
        ]
    for row, (real, expected) in enumerate(zip(mask.sum(dim=1).tolist(), alone, strict=True)):
        assert torch.allclose(logits[row, :real], expected.logits[0], atol=1e-4)
    mean = sum(expected.loss.item() for expected in alone) / 2
    assert ctc_loss(logits, mask, labels).item() == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize("architecture", sorted(set(NAMES) - set(WITH_CTC)))
def test_an_encoder_that_no_ctc_model_has_is_refused(tiny_checkpoint, architecture):
    encoder = SpeechEncoder(str(tiny_checkpoint(architecture)), 16000)
    with pytest.raises(CheckpointError, match=f"a {architecture} encoder cannot be pre-fine-tuned here; these"):
        with_ctc_head(encoder, VOCABULARY)


def test_padding_is_no_speech_where_the_convolutions_have_group_norm(make):
    module = make(norm="group").eval()
    _, mask = module(torch.randn(1, 16000), torch.tensor([8000]))
    assert mask.sum().item() == int(module.encoder.front_end.frames(torch.tensor(8000)))
    assert mask.shape[1] > mask.sum()


def test_head_trains_and_convolutions_are_frozen(make):
    module = make()
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    assert {"network.lm_head.weight", "network.lm_head.bias"} <= trained
    assert not any("feature_extractor" in name for name in trained)
    assert module.network.wav2vec2 is module.encoder.model


def test_head_is_as_wide_as_the_vocabulary_and_the_same_for_the_same_seed(tiny_checkpoint):
    heads = []
    for _ in range(2):
        torch.manual_seed(5)
        network = with_ctc_head(SpeechEncoder(str(tiny_checkpoint()), 16000), VOCABULARY)
        heads.append(network.lm_head.weight)
    assert heads[0].shape == (len(VOCABULARY.tokens), 32)
    assert torch.equal(*heads)
    assert network.config.pad_token_id == 0


def test_error_rates_are_those_of_torchmetrics_over_all_clips(make, monkeypatch):
    module = make().eval()
    logged = {}
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: value}))
    labels = torch.tensor([[2, 3, 1, 4], [5, 2, -100, -100]])
    batch = Batch(torch.randn(2, 16000), torch.tensor([16000, 16000]), labels, torch.tensor([0, 1]))
    with torch.no_grad():
        module.validation_step(batch, 0)
        heard = [VOCABULARY.decode(path) for path in best_path(*module(batch.inputs, batch.lengths)).tolist()]
    said = [VOCABULARY.decode([2, 3, 1, 4]), VOCABULARY.decode([5, 2])]
    assert logged["validation/cer"].compute() == char_error_rate(heard, said)
    assert logged["validation/wer"].compute() == word_error_rate(heard, said)


@pytest.mark.parametrize(
    ("heard", "said", "cer", "wer"),
    [
        (["il pane"], ["il pane"], 0, 0),
        ([""], ["ab cd"], 1, 1),  # all deleted
        (["il cane", "a"], ["il pane", "a e"], 3 / 10, 2 / 4),  # one replaced, two deleted of 7 + 3 characters
        (["abcabc"], ["abc"], 1, 1),  # three inserted
    ],
)
def test_error_rates_by_hand(heard, said, cer, wer):
    assert char_error_rate(heard, said).item() == pytest.approx(cer)
    assert word_error_rate(heard, said).item() == pytest.approx(wer)


def test_predictions_of_all_batches_are_as_wide_as_the_longest_clip(make):
    module = make().eval()
    widths = set()
    for samples in (16000, 7000):
        batch = Batch(torch.randn(1, samples), torch.tensor([samples]), torch.tensor([[2]]), torch.tensor([3]))
        with torch.no_grad():
            clips, heard = module.predict_step(batch, 0)
        assert clips.tolist() == [3]
        widths.add(heard.shape[1])
    assert widths == {int(module.encoder.front_end.frames(torch.tensor(16000)))}
