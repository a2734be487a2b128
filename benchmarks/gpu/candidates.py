"""What might make the product faster, each as a variant of its module or data, measured against the default."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from transformers import AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

from benchmarks.gpu.clock import Timed, peak_memory_gb
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.graphs import Captures, Replayed
from benchmarks.gpu.masters import MasterAdamW
from benchmarks.gpu.product import cell, train, trained_on
from benchmarks.gpu.report import Part
from ser.data.batches import Batch
from ser.data.module import EmotionData
from ser.models.attention import IMPLEMENTATIONS

MULTIPLE = 16


class Rounded(EmotionData):
    """Pads batches to a multiple of 16 frames."""

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Pad on the device."""
        batch = super().transfer_batch_to_device(batch, device, dataloader_idx)
        return batch._replace(inputs=functional.pad(batch.inputs, (0, 0, 0, -batch.inputs.shape[1] % MULTIPLE)))


class OneMask(Timed):
    """Attends with one additive mask in the precision of the layers, which is made once, not in every layer."""

    def on_fit_start(self) -> None:
        """Take the place of the mask that the product has registered with transformers."""
        super().on_fit_start()
        AttentionMaskInterface.register(IMPLEMENTATIONS["sdpa"], additive)


def additive(*args: Any, **kwargs: Any) -> torch.Tensor:
    """Return the mask of `sdpa`, (batch, 1, queries, keys), as what is added to the scores."""
    mask = sdpa_mask(*args, **kwargs | {"allow_is_bidirectional_skip": False})
    casts = torch.is_autocast_enabled(mask.device.type)
    dtype = torch.get_autocast_dtype(mask.device.type) if casts else kwargs.get("dtype", torch.float32)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(~mask, torch.finfo(dtype).min)


class HalfWeights(Timed):
    """Holds the encoder in bf16, with fp32 masters in the optimiser; nothing is cast automatically."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        encoder = self.classifier.encoder
        encoder.model.bfloat16()
        encoder.model.feature_projection.register_forward_pre_hook(lambda _, inputs: (inputs[0].bfloat16(),))
        encoder.register_forward_hook(lambda *called: (called[2][0].float(), called[2][1]))

    def configure_optimizers(self) -> Any:
        """Give the product's optimiser masters, and its schedule the new optimiser."""
        built = super().configure_optimizers()
        options = {name: built["optimizer"].defaults[name] for name in ("lr", "weight_decay", "fused")}
        weights = [weight for group in built["optimizer"].param_groups for weight in group["params"]]
        optimizer = MasterAdamW(weights, **options)
        schedule = LambdaLR(optimizer, built["lr_scheduler"]["scheduler"].lr_lambdas[0])
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(self, optimizer: Any, gradient_clip_val: Any, gradient_clip_algorithm: Any) -> None:
        """Clip the gradients of the masters."""
        getattr(optimizer, "optimizer", optimizer).take_gradients()
        super().configure_gradient_clipping(optimizer, gradient_clip_val, gradient_clip_algorithm)


class Compiled(Timed):
    """Compiles every layer apart, once for all lengths."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        backend = "inductor" if trained_on().type == "cuda" else "eager"
        for layer in self.classifier.encoder.body.layers:
            layer.compile(dynamic=True, backend=backend)


class Graphed(Timed):
    """Validates with CUDA graphs."""

    def on_fit_start(self) -> None:
        """Start without graphs."""
        super().on_fit_start()
        self.replayed = Replayed(self.classifier.forward, Captures())

    def on_validation_start(self) -> None:
        """Put the graphs in the network's place."""
        super().on_validation_start()
        self.classifier.forward = self.replayed

    def on_validation_end(self) -> None:
        """Take them away."""
        self.classifier.forward = self.replayed.function
        super().on_validation_end()


class Candidate(NamedTuple):
    """A variant of a cell."""

    recogniser: type[Timed] = Timed
    data: type[EmotionData] = EmotionData
    numerics: str = "fast"
    changed: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    needs_cuda: bool = False


CANDIDATES = {
    "default": Candidate(),
    "lengths rounded up to 16": Candidate(data=Rounded),
    "one additive mask": Candidate(OneMask),
    "bf16 weights, fp32 masters": Candidate(HalfWeights, changed={"precision": "32-true"}),
    "graphs in validation, rounded": Candidate(Graphed, Rounded, needs_cuda=True),
    "layers compiled": Candidate(Compiled),
    "layers compiled, rounded": Candidate(Compiled, Rounded),
    "numerics=deterministic": Candidate(numerics="deterministic"),
}


def measure(material: Material, name: str, validations: int) -> Part:
    """Train with one of the candidates."""
    part = Part("Candidates", compared="step_ms", notes=NOTES)
    candidate = CANDIDATES[name]
    if candidate.needs_cuda and trained_on().type != "cuda":
        part.missing[name] = "it needs CUDA"
        return part
    what = cell(material, candidate.numerics, candidate.recogniser, candidate.data, **candidate.changed)
    with tempfile.TemporaryDirectory(dir=material.folder) as folder:
        _, curves = train(what, Path(folder), validations)
    clock, last = what.recogniser.clock, list(curves.values())[-1]
    row = clock.row() | {"warm_up_s": clock.warm_up_s} | peak_memory_gb()
    row |= {"last_loss": last["validation/loss"], "last_accuracy": last["validation/accuracy"]}
    row.pop("audio_s_per_s")
    part.rows = {quantity: {name: [value]} for quantity, value in row.items()}
    return part


NOTES = [
    "Each trains the same cell with the same seed; `warm_up_s` is what the first ten steps and the first validation"
    " take longer than later ones, compilation and capture among it. The gain is in the steps alone. On a CPU"
    " layers are traced and not compiled."
]
