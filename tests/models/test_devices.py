"""Devices, their names, what they can do and their random generators, on machines that PyTorch is made to see."""

import logging
import os
import stat
import warnings
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from filelock import FileLock

from ser import fine_tuning
from ser.command import check
from ser.errors import ConfigError, UserError
from ser.models import devices
from ser.models.callbacks import LastCheckpoint, generators, set_generators
from ser.models.devices import Hardware, choose_device, choose_precision, claim, gpu_names, set_arithmetic
from ser.pretuning import stage
from ser.pretuning.settings import PretuneSettings
from ser.pretuning.speech import open_speech
from ser.settings import TrainSettings
from ser.sources import open_sources

AMPERE, TURING, VOLTA, PASCAL = (8, 0), (7, 5), (7, 0), (6, 1)


@pytest.fixture(autouse=True)
def _released(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices.tempfile, "gettempdir", lambda: str(tmp_path))
    choose_device.cache_clear()
    yield
    choose_device.cache_clear()
    while devices._claims:
        devices._claims.pop().release()


@pytest.fixture
def machine(monkeypatch) -> Callable[..., None]:
    """Make PyTorch see GPUs with these compute capabilities."""

    def install(*capabilities: tuple[int, int]) -> None:
        def capability(device: torch.device | None = None) -> tuple[int, int]:
            return capabilities[torch.device(device).index if device is not None else current[-1]]

        current = [0]

        class Current:
            def __init__(self, device: torch.device) -> None:
                self.index = torch.device(device).index

            def __enter__(self) -> None:
                current.append(self.index)

            def __exit__(self, *_: object) -> None:
                current.pop()

        def bf16(including_emulation: bool = True) -> bool:
            return including_emulation or capability() >= AMPERE

        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(capabilities))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
        monkeypatch.setattr(torch.cuda, "device", Current)
        monkeypatch.setattr(torch.cuda, "get_device_capability", capability)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", bf16)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda device=None: f"GPU {torch.device(device).index}")
        properties = [SimpleNamespace(uuid=f"uuid-{index}") for index in range(len(capabilities))]
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties[index])

    return install


def test_the_first_free_gpu_is_claimed_for_all_users(tmp_path):
    with FileLock(tmp_path / "ser-gpu-a-0.lock"):
        assert claim(["a", "b"], tmp_path) == 1
    assert stat.S_IMODE(os.stat(tmp_path / "ser-gpu-b-0.lock").st_mode) == 0o666


@pytest.mark.parametrize("gpus", [1, 2, 3])
def test_processes_beyond_the_number_of_gpus_are_spread_evenly(tmp_path, gpus):
    """Every claim is made through a lock of its own, as that of another process is."""
    claimed = [claim([f"gpu{index}" for index in range(gpus)], tmp_path) for _ in range(3 * gpus)]
    assert [claimed.count(index) for index in range(gpus)] == [3] * gpus


def test_a_gpu_whose_locks_may_not_be_opened_is_shared(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError

    monkeypatch.setattr(FileLock, "acquire", refused)
    assert claim(["a", "b"], tmp_path) == os.getpid() % 2


@pytest.mark.parametrize("visible", ["0,1", "1,0", "GPU-b,GPU-a"])
def test_a_gpu_has_one_name_however_it_is_made_visible(machine, monkeypatch, visible):
    """Two processes that number the same GPUs differently must not train on the same one."""
    machine(AMPERE, AMPERE)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_names() == ["uuid-0", "uuid-1"]


def test_a_process_keeps_the_gpu_that_it_has_claimed(machine, tmp_path):
    machine(AMPERE, AMPERE)
    with FileLock(tmp_path / "ser-gpu-uuid-0-0.lock"):
        assert choose_device("auto") == torch.device("cuda", 1)
    assert choose_device("auto") == torch.device("cuda", 1)


@pytest.mark.parametrize(
    ("capability", "expected"),
    [(AMPERE, "bf16-mixed"), (TURING, "16-mixed"), (VOLTA, "16-mixed"), (PASCAL, "32-true")],
)
def test_auto_precision_is_what_the_hardware_has_without_emulation(machine, caplog, capability, expected):
    machine(capability)
    assert choose_precision("auto", torch.device("cuda", 0)) == expected
    assert ("GPU 0 has no bf16" in caplog.text) == (expected != "bf16-mixed")


def test_precision_is_asked_of_the_claimed_device_not_of_the_current_one(machine):
    machine(AMPERE, TURING)
    assert choose_precision("auto", torch.device("cuda", 1)) == "16-mixed"
    assert choose_precision("auto", torch.device("cuda", 0)) == "bf16-mixed"


def test_precision_elsewhere_is_single_and_as_asked_for(machine):
    assert choose_precision("auto", torch.device("cpu")) == "32-true"
    assert choose_precision("bf16-mixed", torch.device("cpu")) == "bf16-mixed"
    with pytest.raises(ConfigError, match="16-mixed needs a GPU"):
        choose_precision("16-mixed", torch.device("cpu"))


def test_a_missing_accelerator_is_one_message(machine):
    machine()
    with pytest.raises(ConfigError, match=r"^trainer.accelerator=cuda: there is no such device; .*trainer=cpu"):
        choose_device("cuda")
    assert choose_device("cpu") == choose_device("auto") == torch.device("cpu")


def test_a_broken_driver_is_said_where_the_cpu_is_taken_in_place_of_the_gpu(machine, monkeypatch, caplog):
    def broken() -> bool:
        warnings.warn("CUDA initialization: the driver is too old\nand more", UserWarning, stacklevel=1)
        return False

    machine()
    monkeypatch.setattr(torch.cuda, "is_available", broken)
    assert choose_device("auto") == torch.device("cpu")
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "training on the CPU" in record.message
    assert "driver is too old" in record.message
    with pytest.raises(ConfigError, match="driver is too old"):
        choose_device("gpu")


def test_a_pytorch_without_cuda_beside_a_driver_is_said(machine, monkeypatch, tmp_path, caplog):
    machine()
    (tmp_path / "version").touch()
    monkeypatch.setattr(devices, "NVIDIA_DRIVER", tmp_path / "version")
    monkeypatch.setattr(torch.version, "cuda", None)
    choose_device("auto")
    assert "was built without CUDA" in caplog.text


def test_a_cpu_cell_does_not_ask_for_cuda(monkeypatch):
    def started() -> bool:
        raise AssertionError("CUDA was started")

    monkeypatch.setattr(torch.cuda, "is_available", started)
    assert choose_device("cpu") == torch.device("cpu")


@pytest.fixture
def _arithmetic():
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.conv.fp32_precision = "tf32"  # PyTorch's default


@pytest.mark.usefixtures("_arithmetic")
@pytest.mark.parametrize(("tf32", "expected"), [(True, "tf32"), (False, "ieee")])
def test_tf32_is_that_of_products_and_of_convolutions(numerics, monkeypatch, tf32, expected):
    set_arithmetic(numerics(tf32=tf32))
    assert torch.backends.cuda.matmul.fp32_precision == expected
    assert torch.backends.cudnn.conv.fp32_precision == expected
    # Lightning reads this when it starts on CUDA; PyTorch raises where the two ways to set it contradict each other
    assert torch.get_float32_matmul_precision() == ("high" if tf32 else "highest")


@pytest.mark.usefixtures("_arithmetic")
def test_deterministic_algorithms_are_asked_for(numerics, monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    set_arithmetic(numerics(deterministic=False))
    assert not torch.are_deterministic_algorithms_enabled()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"  # PyTorch reads it once, whichever cell comes first
    set_arithmetic(numerics(deterministic=True))
    assert torch.are_deterministic_algorithms_enabled()


@pytest.fixture
def gpu_generators(monkeypatch) -> dict[int, torch.Tensor]:
    """Stand for CUDA's generators, which the CPU's stand in for."""
    states = {index: torch.Generator().manual_seed(index).get_state() for index in range(2)}
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[torch.device(device).index])
    monkeypatch.setattr(
        torch.cuda, "set_rng_state", lambda state, device: states.__setitem__(torch.device(device).index, state)
    )
    return states


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1), (0, 0)])
def test_the_generator_of_the_trained_device_is_kept_whatever_its_index(gpu_generators, before, after):
    """A cell that began on the second of two GPUs continues where only one is visible, with the same stream."""
    expected = gpu_generators[before].clone()
    states = generators(torch.device("cuda", before))
    other = gpu_generators[1 - after].clone()
    set_generators(states, torch.device("cuda", after))
    assert torch.equal(gpu_generators[after], expected)
    assert torch.equal(gpu_generators[1 - after], other) or before != after


def test_a_checkpoint_of_another_precision_is_refused(tmp_path):
    path = tmp_path / "last.ckpt"
    on_cpu = LastCheckpoint(path, 0, None, Hardware(torch.device("cpu"), "32-true"))
    in_bf16 = LastCheckpoint(path, 0, None, Hardware(torch.device("cpu"), "bf16-mixed"))
    on_cpu.load_state_dict(on_cpu.state_dict())
    with pytest.raises(UserError, match=r"last.ckpt was trained in 32-true on cpu, .* bf16-mixed"):
        in_bf16.load_state_dict(on_cpu.state_dict())


class ReachedError(Exception):
    """Ends a run where its features would be computed."""


@pytest.mark.usefixtures("_arithmetic")
@pytest.mark.parametrize(("numerics", "expected"), [("plain", "ieee"), ("fast", "tf32")])
def test_features_are_computed_with_the_arithmetic_of_the_training(
    compose, small_corpora, tiny_checkpoint, monkeypatch, tmp_path, numerics, expected
):
    """A cell and a checkpoint that is made; TF32 in plain features was not seen where the training was set later."""

    def reached(*_: object) -> None:
        assert torch.backends.cudnn.conv.fp32_precision == expected
        assert (torch.get_float32_matmul_precision() == "high") == (expected == "tf32")
        raise ReachedError

    overrides = [
        *(f"numerics={numerics}", "trainer=cpu", f"corpora_dir={small_corpora}", f"store_dir={tmp_path}"),
        f"model.checkpoints.none={tiny_checkpoint()}",
    ]
    torch.backends.cudnn.conv.fp32_precision = "tf32" if expected == "ieee" else "ieee"
    monkeypatch.setattr(fine_tuning, "open_all_inputs", reached)
    settings = check(compose("dataset=emovo", "dataset.tests=[emovo]", *overrides), TrainSettings)
    with pytest.raises(ReachedError):
        fine_tuning.fit_and_score(settings, open_sources(settings), tmp_path, reached)
    torch.backends.cudnn.conv.fp32_precision = "tf32" if expected == "ieee" else "ieee"
    monkeypatch.setattr(stage, "open_inputs", reached)
    pretune = check(compose("pretune=it", "corpus=emovo", *overrides, entry_point="pretune"), PretuneSettings)
    with pytest.raises(ReachedError):
        stage.make_checkpoint(pretune, open_speech(pretune), None, tmp_path, reached)
