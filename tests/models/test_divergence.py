"""A training that diverges has no result, whenever it does and whatever it had reached before."""

import math
import re

import numpy as np
import pytest
import torch

from ser.errors import DivergenceError
from ser.models.classifier import EmotionClassifier
from ser.models.devices import Hardware
from ser.models.dimension_recogniser import DimensionRecogniser
from ser.models.fitting import fit, predict
from ser.models.optimisation import FineTuner
from ser.models.recogniser import EmotionRecogniser
from ser.settings.network import LINEAR
from tests.data.clips import emotion_data


class Diverging(FineTuner):
    """12 steps with a loss of 1 and a weight of 1, a validation at every other, but for what the script says.

    Args:
        what: loss, gradient, weight, logit or metric.
        step: the first step at which it is the value.
        value: not finite.
    """

    def __init__(self, what: str, step: int, value: float) -> None:
        super().__init__(protocol=None, numerics=None)
        self.weight = torch.nn.Parameter(torch.ones(2))
        self.what, self.step, self.value = what, step, value

    def _is(self, what: str, step: int) -> bool:
        return what == self.what and step >= self.step

    def training_step(self, batch, batch_idx):
        loss = self.weight.sum() / 2
        return self.keep_loss(loss * self.value if self._is("loss", self.global_step + 1) else loss)

    def on_after_backward(self):
        if self._is("gradient", self.global_step + 1):
            self.weight.grad.fill_(self.value)

    def on_train_batch_end(self, outputs, batch, batch_idx):
        if self._is("weight", self.global_step):
            self.weight.data[1] = self.value

    def validation_step(self, batch, batch_idx):
        logits = torch.zeros(2, 3)
        logits[1, 2] = self.value if self._is("logit", self.global_step) else 0
        self.log("validation/accuracy", math.nan if self._is("metric", self.global_step) else 0.5)
        return logits

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return batch.clips, torch.full((len(batch.clips), 2), self.value)

    def configure_optimizers(self):
        return torch.optim.SGD([self.weight], lr=1e-6)


@pytest.fixture
def curves() -> list[int]:
    """The steps whose curves were sent."""
    return []


@pytest.fixture
def run(protocol, trainer_settings, tmp_path, curves):
    """Fit a module for 12 steps, with a checkpoint at every validation."""
    settings = trainer_settings.model_copy(update={"checkpoint_minutes": 0})

    def call(module, data=None, **changed):
        return fit(
            module,
            data or emotion_data(batch_size=2, epochs=2),
            protocol(**changed),
            Hardware(torch.device("cpu"), "32-true"),
            settings,
            tmp_path / "last.ckpt",
            lambda step, row: curves.append(step),
            *([module.monitor] if hasattr(module, "monitor") else []),
        )

    return call


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("what", "said", "step"),
    [
        ("loss", "at step 7: loss not finite .last finite loss: 1 at step 6", 7),
        ("gradient", "at step 7: norm of the gradients not finite .last finite loss: 1 at step 7", 7),
        ("weight", "at step 8: norm of the weights not finite .last finite loss: 1 at step 8", 8),
        ("logit", "at step 8: logits not finite .last finite loss: 1 at step 8", 7),
    ],
)
def test_training_that_is_not_finite_has_failed_at_the_next_validation(run, curves, tmp_path, what, said, step, value):
    with pytest.raises(DivergenceError, match=rf"^training diverged {said}\); lower training.learning_rate=5e-05 or"):
        run(Diverging(what, step, value))
    assert curves == [2, 4, 6]
    assert not list(tmp_path.iterdir())  # no checkpoint to diverge from again


def test_a_metric_that_is_no_number_is_divergence(run, curves):
    with pytest.raises(DivergenceError, match="at step 4: validation/accuracy not finite"):
        run(Diverging("metric", 4, math.nan))
    assert curves == [2]


def test_a_norm_of_gradients_that_overflows_is_divergence(run):
    """Clipping would set all gradients to 0: training would go on without a change of the weights."""
    with pytest.raises(DivergenceError, match="at step 3: norm of the gradients"):
        run(Diverging("gradient", 3, 1e30))


@pytest.mark.parametrize("what", ["loss", "gradient", "weight"])
def test_divergence_after_the_last_validation_is_no_result_either(run, what):
    with pytest.raises(DivergenceError, match=r"at step 12: .*last finite loss: 1 at step 1[12]"):
        run(Diverging(what, 12, math.nan), validate_every_steps=8)


def test_divergence_at_the_first_step_has_no_finite_loss(run):
    with pytest.raises(DivergenceError, match=r"at step 1: loss not finite .last finite loss: none before"):
        run(Diverging("loss", 1, math.nan), gradient_clip_norm=None)


def test_clipping_is_named_where_there_is_none(run):
    with pytest.raises(DivergenceError, match=r"or set training.gradient_clip_norm=1$"):
        run(Diverging("gradient", 1, math.inf), gradient_clip_norm=None)


def test_logits_of_a_test_set_that_are_not_finite_are_no_result(run):
    module = Diverging("nothing", 0, -math.inf)
    trainer, _ = run(module)
    with pytest.raises(DivergenceError, match="logits of a test set are not finite"):
        predict(trainer, module, emotion_data())


def test_training_that_is_finite_has_a_result(run, curves):
    _, record = run(Diverging("nothing", 0, math.nan))
    assert (record["steps"], record["best_validation_accuracy"]) == (12, 0.5)
    assert curves == [2, 4, 6, 8, 10, 12]


@pytest.mark.parametrize("changed", [{"learning_rate": 1e25}, {"learning_rate": 1e-3, "weight_decay": 1e25}])
def test_recogniser_diverges_with_settings_that_are_too_high(thermometer, protocol, numerics, run, changed):
    settings = protocol(**changed)
    module = EmotionRecogniser(EmotionClassifier(thermometer, 3), settings, numerics(), np.array([2, 5, 5]))
    named = re.escape(f"training.learning_rate={settings.learning_rate:g} or")
    with pytest.raises(DivergenceError, match=f"training diverged at step [2-4]: .*{named}"):
        run(module, **changed)


def test_weight_decay_of_the_head_is_named_where_it_is_the_larger_one(thermometer, protocol, numerics, run):
    head = LINEAR.model_copy(update={"weight_decay": 1e25})
    settings = protocol(learning_rate=1e-3)
    classifier = EmotionClassifier(thermometer, 3, head=head)
    module = EmotionRecogniser(classifier, settings, numerics(), np.array([2, 5, 5]))
    with pytest.raises(DivergenceError, match=r"learning_rate=0.001 or head.weight_decay=1e\+25"):
        run(module, learning_rate=1e-3)


def test_dimensions_diverge_too(thermometer, protocol, numerics, run):
    manifests = emotion_data().corpora
    for clips, _ in manifests.values():
        clips[["arousal", "valence", "dominance"]] = np.random.default_rng(0).random((len(clips), 3))
    data = emotion_data(corpora=manifests, batch_size=2, epochs=2, dimensions=True)
    settings = protocol(learning_rate=1e25)
    module = DimensionRecogniser(EmotionClassifier(thermometer, 3), settings, numerics(), "ccc")
    with pytest.raises(DivergenceError, match="training diverged at step"):
        run(module, data, learning_rate=1e25)
