"""`python -m benchmarks.memory`: the memory of a cell of the paper's size on a GPU, counted without one.

Two equal steps of the project's own network (24 layers x 1024, 16 clips of 4 s) are traced in bf16: with PyTorch's
FakeTensor, tensors have shape and type and no content, and what is alive is added up after every operation. Attention
and layer norm are those that autocast takes on CUDA. Not counted are workspaces of kernels, what the allocator leaves
unused, and CUDA itself (about 0.5 GB).
"""

import argparse
import contextlib
import copy
import tempfile
import warnings
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeCopyMode, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.material import LARGE, SAMPLE_RATE, encoder
from benchmarks.measure import RESULTS
from ser.data.batches import Batch
from ser.models.classifier import EmotionClassifier
from ser.models.encoder import SpeechEncoder
from ser.models.lora import narrow
from ser.settings.network import CONVOLUTIONS, FirstLayers, FreezingSettings, Lora, PlainFreezing

LAYERS, CLIPS, FRAMES, CHANNELS, EMOTIONS = 24, 16, 199, 512, 7
"""Frames of 4 s."""
GIGABYTE = 1e9
LAYER_NORM = nn.functional.layer_norm
LORA = Lora(name="lora", rank=8, alpha=16.0, dropout=0.0, target_modules=None)


class Choice(NamedTuple):
    """What is trained, and how the memory of a step is kept small."""

    freezing: FreezingSettings
    gradient_checkpointing: bool = False
    accumulate: int = 1


CHOICES = {
    f"{name}{label}": Choice(freezing, *options)
    for name, freezing in (
        ("`freezing=convolutions`, all but the front end", CONVOLUTIONS),
        ("`freezing=first_layers`, 12 of 24", FirstLayers(name="first_layers", layers=12)),
        ("`freezing=lora`", LORA),
        ("`freezing=encoder`", PlainFreezing(name="encoder")),
    )
    for label, options in (
        ("", ()),
        (", `accumulate=4`", (False, 4)),
        (", `gradient_checkpointing`", (True,)),
        (", both", (True, 4)),
    )
    if freezing.name in ("convolutions", "lora") or not label
}


class Alive(TorchDispatchMode):
    """Adds up the bytes of all tensors that are alive.

    Attributes:
        now: bytes.
        peak: most bytes at once, so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._seen: set[int] = set()

    def count(self, tensor: torch.Tensor) -> None:
        """Count the storage of a tensor, once, until it is freed."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._seen:
            self._seen.add(key)
            self.now += size
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._free, key, size)

    def _free(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Count what an operation returns."""
        result = func(*args, **kwargs or {})
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.count(leaf)
        return result


def efficient_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attn_mask: torch.Tensor, **options: Any
) -> torch.Tensor:
    """Attend with the kernel that PyTorch takes on CUDA for a mask, which a build without CUDA does not choose."""
    bias = torch.zeros_like(attn_mask, dtype=query.dtype).masked_fill_(~attn_mask, float("-inf"))
    shape = (*query.shape[:3], key.shape[2])
    return torch.ops.aten._scaled_dot_product_efficient_attention(
        query, key, value, bias.expand(shape), query.requires_grad, options["dropout_p"], scale=options["scale"]
    )[0]


def layer_norm(values: torch.Tensor, *others: Any, **options: Any) -> torch.Tensor:
    """Normalise in single precision, as autocast does on CUDA and not on the CPU."""
    return LAYER_NORM(values.float(), *others, **options)


@contextlib.contextmanager
def traced(network: EmotionClassifier) -> Iterator[EmotionClassifier]:
    """Give a copy of a network without content."""
    mode = FakeTensorMode()
    with FakeCopyMode(mode):
        network = copy.deepcopy(network)
    with (
        mock.patch.object(nn.functional, "scaled_dot_product_attention", efficient_attention),
        mock.patch.object(nn.functional, "layer_norm", layer_norm),
        mode,
    ):
        yield network


def step(network: EmotionClassifier, optimizer: torch.optim.Optimizer, batch: Batch, accumulate: int) -> None:
    """Train as `ser.models.recogniser` does: zero, forward and backward of every part, clip, step."""
    optimizer.zero_grad()
    for part in batch.parts(accumulate):
        with torch.autocast("cpu", dtype=torch.bfloat16, cache_enabled=False):
            loss = nn.functional.cross_entropy(network(part.inputs, part.lengths), part.labels) / accumulate
        loss.backward()
    nn.utils.clip_grad_norm_([weights for group in optimizer.param_groups for weights in group["params"]], 1.0)
    optimizer.step()


def counted(network: EmotionClassifier, choice: Choice) -> dict[str, float]:
    """Return gigabytes by what they are for; those of a step are what is above the others at its peak."""
    with traced(network) as network:
        if choice.gradient_checkpointing:
            network.encoder.checkpoint_gradients()
        trained = [weights for weights in network.parameters() if weights.requires_grad]
        weights = sum(value.nbytes for value in network.state_dict().values())
        of_trained = sum(value.nbytes for value in trained)
        with Alive() as alive:
            for tensor in (*network.parameters(), *network.buffers()):
                alive.count(tensor)
            features = torch.empty(CLIPS, FRAMES, CHANNELS, dtype=torch.float16)
            lengths, labels = (torch.ones(CLIPS, dtype=torch.long) for _ in range(2))
            batch = Batch(features, FRAMES * lengths, labels, labels)
            optimizer = torch.optim.AdamW(trained, lr=1e-5, fused=True)
            step(network, optimizer, batch, choice.accumulate)
            alive.peak = alive.now
            step(network, optimizer, batch, choice.accumulate)
    parts = {
        "weights": weights,
        "gradients": of_trained,
        "AdamW": 2 * of_trained,
        "best weights": of_trained,  # of the best validation so far, kept on the device
        "step": alive.peak - weights - 3 * of_trained,
    }
    trained_share = sum(value.numel() for value in trained) / sum(value.numel() for value in network.parameters())
    return {name: size / GIGABYTE for name, size in (parts | {"peak": alive.peak + of_trained}).items()} | {
        "trained, %": 100 * trained_share
    }


def rows(choices: Mapping[str, Choice]) -> dict[str, dict[str, float]]:
    """Return the counts of choices; the encoder is written with two layers, and gets copies of the last."""
    table = {}
    with tempfile.TemporaryDirectory() as folder:
        encoder(Path(folder), LARGE | {"num_hidden_layers": 2, "layerdrop": 0.0})
        for name, choice in choices.items():
            body = SpeechEncoder(folder, SAMPLE_RATE)
            layers = body.body.layers
            layers.extend([copy.deepcopy(layers[-1]) for _ in range(LAYERS - len(layers))])
            network = EmotionClassifier(body, EMOTIONS, freezing=choice.freezing).train()
            if isinstance(choice.freezing, Lora):
                narrow(body, "bf16-mixed")
            table[name] = counted(network, choice)
    return table


def page(table: dict[str, dict[str, float]]) -> str:
    """Write the counts as Markdown."""
    columns = list(next(iter(table.values())))
    lines = [
        "# Memory of a cell on a GPU: counted, not measured",
        "",
        f"Gigabytes of a step: {LAYERS} layers x 1024, bf16, {CLIPS} clips of 4 s. `python -m benchmarks.memory`",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---:|' * len(columns)}",
        *(f"| {name} | {' | '.join(f'{value:.2f}' for value in row.values())} |" for name, row in table.items()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Count, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    chosen = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = page(rows(CHOICES))
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "memory.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
