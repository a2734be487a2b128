"""The LightningModule: what a training step, a validation and a test pass do with a batch."""

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import nn
from torchmetrics.classification import MulticlassAccuracy
from transformers import get_linear_schedule_with_warmup

from ser.data.batches import Batch
from ser.models.callbacks import MONITOR
from ser.models.classifier import EmotionClassifier
from ser.settings import NumericsSettings, TrainingSettings


class EmotionRecogniser(pl.LightningModule):
    """Fine-tunes a classifier by the protocol.

    Args:
        classifier: the network.
        protocol: optimiser, schedule and weighting.
        numerics: of the optimiser.
        class_counts: (emotions,) clips of each emotion in the training split.
    """

    monitor = MONITOR

    def __init__(
        self,
        classifier: EmotionClassifier,
        protocol: TrainingSettings,
        numerics: NumericsSettings,
        class_counts: np.ndarray,
    ) -> None:
        super().__init__()
        self.classifier = classifier
        self.protocol = protocol
        self.numerics = numerics
        weights = class_weights(class_counts) if protocol.class_weights == "inverse_frequency" else None
        self.loss = nn.CrossEntropyLoss(weight=weights)
        self.accuracy = MulticlassAccuracy(num_classes=len(class_counts), average="micro")

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the weighted cross-entropy of a batch."""
        loss = self.loss(self.classifier(batch.inputs, batch.lengths), batch.labels)
        self.last_loss = loss.detach()
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count hits and loss over the validation split."""
        logits = self.classifier(batch.inputs, batch.lengths)
        self.accuracy(logits, batch.labels)
        self.log("validation/loss", self.loss(logits, batch.labels), batch_size=len(batch.labels))
        self.log("validation/accuracy", self.accuracy, batch_size=len(batch.labels))

    def on_validation_epoch_end(self) -> None:
        """Tell the loss of the last training step beside the validation's: telling every step costs a wait for each."""
        self.log("train/loss", self.last_loss)

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the clips' positions (batch,) and their logits (batch, emotions)."""
        return batch.clips, self.classifier(batch.inputs, batch.lengths).float()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW on all that is not frozen; the rate falls linearly to 0 over the most steps there can be."""
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(
            parameters,
            lr=self.protocol.learning_rate,
            weight_decay=self.protocol.weight_decay,
            fused=self.numerics.fused_optimizer
            and self.numerics.precision != "16-mixed",  # its scaler cannot clip then
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = get_linear_schedule_with_warmup(optimizer, num_warmup_steps=0, num_training_steps=steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def class_weights(counts: np.ndarray) -> torch.Tensor:
    """Weigh classes by inverse frequency, 1 on average over clips: clips / (classes x clips of the class).

    The same as scikit-learn's `class_weight="balanced"`; a class without clips gets weight 0.
    """
    counts = np.asarray(counts, dtype=float)
    weights = np.divide(counts.sum(), len(counts) * counts, out=np.zeros_like(counts), where=counts > 0)
    return torch.tensor(weights, dtype=torch.float32)
