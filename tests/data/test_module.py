from itertools import chain
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from ser.data.batches import Batch
from ser.data.labels import emotion_classes
from ser.data.module import EmotionData
from ser.errors import CorpusError
from tests.data.clips import ListStore, emotion_data

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*does not have many workers", "ignore:.*LeafSpec", "ignore:The `srun` command is available"
)


class Witness(pl.LightningModule):
    """Learns nothing, and notes which batches it is given when."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.seen: list[tuple[str, list[int], torch.Tensor]] = []

    def training_step(self, batch, batch_idx):
        self.note("train", batch)
        return self.weight.sum()

    def validation_step(self, batch, batch_idx):
        self.note("validation", batch)

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        self.note(f"test {dataloader_idx}", batch)
        return batch.clips

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def note(self, when, batch) -> None:
        self.seen.append((when, batch.clips.tolist(), batch.inputs))

    def batches(self, when: str) -> list[list[int]]:
        return [clips for stage, clips, _ in self.seen if stage == when]


def watch(data: EmotionData) -> Witness:
    """Train two epochs of three batches, validating after each batch, and predict."""
    witness = Witness()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        val_check_interval=1,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(witness, datamodule=data)
    trainer.predict(witness, datamodule=data)
    return witness


def test_every_part_reaches_its_own_stage():
    witness = watch(emotion_data())
    assert sorted(chain.from_iterable(witness.batches("train"))) == sorted([*range(12), *range(12)])
    assert sorted(chain.from_iterable(witness.batches("validation")[:3])) == [12, 13, 14, 15, 16]
    assert sorted(chain.from_iterable(witness.batches("test 0"))) == [17, 18, 19]
    assert sorted(chain.from_iterable(witness.batches("test 1"))) == [0, 1, 2, 3, 4, 5]


def test_training_batches_are_drawn_anew_in_every_epoch():
    batches = watch(emotion_data()).batches("train")
    assert batches[:3] != batches[3:]
    assert batches == watch(emotion_data()).batches("train")
    assert batches != watch(emotion_data(seed=4)).batches("train")


def test_training_goes_on_after_the_batches_that_were_trained_on():
    made = emotion_data()
    made.load_state_dict({"start": 4})
    assert watch(made).batches("train") == watch(emotion_data()).batches("train")[4:]


def test_augmentation_reaches_training_batches_alone():
    steps = []

    def louder(waveforms: torch.Tensor, lengths: torch.Tensor, step: int) -> torch.Tensor:
        steps.append(step)
        return waveforms + 100

    for stage, clips, waveforms in watch(emotion_data(augmentation=louder)).seen:
        first = waveforms[:, 0].abs().tolist()
        assert first == [clip + 100 * (stage == "train") for clip in clips]
    assert steps == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("deterministic", "device"), [(True, "cpu"), (False, "cuda")])
def test_deterministic_augmentation_is_on_the_cpu(monkeypatch, deterministic, device):
    """The vocoder of a pitch shift adds up phases, and CUDA's sum of that kind is refused there."""
    seen = []

    def unchanged(waveforms: torch.Tensor, lengths: torch.Tensor, step: int) -> torch.Tensor:
        seen.extend([waveforms.device.type, lengths.device.type])
        return waveforms

    monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: deterministic)
    data = emotion_data(augmentation=unchanged)
    data.trainer = SimpleNamespace(training=True, global_step=0)
    with FakeTensorMode():
        batch = Batch(*(torch.ones(2, 3, device="cuda:0") for _ in Batch._fields))
        batch = data.on_after_batch_transfer(batch, 0)
    assert seen == [device, device]
    assert batch.inputs.device.type == "cuda"


def test_own_corpus_is_tested_on_its_test_part_and_others_are_tested_whole():
    assert emotion_data().test_clips("here").tolist() == [17, 18, 19]
    assert emotion_data().test_clips("elsewhere").tolist() == [0, 1, 2, 3, 4, 5]


def test_labels_count_the_known_emotions_and_unknown_ones_are_marked():
    assert emotion_data().emotions == ("disgust", "fear", "joy")
    labels = {}
    for batch in emotion_data().predict_dataloader()[1]:
        labels |= dict(zip(batch.clips.tolist(), batch.labels.tolist(), strict=True))
    assert labels == {0: 2, 1: -1, 2: 1, 3: -1, 4: 2, 5: 2}


def test_test_set_without_any_known_emotion_is_refused_before_training():
    with pytest.raises(CorpusError, match=r"'strange' has none of the emotions of 'here' \(disgust, fear, joy\)"):
        emotion_data(tests=["here", "strange"])


def test_classes_are_counted_in_the_training_part():
    assert emotion_data().class_counts().tolist() == [2, 5, 5]


def test_class_that_only_other_parts_have_counts_none():
    split = np.array(["train"] * 2 + ["validation"] * 2 + ["test"] * 16)
    assert emotion_data(splits={"here": split}).class_counts().tolist() == [0, 1, 1]


def test_emotions_stand_in_the_order_of_the_vocabulary():
    assert emotion_classes(pd.DataFrame({"emotion": ["joy", "joy", "anger"]})) == ("anger", "joy")


@pytest.mark.parametrize("batch_size", [1, 5, 100])
def test_any_batch_size_gives_all_clips(batch_size):
    batches = list(emotion_data(batch_size=batch_size, epochs=1).train_dataloader())
    assert sorted(int(clip) for batch in batches for clip in batch.clips) == list(range(12))
    assert len(batches) == -(-12 // batch_size)


def test_features_are_read_in_place_of_waveforms_but_for_clips_that_are_augmented():
    features = {name: ListStore([[[-100.0, clip]] for clip in range(20)]) for name in ("here", "elsewhere", "strange")}
    plain = emotion_data(inputs=features)
    assert {batch.inputs.dim() for batch in plain.train_dataloader()} == {3}
    augmented = emotion_data(inputs=features, augmentation=lambda waveforms, lengths, step: waveforms)
    assert {batch.inputs.dim() for batch in augmented.train_dataloader()} == {2}
    assert {batch.inputs.dim() for batch in augmented.val_dataloader()} == {3}
    assert {batch.inputs.dim() for loader in augmented.predict_dataloader() for batch in loader} == {3}


def test_order_of_the_clips_does_not_depend_on_what_is_read_of_them():
    features = {name: ListStore([[[0.0]]] * 20) for name in ("here", "elsewhere", "strange")}
    orders = [
        [batch.clips.tolist() for batch in emotion_data(**changed).train_dataloader()]
        for changed in ({}, {"inputs": features})
    ]
    assert orders[0] == orders[1]


def test_batches_can_be_measured_in_seconds():
    data = emotion_data(batch_seconds=40 / 16000, epochs=1)
    batches = list(data.train_dataloader())
    assert len(batches) == data.sampler.batches_per_epoch > 2
    assert sorted(int(clip) for batch in batches for clip in batch.clips) == list(range(12))


def higher(waveforms: torch.Tensor, lengths: torch.Tensor, step: int) -> torch.Tensor:
    """Stand for an augmentation: a copy of a clip is 100 more."""
    return waveforms + 100


def test_copies_are_trained_on_beside_their_clips_with_the_same_labels():
    plain = emotion_data(epochs=1)
    data = emotion_data(epochs=1, union=[higher])
    labels = {int(batch.inputs[i, 0]): int(batch.labels[i]) for batch in data.train_dataloader() for i in range(4)}
    assert sorted(labels) == [*range(12), *range(100, 112)]
    assert all(labels[clip] == labels[clip + 100] for clip in range(12))
    assert data.sampler.batches_per_epoch == 6
    assert [batch.clips.tolist() for batch in data.val_dataloader()] == [
        batch.clips.tolist() for batch in plain.val_dataloader()
    ]
    assert data.class_counts().tolist() == plain.class_counts().tolist()


def test_balanced_batches_have_every_emotion_equally_often_and_equal_weights():
    data = emotion_data(epochs=1, balanced=True)
    labels = np.concatenate([batch.labels.numpy() for batch in data.train_dataloader()])
    assert np.bincount(labels).tolist() == [4, 4, 4]
    assert data.class_counts().tolist() == [4, 4, 4]
    split = np.array(["train"] * 2 + ["validation"] * 2 + ["test"] * 16)
    assert emotion_data(splits={"here": split}, balanced=True).class_counts().tolist() == [0, 1, 1]


@pytest.mark.parametrize(("device", "pinned"), [("cpu", False), ("cuda", True)])
def test_memory_is_pinned_for_a_gpu_alone(monkeypatch, device, pinned):
    """Pinning in a cell on the CPU would start CUDA, beside cells that use it."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    data = emotion_data()
    data.trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device(device)))
    loaders = [data.train_dataloader(), data.val_dataloader(), *data.predict_dataloader()]
    assert {loader.pin_memory for loader in loaders} == {pinned}
