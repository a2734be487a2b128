"""The Lightning Trainer of a cell: how often it validates, when it stops, which weights it keeps."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.plugins.environments import LightningEnvironment

from ser.data.module import EmotionData
from ser.data.transcripts import TranscribedData
from ser.models.callbacks import ACCURACY, BestWeights, Curves, LastCheckpoint, Monitor, SendCurves
from ser.models.devices import Hardware, memory_errors
from ser.models.saving import WholeFiles
from ser.settings import ProtocolSettings, TrainerSettings

LESS_TO_TRAIN = (
    "set training.batch_size or training.batch_seconds lower, trainer.evaluation_batch_size too if this happened in a"
    " validation, or train less of the encoder: freezing=first_layers or freezing=encoder"
)


def fit(
    module: pl.LightningModule,
    data: EmotionData | TranscribedData,
    protocol: ProtocolSettings,
    hardware: Hardware,
    settings: TrainerSettings,
    checkpoint: Path,
    send: SendCurves,
    monitor: Monitor = ACCURACY,
) -> tuple[pl.Trainer, dict[str, Any]]:
    """Train until the protocol stops it, and leave the module with its best weights.

    Args:
        module: what is trained.
        data: what it is trained on.
        protocol: of training.
        hardware: what it is trained with, as `ser.models.devices.set_up` returns it.
        settings: how often checkpoints are written, and whether progress is shown.
        checkpoint: written while training goes on; if it is there, training goes on from it.
        send: called after every validation with (step, metrics).
        monitor: decides when to stop, and which weights are best.

    Returns:
        The trainer, to predict with, and a record: steps, epochs, best value of the monitor and its step.

    Raises:
        UserError: the device has too little memory, or the checkpoint was written with another precision.
    """
    best = BestWeights(monitor)
    stopping = EarlyStopping(
        monitor.name,
        mode=monitor.mode,
        patience=protocol.patience,
        min_delta=protocol.minimum_improvement,
        check_on_train_epoch_end=False,
    )
    sampler = data.sampler
    saving = LastCheckpoint(checkpoint, 60 * settings.checkpoint_minutes, stopping, hardware)
    with _quietly(), memory_errors(LESS_TO_TRAIN):
        trainer = pl.Trainer(
            accelerator=hardware.device.type,
            devices=1 if hardware.device.index is None else [hardware.device.index],
            precision=hardware.precision,
            max_epochs=1,  # the data counts the epochs
            gradient_clip_val=protocol.gradient_clip_norm,
            val_check_interval=protocol.validate_every_steps,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            callbacks=[best, stopping, Curves(send), saving],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=settings.progress_bar,
            use_distributed_sampler=False,
            plugins=[LightningEnvironment(), WholeFiles()],  # one process a cell, also where SLURM started it
        )
        last = checkpoint if checkpoint.is_file() else None
        trainer.fit(module, datamodule=data, ckpt_path=last, weights_only=True)
    best.restore(module)
    record = {
        "steps": trainer.global_step,
        "epochs": trainer.global_step / sampler.batches_per_epoch,
        "padding": sampler.padding,
        "stopped_early": stopping.wait_count >= stopping.patience,
        monitor.best: best.value if best.weights else None,  # None: no validation
        "best_step": best.step,
        "device": hardware.name,
        "precision": hardware.precision,
    }
    return trainer, record


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what libraries say that is no warning here."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # clips come from a memory map
        warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")  # the data module is
        warnings.filterwarnings("ignore", message=".*`srun` command.*")  # a cell is one process
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # Lightning's own use of torch
        warnings.filterwarnings("ignore", message=".*mismatched key_padding_mask.*")  # transformers' WavLM
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")  # what is frozen
        yield


def predict(
    trainer: pl.Trainer, module: pl.LightningModule, data: pl.LightningDataModule
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return positions (clips,) and logits (clips, emotions) of each set that the data gives to predict, sorted."""
    with _quietly(), memory_errors("set trainer.evaluation_batch_size lower"):
        batches: Any = trainer.predict(module, datamodule=data)
    sets = batches if isinstance(batches[0], list) else [batches]
    joined = [[torch.cat(parts).cpu().numpy() for parts in zip(*test, strict=True)] for test in sets]
    return [(clips[order := np.argsort(clips)], logits[order]) for clips, logits in joined]
