"""A training that is interrupted after any validation and goes on ends as one that never was."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from ser.audio.store import open_store
from ser.corpora import read
from ser.data.module import EmotionData
from ser.data.stream import Batching
from ser.errors import UserError
from ser.models.callbacks import generators, set_generators
from ser.models.classifier import EmotionClassifier
from ser.models.devices import Precision, set_up
from ser.models.encoder import SpeechEncoder
from ser.models.fitting import fit, predict
from ser.models.lora import narrow
from ser.models.recogniser import EmotionRecogniser
from ser.settings import NumericsSettings, TrainerSettings, TrainingSettings
from ser.settings.network import LINEAR, AnyLayers, AtFirst, FirstLayers, Lora, PoolingSettings
from ser.splits import speaker_split
from tests.encoders import NORMS


class KilledError(Exception):
    """Stands for SIGKILL: nothing after it runs."""


LORA = Lora(name="lora", rank=2, alpha=4.0, dropout=0.1, target_modules=None)
STATISTICS = ("loss.weight", "running_mean", "running_var", "num_batches_tracked")
"""The class weights of the loss, and those of batch norm."""

Outcome = tuple[dict[str, torch.Tensor], list[tuple[int, dict[str, float]]], dict]


@pytest.fixture(scope="module")
def train(small_corpora: Path, tiny_checkpoint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory):
    """Give a function that trains until a validation number, and returns weights, curves and the record."""
    corpus = read("emovo", reader="emovo", root=small_corpora / "EMOVO", channel=0, outside="drop")
    store = open_store(
        root=corpus.root,
        paths=corpus.clips["path"].tolist(),
        channel=0,
        sample_rate=16000,
        loudness_lufs=None,
        folder=tmp_path_factory.mktemp("store"),
        name="emovo",
    )

    def run(
        last: Path,
        patience: int,
        killed_at: int | None = None,
        encoder: tuple[str, str] = ("wav2vec2", "layer"),
        precision: Precision = "32-true",
        predicted: list | None = None,
        changed: dict | None = None,
        **network: object,
    ) -> Outcome:
        pl.seed_everything(3, verbose=False)
        data = EmotionData(
            corpora={"emovo": (corpus.clips, store)},
            tests=["emovo"],
            splits={"emovo": speaker_split(corpus.clips, 0, "emovo")},
            inputs={"emovo": store},
            batching=Batching(batch_size=8, evaluation_batch_size=32, epochs=2, seed=3),
        )
        protocol = TrainingSettings(
            name="test",
            epochs=2,
            batch_size=8,
            batch_seconds=None,
            learning_rate=1e-3,
            weight_decay=0.01,
            gradient_clip_norm=1.0,
            sampling="every_clip",
            validate_every_steps=4,
            patience=patience,
            minimum_improvement=0.5,  # so much is never reached, and patience decides
            **changed or {},
        )
        numerics = NumericsSettings(
            name="test",
            precision=precision,
            tf32=True,
            deterministic=False,
            fused_optimizer=True,
            attention="sdpa",
            cnn_features="none",
        )
        settings = TrainerSettings(
            name="test",
            accelerator="cpu",
            threads=1,
            evaluation_batch_size=32,
            features_gb=1,
            checkpoint_minutes=0,
            progress_bar=False,
        )
        architecture, norm = encoder
        network = EmotionClassifier(
            SpeechEncoder(str(tiny_checkpoint(architecture, norm=norm)), 16000), len(data.emotions), **network
        )
        if isinstance(network.freezing, Lora):
            narrow(network.encoder, precision)
        module = EmotionRecogniser(network, protocol, numerics, data.class_counts())
        curves: list[tuple[int, dict[str, float]]] = []

        def send(step: int, metrics: dict[str, float]) -> None:
            curves.append((step, metrics))

        def kill(*_: object) -> None:
            if len(curves) == killed_at:
                raise KilledError

        monkey = pytest.MonkeyPatch()
        monkey.setattr(EmotionRecogniser, "on_train_batch_start", kill, raising=False)
        try:
            trainer, record = fit(module, data, protocol, set_up(settings, numerics), settings, last, send)
            if predicted is not None:
                predicted += predict(trainer, module, data)
        finally:
            monkey.undo()
        return {name: value.clone() for name, value in module.state_dict().items()}, curves, record

    return run


@pytest.mark.parametrize("patience", [100, 2])
def test_it_ends_as_if_it_had_never_stopped(train, tmp_path: Path, patience: int) -> None:
    weights, curves, record = train(tmp_path / "whole.ckpt", patience)
    assert len(curves) >= 3
    assert record["stopped_early"] == (patience == 2)
    for killed_at in (1, len(curves) - 1):  # in the middle of an epoch, and in the last one
        last = tmp_path / f"{killed_at}.ckpt"
        with pytest.raises(KilledError):
            train(last, patience, killed_at)
        again, rest, record_again = train(last, patience)
        assert curves[killed_at:] == rest
        assert record_again == record
        assert all(torch.equal(weights[name], again[name]) for name in weights)


@pytest.mark.parametrize(
    "network",
    [
        {"freezing": AtFirst(name="at_first", steps=6)},
        {"freezing": FirstLayers(name="first_layers", layers=1), "layers": AnyLayers(name="weighted_after_pooling")},
        {
            "pooling": PoolingSettings(name="ecapa_tdnn", attention_width=8),
            "head": LINEAR.model_copy(update={"batch_norm": True, "dropout": 0.3, "weight_decay": 0.1}),
        },
    ],
    ids=["at_first", "first_layers", "ecapa_tdnn"],
)
def test_any_network_ends_as_if_it_had_never_stopped(train, tmp_path: Path, network: dict) -> None:
    weights, curves, record = train(tmp_path / "whole.ckpt", 100, **network)
    for killed_at in range(1, len(curves)):
        last = tmp_path / f"{killed_at}.ckpt"
        with pytest.raises(KilledError):
            train(last, 100, killed_at, **network)
        again, rest, record_again = train(last, 100, **network)
        assert curves[killed_at:] == rest
        assert record_again == record
        assert all(torch.equal(weights[name], again[name]) for name in weights)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("encoder", NORMS, ids="-".join)
def test_adapters_of_every_encoder_end_as_if_they_had_never_stopped(
    train, tmp_path: Path, encoder: tuple[str, str], precision: Precision
) -> None:
    options: dict = {"freezing": LORA, "changed": {"accumulate": 3, "gradient_checkpointing": True}}
    weights, curves, record = train(tmp_path / "whole.ckpt", 100, None, encoder, precision, **options)
    with pytest.raises(KilledError):
        train(tmp_path / "last.ckpt", 100, 2, encoder, precision, **options)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    trained = {name for name in weights if "lora_" in name or ".head." in name}
    statistics = {name for name in weights if name.endswith(STATISTICS)}
    kept = [saved["state_dict"], saved["callbacks"]["BestWeights"]["weights"]]
    assert trained
    assert all(content.keys() - statistics == trained for content in kept)
    again, rest, record_again = train(tmp_path / "last.ckpt", 100, None, encoder, precision, **options)
    assert curves[2:] == rest
    assert record_again == record
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_checkpoint_without_a_trained_weight_is_refused(train, tmp_path: Path) -> None:
    last = tmp_path / "last.ckpt"
    with pytest.raises(KilledError):
        train(last, 100, 1)
    with pytest.raises(UserError, match=r"^the checkpoint of this training lacks 8 of its weights \(.*lora"):
        train(last, 100, freezing=LORA)


def test_it_may_be_stopped_again_and_again(train, tmp_path: Path) -> None:
    weights, curves, _ = train(tmp_path / "whole.ckpt", 100)
    last = tmp_path / "last.ckpt"
    for _ in range(len(curves) - 1):
        with pytest.raises(KilledError):
            train(last, 100, killed_at=1)
    again, rest, _ = train(last, 100)
    assert rest == curves[-1:]
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_training_that_had_ended_is_not_gone_on_with(train, tmp_path: Path) -> None:
    weights, curves, record = train(tmp_path / "last.ckpt", 2)
    again, rest, record_again = train(tmp_path / "last.ckpt", 2)
    assert curves
    assert rest == []
    assert record_again == record
    assert all(torch.equal(weights[name], again[name]) for name in weights)


def test_a_checkpoint_is_loaded_without_running_code(train, tmp_path: Path) -> None:
    train(tmp_path / "last.ckpt", 2)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] > 0
    assert not list(tmp_path.glob("*.part"))


def test_generators_survive_the_round_trip() -> None:
    states = generators(torch.device("cpu"))
    before = (np.random.rand(3).tolist(), torch.rand(3).tolist())
    set_generators(states, torch.device("cpu"))
    assert (np.random.rand(3).tolist(), torch.rand(3).tolist()) == before


@pytest.mark.parametrize("encoder", NORMS, ids="-".join)
def test_every_encoder_trains_resumes_and_predicts_in_bf16_with_the_fused_optimiser(
    train, tmp_path: Path, encoder: tuple[str, str]
) -> None:
    whole: list = []
    weights, curves, record = train(tmp_path / "whole.ckpt", 100, None, encoder, "bf16-mixed", whole)
    assert record["precision"] == "bf16-mixed"
    with pytest.raises(KilledError):
        train(tmp_path / "last.ckpt", 100, 2, encoder, "bf16-mixed")
    resumed: list = []
    again, rest, record_again = train(tmp_path / "last.ckpt", 100, None, encoder, "bf16-mixed", resumed)
    assert curves[2:] == rest
    assert record_again == record
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert len(whole) == len(resumed) == 2  # the test set, and the validation split
    for (clips, logits), (clips_again, logits_again) in zip(whole, resumed, strict=True):
        assert np.isfinite(logits).all()
        np.testing.assert_array_equal(clips, clips_again)
        np.testing.assert_array_equal(logits, logits_again)


def test_a_training_begun_in_another_precision_is_not_continued(train, tmp_path: Path) -> None:
    last = tmp_path / "last.ckpt"
    with pytest.raises(KilledError):
        train(last, 100, 1)
    with pytest.raises(UserError, match="was trained in 32-true"):
        train(last, 100, precision="bf16-mixed")
    assert last.is_file()
