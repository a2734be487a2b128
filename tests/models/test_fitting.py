import numpy as np
import pytest
import torch
from torch import nn

from ser.errors import ConfigError, UserError
from ser.models.classifier import EmotionClassifier
from ser.models.devices import Hardware
from ser.models.fitting import fit, predict, require_validation
from ser.models.optimisation import FineTuner
from ser.models.recogniser import EmotionRecogniser
from tests.data.clips import emotion_data


class Scripted(FineTuner):
    """Its weight counts the optimiser steps, its validations end as the script says."""

    def __init__(self, accuracies: list[float]) -> None:
        super().__init__(protocol=None, numerics=None)
        self.weight = nn.Parameter(torch.zeros(1))
        self.accuracies = iter(accuracies)
        self.validated_at: list[int] = []

    def training_step(self, batch, batch_idx):
        self.log("train/loss", float(self.global_step))
        return -self.weight.sum()

    def validation_step(self, batch, batch_idx):
        return self.weight

    def on_validation_epoch_end(self):
        self.validated_at.append(self.global_step)
        self.log("validation/accuracy", next(self.accuracies))

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return batch.clips, torch.stack([batch.clips + self.weight, 0.0 * batch.clips], dim=1)

    def configure_optimizers(self):
        return torch.optim.SGD([self.weight], lr=1.0)


@pytest.fixture
def rows() -> list[tuple[int, dict[str, float]]]:
    """The training curves."""
    return []


@pytest.fixture
def run(protocol, trainer_settings, rows, tmp_path):
    """Fit a module for at most 12 steps, 6 of them an epoch."""

    def call(module, **changed):
        return fit(
            module,
            emotion_data(batch_size=2, epochs=2),
            protocol(**changed),
            Hardware(torch.device("cpu"), "32-true"),
            trainer_settings,
            tmp_path / "last.ckpt",
            lambda step, row: rows.append((step, row)),
        )

    return call


@pytest.fixture
def follow(run):
    """Fit a scripted module, and return it with the record."""

    def call(*accuracies, **changed):
        module = Scripted(list(accuracies))
        return module, run(module, **changed)[1]

    return call


def test_validation_comes_every_so_many_optimiser_steps_across_epochs(follow):
    module, record = follow(0.1, 0.2, 0.3, validate_every_steps=4)
    assert module.validated_at == [4, 8, 12]
    assert (record["steps"], record["epochs"], record["stopped_early"]) == (12, 2, False)


def test_interval_may_be_longer_than_an_epoch(follow):
    module, _ = follow(0.1, validate_every_steps=7)
    assert module.validated_at == [7]


def test_first_of_the_best_weights_are_restored(follow):
    module, record = follow(0.1, 0.5, 0.3, 0.5, 0.2, 0.1)
    assert module.weight.item() == pytest.approx(4)
    assert record["best_step"] == 4
    assert record["best_validation_accuracy"] == pytest.approx(0.5)


def test_least_improvement_counts_for_stopping_but_not_for_the_weights(follow):
    """Training stops after `patience` validations without 0.01 more; the weights are those of the highest accuracy."""
    module, record = follow(0.5, 0.505, 0.509, 0.3, patience=3)
    assert module.validated_at == [2, 4, 6, 8]
    assert record["stopped_early"]
    assert (record["steps"], record["best_step"], module.weight.item()) == pytest.approx((8, 6, 6))


def test_improvement_starts_the_patience_anew(follow):
    module, record = follow(0.5, 0.4, 0.6, 0.5, 0.5, patience=2)
    assert module.validated_at == [2, 4, 6, 8, 10]
    assert record["best_step"] == 6


def test_stopping_in_the_first_epoch_is_recorded(follow):
    _, record = follow(0.5, 0.4, patience=1)
    assert (record["steps"], record["stopped_early"]) == (4, True)


@pytest.mark.parametrize("changed", [{"validate_every_steps": 13}, {"validate_every_steps": 10**8}])
def test_training_that_would_end_before_its_first_validation_is_refused(follow, rows, changed):
    with pytest.raises(ConfigError, match=r"training has 12 steps \(2 epochs of 6\).*set it to 12 at most"):
        follow(0.1, **changed)
    assert rows == []


def test_training_without_validation_clips_is_refused(protocol):
    data = emotion_data(batch_size=2, epochs=2, splits={"here": np.array(["train"] * 17 + ["test"] * 3)})
    with pytest.raises(ConfigError, match="the split has no validation clips"):
        require_validation(data, protocol())


def test_curves_are_sent_once_a_validation_with_the_loss_of_the_same_step(follow, rows):
    follow(0.1, 0.2, 0.3, validate_every_steps=4)
    assert [step for step, _ in rows] == [4, 8, 12]
    assert [row["validation/accuracy"] for _, row in rows] == pytest.approx([0.1, 0.2, 0.3])
    assert [row["train/loss"] for _, row in rows] == [3, 7, 11]  # counted before the step


@pytest.mark.parametrize("tests", [["here"], ["here", "elsewhere"]])
def test_predictions_of_each_test_set_are_in_the_order_of_the_corpus(run, tests):
    module = Scripted([0.1, 0.3, 0.2, 0.2, 0.2, 0.2])
    trainer, _ = run(module)
    data = emotion_data(tests=tests)
    found = predict(trainer, module, data)
    clips = {"here": [17, 18, 19], "elsewhere": [0, 1, 2, 3, 4, 5]}
    validation = np.flatnonzero(data.training.split == "validation").tolist()
    assert validation
    assert [positions.tolist() for positions, _ in found] == [*(clips[name] for name in tests), validation]
    for positions, logits in found:
        assert logits[:, 0] == pytest.approx(positions + 4)  # the best weights are those of step 4


class Rates(EmotionRecogniser):
    """Notes the learning rate of every step."""

    def on_train_start(self):
        self.rates: list[float] = []

    def on_train_batch_start(self, batch, batch_idx):
        self.rates.append(self.optimizers().param_groups[0]["lr"])


def test_learning_rate_falls_linearly_to_nought(thermometer, protocol, numerics, run):
    module = Rates(EmotionClassifier(thermometer, 3), protocol(learning_rate=0.12), numerics(), np.array([2, 5, 5]))
    trainer, _ = run(module)
    [optimizer] = trainer.optimizers
    assert type(optimizer) is torch.optim.AdamW
    assert optimizer.param_groups[0]["weight_decay"] == 0.01
    np.testing.assert_allclose(module.rates, 0.12 * (1 - np.arange(12) / 12))
    assert optimizer.param_groups[0]["lr"] == 0


@pytest.mark.parametrize(("norm", "weight"), [(0.5, 6.0), (None, 1200.0)])
def test_gradients_are_clipped_at_their_norm(run, norm, weight):
    class Steep(Scripted):
        def training_step(self, batch, batch_idx):
            return -100 * self.weight.sum()

    module = Steep([0.1])
    run(module, gradient_clip_norm=norm, validate_every_steps=12)
    assert module.weight.item() == pytest.approx(weight)


def test_validation_accuracy_is_the_share_of_hits_over_all_batches(thermometer, protocol, numerics, run, rows):
    module = EmotionRecogniser(
        EmotionClassifier(thermometer, 3), protocol(learning_rate=1e-12), numerics(), np.array([2, 5, 5])
    )
    with torch.no_grad():
        module.classifier.head[-1].weight.zero_()
        module.classifier.head[-1].bias.copy_(torch.tensor([0.0, 1.0, 0.0]))  # says fear of all clips, two of which are
    run(module, validate_every_steps=6)
    assert [row["validation/accuracy"] for _, row in rows] == pytest.approx([0.4, 0.4])
    assert all(np.isfinite(row["validation/loss"]) for _, row in rows)


class OutOfMemory(Scripted):
    def training_step(self, batch, batch_idx):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("MPS backend out of memory (MPS allocated: 8 GB). Tried to allocate 64 MB on private pool."),
        RuntimeError("CUDA error: out of memory. cudaMalloc could not allocate."),  # another process has the rest
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)` to allocate"),
    ],
)
def test_too_little_memory_is_one_message_that_says_what_to_change(run, error):
    module = OutOfMemory([])
    module.error = error
    with pytest.raises(UserError, match=r"^out of memory: .*allocate.* To need less, set training.gradient_"):
        run(module)


def test_other_errors_of_pytorch_are_not_taken_for_too_little_memory(run):
    module = OutOfMemory([])
    module.error = RuntimeError("shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="shapes"):
        run(module)


def test_record_says_where_and_in_which_precision(follow):
    _, record = follow(0.1, validate_every_steps=12)
    assert (record["device"], record["precision"]) == ("cpu", "32-true")
