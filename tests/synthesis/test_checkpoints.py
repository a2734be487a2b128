from pathlib import Path

import pytest
import torch
from torch.nn import functional

from ser.models.encoder import SpeechEncoder
from ser.synthesis import checkpoints

NAMES = ("wav2vec2-none", "hubert-none")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    checkpoints.write_checkpoints(folder, clips=8, steps=6, seed=0)
    return folder


def weights(path: Path) -> dict[str, torch.Tensor]:
    return SpeechEncoder(str(path), sample_rate=16000).state_dict()


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_is_a_folder_in_hub_layout(folder: Path, name: str) -> None:
    files = {path.name: path.stat().st_size for path in (folder / name).iterdir()}
    assert {"config.json", "preprocessor_config.json", "model.safetensors"} <= set(files)
    assert sum(files.values()) < 2**20
    encoder = SpeechEncoder(str(folder / name), sample_rate=16000)
    assert encoder.front_end.normalises
    hidden, mask = encoder(torch.randn(2, 16000), torch.tensor([16000, 8000]))
    assert hidden.shape == (2, 48, 64)
    assert mask.sum(dim=1).tolist() == [48, 23]


def test_the_two_differ_in_their_frozen_convolutions(folder: Path) -> None:
    first, second = (weights(folder / name)["model.feature_extractor.conv_layers.0.conv.weight"] for name in NAMES)
    assert not torch.equal(first, second)


def test_the_same_seed_gives_the_same_bytes_and_leaves_torch_as_it_was(folder: Path, tmp_path: Path) -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    checkpoints.write_checkpoints(tmp_path, clips=8, steps=6, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    for name in NAMES:
        for file in (folder / name).iterdir():
            assert (tmp_path / name / file.name).read_bytes() == file.read_bytes()


def test_the_geometry_of_frames_is_that_of_the_architecture() -> None:
    kernels, strides = checkpoints.ARCHITECTURE["conv_kernel"], checkpoints.ARCHITECTURE["conv_stride"]
    field, hop = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field, hop = field + (kernel - 1) * hop, hop * stride
    assert (field, hop) == (checkpoints._RECEPTIVE_FIELD, checkpoints._HOP)


def test_the_encoder_learns_to_tell_its_spectrogram() -> None:
    speech = checkpoints._speech(4, [0])
    config, model = checkpoints.MODELS["wav2vec2"]
    with checkpoints._reproducible(0):
        encoder, head = model(config(**checkpoints.ARCHITECTURE)), torch.nn.Linear(64, checkpoints._MELS)
        checkpoints._warm_up(encoder, head, speech, 50, "test")
    heard = speech[:32000]
    spectrogram = checkpoints._log_mel(heard)
    with torch.no_grad():
        told = head(encoder(heard[None]).last_hidden_state)[0]
    target = (spectrogram - spectrogram.mean(0)) / spectrogram.std(0)
    assert functional.mse_loss(told, target) < 0.85  # 1 is to tell the mean
