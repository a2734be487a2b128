"""Train and predict with Lightning: validation interval, early stopping, best weights, checkpoints."""

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
from ser.errors import ConfigError, DivergenceError
from ser.models.callbacks import ACCURACY, BestWeights, Curves, LastCheckpoint, Monitor, SendCurves
from ser.models.devices import Hardware, memory_errors
from ser.models.divergence import Divergence
from ser.models.optimisation import FineTuner
from ser.models.saving import WholeFiles
from ser.records import drop_checkpoints
from ser.settings import ProtocolSettings, TrainerSettings

LESS_TO_TRAIN = (
    "set training.gradient_checkpointing=true or training.accumulate higher, which change no result;"
    " trainer.evaluation_batch_size lower if this happened in a validation; training.batch_size or"
    " training.batch_seconds lower; or train less of the encoder: freezing=lora, first_layers or encoder"
)


def fit(
    module: FineTuner,
    data: EmotionData | TranscribedData,
    protocol: ProtocolSettings,
    hardware: Hardware,
    settings: TrainerSettings,
    checkpoint: Path,
    send: SendCurves,
    monitor: Monitor = ACCURACY,
) -> tuple[pl.Trainer, dict[str, Any]]:
    """Train a module by the protocol, and load its best weights.

    Args:
        module: the module to train.
        data: its training and validation data.
        protocol: optimisation, validation and stopping.
        hardware: device and precision, the result of `ser.models.devices.set_up`.
        settings: checkpoint interval and progress bar.
        checkpoint: path of the checkpoint, written during training; training resumes from an existing one.
        send: called after every validation with (step, metrics).
        monitor: the metric of early stopping and of the best weights.

    Returns:
        The trainer, for `predict`, and a record: steps, epochs, best value of the monitor and its step.

    Raises:
        ConfigError: training would have no validation.
        DivergenceError: the loss, the gradients, the weights or the logits are not finite.
        UserError: the device has too little memory, or the checkpoint was written with another precision.
    """
    require_validation(data, protocol)
    sampler = data.sampler
    best = BestWeights(monitor)
    stopping = EarlyStopping(
        monitor.name,
        mode=monitor.mode,
        patience=protocol.patience,
        min_delta=protocol.minimum_improvement,
        check_on_train_epoch_end=False,
    )
    saving = LastCheckpoint(checkpoint, 60 * settings.checkpoint_minutes, stopping, hardware)
    with quietly(), memory_errors(LESS_TO_TRAIN):
        trainer = pl.Trainer(
            accelerator=hardware.device.type,
            devices=1 if hardware.device.index is None else [hardware.device.index],
            precision=hardware.precision,
            max_epochs=1,  # the data counts the epochs
            gradient_clip_val=protocol.gradient_clip_norm,
            val_check_interval=protocol.validate_every_steps,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=0,
            callbacks=[Divergence(protocol), best, stopping, Curves(send), saving],
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=settings.progress_bar,
            use_distributed_sampler=False,
            plugins=[LightningEnvironment(), WholeFiles()],  # one process per cell, also under SLURM
        )
        last = checkpoint if checkpoint.is_file() else None
        try:
            trainer.fit(module, datamodule=data, ckpt_path=last, weights_only=True)
        except DivergenceError:
            drop_checkpoints(checkpoint.parent)  # to resume would be to diverge again
            raise
    best.restore(module)
    record = {
        "steps": trainer.global_step,
        "epochs": trainer.global_step / sampler.batches_per_epoch,
        "padding": sampler.padding,
        "stopped_early": stopping.wait_count >= stopping.patience,
        monitor.best: best.value,
        "best_step": best.step,
        "device": hardware.name,
        "precision": hardware.precision,
    }
    return trainer, record


def require_validation(data: EmotionData | TranscribedData, protocol: ProtocolSettings) -> None:
    """Refuse a training without a validation: it would end before the first, or there are no clips for it.

    Raises:
        ConfigError: it has none; the message has the number of steps.
    """
    sampler = data.sampler
    if len(sampler) < protocol.validate_every_steps:
        raise ConfigError(
            f"training.validate_every_steps={protocol.validate_every_steps}: training has {len(sampler)} steps"
            f" ({sampler.epochs} epochs of {sampler.batches_per_epoch}) and would end before its first validation; set"
            f" it to {len(sampler)} at most, training.batch_size lower, or training.epochs higher"
        )
    if not len(data.val_dataloader()):
        raise ConfigError("the split has no validation clips, and training selects its weights by them; choose another")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Suppress warnings of libraries that do not apply to these trainings."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # clips come from a memory map
        warnings.filterwarnings("ignore", message=".*your dataloader is not resumable.*")  # the data module is
        warnings.filterwarnings("ignore", message=".*`srun` command.*")  # a cell is one process
        warnings.filterwarnings("ignore", message=".*LeafSpec.*")  # Lightning's own use of torch
        warnings.filterwarnings("ignore", message=".*mismatched key_padding_mask.*")  # transformers' WavLM
        warnings.filterwarnings("ignore", message=".*in eval mode at the start of training.*")  # frozen layers
        yield


def predict(
    trainer: pl.Trainer, module: pl.LightningModule, data: pl.LightningDataModule
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return sorted positions (clips,) and outputs (clips, ...) of each prediction set of the data.

    Raises:
        DivergenceError: outputs are not finite.
        UserError: the device has too little memory.
    """
    with quietly(), memory_errors("set trainer.evaluation_batch_size lower"):
        batches: Any = trainer.predict(module, datamodule=data)
    sets = batches if isinstance(batches[0], list) else [batches]
    joined = [[torch.cat(parts).cpu().numpy() for parts in zip(*test, strict=True)] for test in sets]
    if not all(np.isfinite(outputs).all() for _, outputs in joined):
        raise DivergenceError(
            "logits of a test set are not finite: lower training.learning_rate, or set numerics.precision=32-true"
        )
    return [(clips[order := np.argsort(clips)], logits[order]) for clips, logits in joined]
