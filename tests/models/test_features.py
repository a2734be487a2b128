"""What the frozen convolutions computed once stands for what they would compute in every batch."""

import logging
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from ser.audio.ragged import Ragged, write_ragged
from ser.audio.store import Store
from ser.errors import UserError
from ser.models import features
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.features import GB, open_output
from ser.models.front_ends.convolutions import Convolutions
from ser.models.frozen import Features
from tests.encoders import NORMS

LENGTHS = (8000, 12345, 300, 20000)
FRAMES = (24, 38, 1, 62)
CPU = torch.device("cpu")


def make_store(folder: Path, level: float = 0.1) -> Store:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    clips = [(level * rng.standard_normal(length)).astype(np.float32) for length in LENGTHS]
    write_ragged(folder, clips, "<f4", {"sample_rate": 16000, "silent": 0})
    return Store(folder)


@pytest.fixture
def store(tmp_path) -> Store:
    return make_store(tmp_path / "stores" / "corpus")


@pytest.fixture
def encoder(tiny_checkpoint) -> SpeechEncoder:
    return SpeechEncoder(str(tiny_checkpoint()), 16000).eval()


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens the features of a store."""

    def call(encoder: SpeechEncoder, store: Store, dtype: str = "float16", limit_gb: float = 1) -> Ragged | None:
        return open_output(Features(encoder), store, dtype, tmp_path / "features", limit_gb, CPU)

    return call


@pytest.mark.parametrize(("dtype", "atol"), [("float32", 1e-5), ("float16", 2e-3)])
@pytest.mark.parametrize(("architecture", "norm"), NORMS)
@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")
def test_logits_are_the_same_with_and_without(tiny_checkpoint, store, opened, architecture, norm, dtype, atol):
    torch.manual_seed(0)
    classifier = EmotionClassifier(SpeechEncoder(str(tiny_checkpoint(architecture, "", norm)), 16000), 7).eval()
    kept = opened(classifier.encoder, store, dtype)
    rows = [torch.from_numpy(kept[clip].copy()) for clip in range(len(store))]
    waveforms = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(store[c].copy()) for c in range(4)], batch_first=True)
    with torch.no_grad():
        found = classifier(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.from_numpy(kept.lengths))
        expected = classifier(waveforms, torch.tensor(LENGTHS))
    torch.testing.assert_close(found, expected, atol=atol, rtol=0)


@pytest.mark.parametrize(("device", "shared"), [("cuda:0", False), ("cpu", True)])
def test_features_in_tf32_are_not_those_in_single_precision(encoder, store, tmp_path, monkeypatch, device, shared):
    """What `numerics=fast` has kept on a GPU must not be what `numerics.tf32=false` reads."""
    paths = []

    def opened(path: Path, write: object, read: object) -> Path:
        path.touch()
        paths.append(path)
        return path

    monkeypatch.setattr(features, "open_once", opened)
    for precision in ("ieee", "tf32"):  # PyTorch's default is the last
        torch.backends.cudnn.conv.fp32_precision = precision
        open_output(Features(encoder), store, "float16", tmp_path / "features", 1, torch.device(device))
    assert (paths[0] == paths[1]) == shared


def test_they_are_computed_once(encoder, store, opened, monkeypatch):
    first = opened(encoder, store)
    monkeypatch.setattr(Convolutions, "__call__", None)
    again = opened(encoder, store)
    assert again.folder == first.folder
    np.testing.assert_array_equal(again[1], first[1])


def test_checkpoints_with_the_same_convolutions_share_them_and_others_do_not(tiny_checkpoint, copied, store, opened):
    first = SpeechEncoder(str(tiny_checkpoint()), 16000)
    fine_tuned = SpeechEncoder(str(tiny_checkpoint()), 16000)
    with torch.no_grad():
        for name, weights in fine_tuned.model.named_parameters():
            weights.add_(0 if "feature_extractor" in name else 0.1)
    assert opened(fine_tuned, store).folder == opened(first, store).folder
    assert opened(SpeechEncoder(str(tiny_checkpoint(seed=1)), 16000), store).folder != opened(first, store).folder
    assert opened(first, store, "float32").folder != opened(first, store).folder
    unnormalised = SpeechEncoder(str(tiny_checkpoint()), 16000)
    unnormalised.front_end.normalises = False
    assert Features(unnormalised).identity() != Features(first).identity()


def test_other_clips_have_others(encoder, store, opened, tmp_path):
    other = make_store(tmp_path / "stores" / "other", level=0.2)
    assert opened(encoder, other).folder != opened(encoder, store).folder


def test_of_many_who_ask_at_once_one_computes(encoder, store, opened, monkeypatch):
    calls = []
    compute = Convolutions.__call__
    monkeypatch.setattr(Convolutions, "__call__", lambda *batch: (calls.append(1), compute(*batch))[1])
    asking = [threading.Thread(target=opened, args=(encoder, store)) for _ in range(6)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(calls) == len(store)


def test_what_a_killed_process_left_is_never_read(encoder, store, opened, tmp_path):
    kept = opened(encoder, store)
    half = kept.folder.with_suffix(".partial")
    shutil.move(kept.folder, half)
    (half / "facts.json").unlink()
    assert opened(encoder, store).lengths.tolist() == list(FRAMES)
    assert not half.exists()


def test_the_least_recently_used_make_room(encoder, tiny_checkpoint, store, opened, tmp_path):
    size_gb = sum(FRAMES) * 16 * 2 / GB
    encoders = [SpeechEncoder(str(tiny_checkpoint(seed=seed)), 16000) for seed in (0, 1, 2)]
    first, second = (opened(encoder, store, limit_gb=2.5 * size_gb) for encoder in encoders[:2])
    opened(encoders[0], store, limit_gb=2.5 * size_gb)  # used again
    third = opened(encoders[2], store, limit_gb=2.5 * size_gb)
    assert first.folder.is_dir()
    assert third.folder.is_dir()
    assert not second.folder.is_dir()
    assert second[3].shape == (62, 16)  # whoever reads them still can


def test_those_that_are_too_large_are_not_kept(encoder, store, opened, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert opened(encoder, store, limit_gb=1e-6) is None
    assert "more than trainer.features_gb" in caplog.text
    assert not (tmp_path / "features").exists()


def test_what_no_precision_can_hold_is_not_blamed_on_half_precision(encoder, store, opened, monkeypatch):
    monkeypatch.setattr(Convolutions, "__call__", lambda *_: (torch.full((1, 2, 16), torch.nan), torch.tensor([2])))
    with pytest.raises(UserError, match=r"features of clip 0, .* s long, are not finite; leave the clip out"):
        opened(encoder, store)


def test_what_half_precision_cannot_hold_is_refused(encoder, store, opened, monkeypatch, tmp_path):
    monkeypatch.setattr(Convolutions, "__call__", lambda *_: (torch.full((1, 2, 16), 1e6), torch.tensor([2])))
    with pytest.raises(UserError, match=r"numerics.cnn_features=float32"):
        opened(encoder, store)
    assert [path.name for path in (tmp_path / "features").iterdir()] == ["lock"]


def test_a_folder_that_cannot_be_written_is_one_message(encoder, store, tmp_path):
    (tmp_path / "features").write_text("in the way")
    with pytest.raises(UserError, match=r"free some space there, choose another folder: store_dir=<folder>"):
        open_output(Features(encoder), store, "float16", tmp_path / "features", 1, CPU)
