"""The plain loop on the same GPU: what `Trainer` does by default, less its book-keeping."""

import itertools

import numpy as np
import torch
from torch.utils.data import DataLoader

from benchmarks.baseline import Clips, Collate, PlainClassifier
from benchmarks.gpu.clock import Clock, now
from benchmarks.gpu.corpus import Material
from benchmarks.gpu.product import emotion_indices, settings, trained_on
from ser.models.losses import balanced_class_weights
from ser.settings import TrainingSettings


def train(material: Material, steps: int) -> Clock:
    """Train so many steps, and validate once at the end.

    Single precision with PyTorch's defaults, random batches padded to their longest clip, convolutions in every step.
    """
    torch.set_float32_matmul_precision("highest")
    protocol, device = settings("training/paper", TrainingSettings), trained_on()
    labels = emotion_indices(material.manifest)
    loaders = {
        name: DataLoader(
            Clips(material.store, material.part(name), labels[material.part(name)]),
            protocol.batch_size,
            shuffle=name == "train",
            collate_fn=Collate(material.checkpoint),
        )
        for name in ("train", "validation")
    }
    weights = balanced_class_weights(np.bincount(labels[material.part("train")]))
    model = PlainClassifier(material.checkpoint, weights).to(device).train()
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=protocol.learning_rate, weight_decay=protocol.weight_decay)
    clock, clips, audio_s, since = Clock(), [], 0.0, now(device)
    stream = itertools.chain.from_iterable(itertools.repeat(loaders["train"]))
    for step, batch in enumerate(itertools.islice(stream, steps), start=1):
        clips.append(len(batch["labels"]))
        audio_s += int(batch["attention_mask"].sum()) / material.store.sample_rate
        model(**{name: tensor.to(device) for name, tensor in batch.items()})["loss"].backward()
        torch.nn.utils.clip_grad_norm_(trained, protocol.gradient_clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        if step % protocol.validate_every_steps == 0:
            clock.stretch(now(device) - since, clips, audio_s)
            clips, audio_s, since = [], 0.0, now(device)
    _validate(model, loaders["validation"], device)
    clock.validations_s.append(now(device) - since)
    return clock


@torch.no_grad()
def _validate(model: torch.nn.Module, loader: DataLoader, device: torch.device) -> float:
    model.eval()
    hits = 0
    for batch in loader:
        result = model(**{name: tensor.to(device) for name, tensor in batch.items()})
        hits += int((result["logits"].argmax(-1).cpu() == batch["labels"]).sum())
    return hits / len(loader.dataset)
