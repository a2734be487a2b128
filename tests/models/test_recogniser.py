import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from ser.data.batches import Batch
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.losses import balanced_class_weights
from ser.models.recogniser import EmotionRecogniser
from ser.settings.network import INVERSE_FREQUENCY
from tests.encoders import NAMES

UNWEIGHTED = INVERSE_FREQUENCY.model_copy(update={"class_weights": "none"})


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(0)
    return Batch(
        torch.randn(4, 8000), torch.tensor([8000, 7000, 6000, 5000]), torch.tensor([0, 1, 2, 0]), torch.arange(4)
    )


@pytest.mark.parametrize("counts", [[5, 5, 5], [1, 10, 100], [986, 5, 31, 77, 2, 1, 400]])
def test_class_weights_are_those_of_scikit_learn(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    np.testing.assert_allclose(balanced_class_weights(np.array(counts)).numpy(), expected, rtol=1e-6)


def test_class_without_clips_weighs_nothing():
    assert balanced_class_weights(np.array([4, 0, 2])).tolist() == [0.5, 0.0, 1.0]


def test_loss_is_weighted_as_worked_out_by_hand(thermometer, protocol, numerics, batch):
    module = EmotionRecogniser(EmotionClassifier(thermometer, 3), protocol(), numerics(), np.array([2, 1, 1]))
    logits = module.classifier(batch.inputs, batch.lengths)
    of_clips = -torch.log_softmax(logits, dim=1)[torch.arange(4), batch.labels]
    weights = torch.tensor([2 / 3, 4 / 3, 4 / 3, 2 / 3])  # 4 clips / (3 classes x 2, 1, 1, 2 clips of the class)
    torch.testing.assert_close(module.loss(logits, batch.labels), (of_clips * weights).sum() / weights.sum())


def test_loss_can_go_without_weights(thermometer, protocol, numerics, batch):
    module = EmotionRecogniser(
        EmotionClassifier(thermometer, 3), protocol(), numerics(), np.array([2, 1, 1]), UNWEIGHTED
    )
    logits = module.classifier(batch.inputs, batch.lengths)
    torch.testing.assert_close(module.loss(logits, batch.labels), nn.functional.cross_entropy(logits, batch.labels))


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
def test_training_moves_all_but_the_convolutions(tiny_checkpoint, protocol, numerics, batch, architecture, monkeypatch):
    torch.manual_seed(0)
    classifier = EmotionClassifier(SpeechEncoder(str(tiny_checkpoint(architecture)), 16000), 3)
    classifier.encoder.model.config.update({"layerdrop": 0.0, "encoder_layerdrop": 0.0})
    module = EmotionRecogniser(classifier, protocol(), numerics(), np.array([2, 1, 1]))
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    before = {name: weights.detach().clone() for name, weights in module.named_parameters()}
    optimizer = torch.optim.AdamW([w for w in module.parameters() if w.requires_grad], lr=0.01)
    for step in range(3):
        optimizer.zero_grad()
        module.training_step(batch, step).backward()
        optimizer.step()
    still = {name for name, weights in module.named_parameters() if torch.equal(weights, before[name])}
    fixed = [".feature_extractor.", ".conv1.", ".conv2.", ".embed_positions."]
    fixed += [".pos_conv_embed."] if architecture == "wav2vec2-conformer" else []  # in the file, and not used
    assert still == {name for name in before if any(part in name for part in fixed)}


def test_predictions_are_told_with_the_clips_they_are_of(thermometer, protocol, numerics, batch):
    module = EmotionRecogniser(EmotionClassifier(thermometer, 3), protocol(), numerics(), np.array([2, 1, 1]))
    clips, logits = module.predict_step(batch, 0)
    assert clips.tolist() == [0, 1, 2, 3]
    torch.testing.assert_close(logits, module.classifier(batch.inputs, batch.lengths))
    assert logits.dtype == torch.float32
