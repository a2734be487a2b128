"""What might make the product faster computes the same, and no step of it waits for the GPU."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

from benchmarks.gpu.candidates import CANDIDATES, additive
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.graphs import Replayed
from benchmarks.gpu.masters import MasterAdamW
from benchmarks.gpu.product import cell
from ser.data.batches import Batch
from ser.models import attention
from ser.models.attention import IMPLEMENTATIONS
from tests.models.fake_cuda import CUDA, fake_cuda


class TestMasters:
    def step(self, optimizer, weight, gradients):
        for gradient in gradients:
            weight.grad = gradient.to(weight.dtype)
            if isinstance(optimizer, MasterAdamW):
                optimizer.take_gradients()
            optimizer.step()
            optimizer.zero_grad()
        return weight

    def test_of_fp32_weights_are_adamw(self):
        generator = torch.Generator().manual_seed(0)
        start = torch.randn(5, generator=generator)
        gradients = [torch.randn(5, generator=generator) for _ in range(10)]
        weights = [torch.nn.Parameter(start.clone()) for _ in range(2)]
        options = {"lr": 1e-2, "weight_decay": 0.1}
        plain = self.step(torch.optim.AdamW([weights[0]], **options), weights[0], gradients)
        assert torch.equal(self.step(MasterAdamW([weights[1]], **options), weights[1], gradients), plain)

    def test_add_up_what_bf16_rounds_away(self):
        # next to 1 the numbers of bf16 are 1/128 apart below and above: one step of 1e-4 is none of them, 100 are one
        gradients = [torch.ones(1)] * 100
        weights = [torch.nn.Parameter(torch.ones(1, dtype=torch.bfloat16)) for _ in range(2)]
        options = {"lr": 1e-4, "weight_decay": 0.0}
        assert self.step(torch.optim.AdamW([weights[0]], **options), weights[0], gradients).item() == 1
        assert self.step(MasterAdamW([weights[1]], **options), weights[1], gradients).item() == pytest.approx(
            0.99, abs=4e-3
        )
        assert weights[1].grad is None


def test_functions_are_captured_once_for_each_shape():
    captured = []

    def capture(function, inputs):
        captured.append([tuple(each.shape) for each in inputs])
        return function

    replayed = Replayed(lambda values, lengths: values.sum() + lengths.sum(), capture)
    for size in (3, 4, 3):
        assert replayed(torch.ones(2, size), torch.ones(2)) == 2 * size + 2
    assert captured == [[(2, 3), (2,)], [(2, 4), (2,)]]


def test_additive_mask_hides_what_the_boolean_one_hides():
    real = torch.arange(6)[None] < torch.tensor([[6], [4]])
    arguments = {"batch_size": 2, "q_length": 6, "kv_length": 6, "attention_mask": real, "dtype": torch.float32}
    arguments["mask_function"] = lambda batch, head, query, key: real[batch, key]
    boolean, added = sdpa_mask(**arguments, allow_is_bidirectional_skip=False), additive(**arguments)
    assert added.dtype == torch.float32
    query, key, value = torch.randn(3, 2, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    expected = scaled_dot_product_attention(query, key, value, boolean)
    torch.testing.assert_close(scaled_dot_product_attention(query, key, value, added), expected)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert additive(**arguments).dtype == torch.bfloat16


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Give the corpus of `--tiny`, smaller still."""
    material = Material(tmp_path_factory.mktemp("material"), clips=80, mean_s=0.6, large=False)
    material.write()
    return material


@pytest.fixture
def build(material):
    """Give a function that makes the cell of a candidate, and the first of its validation batches."""

    def make(name):
        candidate = CANDIDATES[name]
        what = cell(material, candidate.numerics, candidate.recogniser, candidate.data, **candidate.changed)
        return what, next(iter(what.data.val_dataloader()))

    yield make
    AttentionMaskInterface.register(IMPLEMENTATIONS["sdpa"], attention._always)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("lengths rounded up to 16", 1e-5), ("one additive mask", 1e-5), ("bf16 weights, fp32 masters", 0.02)],
)
def test_logits_are_those_of_the_default(build, name, tolerance):
    logits = []
    for each in ("default", name):
        what, batch = build(each)
        what.recogniser.on_fit_start()
        moved = what.data.transfer_batch_to_device(batch, torch.device("cpu"), 0)
        with torch.no_grad():
            logits.append(what.recogniser.eval().classifier(moved.inputs, moved.lengths))
    torch.testing.assert_close(logits[1], logits[0], atol=tolerance, rtol=0)


def test_rounded_batches_have_a_multiple_of_16_frames(build):
    what, batch = build("lengths rounded up to 16")
    moved = what.data.transfer_batch_to_device(batch, torch.device("cpu"), 0)
    assert moved.inputs.shape[1] % 16 == 0
    assert 0 < moved.inputs.shape[1] - batch.inputs.shape[1] < 16
    assert torch.equal(moved.inputs[:, : batch.inputs.shape[1]], batch.inputs)


@pytest.mark.parametrize(
    "name", ["default", "lengths rounded up to 16", "one additive mask", "bf16 weights, fp32 masters"]
)
def test_no_step_waits_for_the_gpu(build, name):
    what, batch = build(name)
    mixed = "precision" not in CANDIDATES[name].changed
    with fake_cuda(what.recogniser) as (module, waits):
        module.on_fit_start()
        batch = Batch(*(torch.empty(each.shape, dtype=each.dtype) for each in batch))  # fake, as the module is
        moved = what.data.transfer_batch_to_device(batch, CUDA, 0)
        waits.found.clear()
        with torch.autocast("cuda", torch.bfloat16, mixed, cache_enabled=False):
            loss = module.training_step(moved, 0)
    assert loss.device == CUDA
    assert waits.found == []
