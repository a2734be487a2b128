"""How many shapes batches have, and how many fewer when lengths are rounded up: what graphs and compilers pay for."""

import itertools
from collections.abc import Iterable

import numpy as np

from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import cell
from benchmarks.gpu.report import Part

EPOCHS = 5


def measure(material: Material) -> Part:
    """Count over some epochs of training and a validation; no step is made."""
    data = cell(material).data
    part = Part("Shapes of batches", notes=[f"Training batches of {EPOCHS} epochs; (clips, frames) is a shape."])
    batches = {
        "training": itertools.islice(data.sampler, EPOCHS * data.sampler.batches_per_epoch),
        "validation": data.val_dataloader().sampler,
    }
    datasets = {"training": data.train_dataloader().dataset, "validation": data.val_dataloader().dataset}
    for name, items in batches.items():
        lengths = datasets[name].inputs.lengths[datasets[name].clips]
        drawn = [lengths[batch] for batch in items]
        for multiple in (1, 8, 16, 32):
            variant = "lengths as they are" if multiple == 1 else f"rounded up to {multiple} frames"
            for quantity, value in counted(drawn, multiple).items():
                part.rows.setdefault(f"{name}_{quantity}", {})[variant] = [value]
    return part


def counted(batches: Iterable[np.ndarray], multiple: int) -> dict[str, float]:
    """Return the number of shapes, and the share of padding, of batches whose clips have these lengths in frames."""
    shapes = [(len(lengths), int(-(-lengths.max() // multiple) * multiple)) for lengths in batches]
    frames = sum(int(lengths.sum()) for lengths in batches)
    return {"shapes": len(set(shapes)), "padding": 1 - frames / sum(clips * longest for clips, longest in shapes)}
