"""The LightningModules: what a training step, a validation and a test pass do with a batch."""

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import nn
from torchmetrics.classification import MulticlassAccuracy

from ser.data.batches import Batch
from ser.models.callbacks import ACCURACY, Monitor
from ser.models.classifier import EmotionClassifier
from ser.models.freezing import thaw
from ser.models.losses import build_loss
from ser.models.optimisation import adamw_with_linear_decay
from ser.settings import NumericsSettings, TrainingSettings
from ser.settings.network import INVERSE_FREQUENCY, LossSettings


class Recogniser(pl.LightningModule):
    """Fine-tunes a network by the protocol; what a validation is worth is the task's own affair.

    Args:
        classifier: the network.
        protocol: optimiser and schedule.
        numerics: of the optimiser.
        loss: what it costs to be wrong, (outputs, labels) -> scalar.
    """

    monitor: Monitor

    def __init__(
        self, classifier: EmotionClassifier, protocol: TrainingSettings, numerics: NumericsSettings, loss: nn.Module
    ) -> None:
        super().__init__()
        self.classifier = classifier
        self.protocol = protocol
        self.numerics = numerics
        self.loss = loss

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the loss of a batch."""
        thaw(self.classifier.encoder, self.classifier.freezing, self.global_step)
        loss = self.loss(self.classifier(batch.inputs, batch.lengths), batch.labels)
        self.last_loss = loss.detach()
        return loss

    def on_validation_epoch_end(self) -> None:
        """Tell the loss of the last training step beside the validation's: telling every step costs a wait for each."""
        self.log("train/loss", self.last_loss)

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the clips' positions (batch,) and the network's outputs (batch, outputs)."""
        return batch.clips, self.classifier(batch.inputs, batch.lengths).float()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW on all that is not frozen; the rate falls linearly to 0 over the most steps there can be."""
        return adamw_with_linear_decay(self, self.classifier.parameter_groups(), self.protocol, self.numerics)


class EmotionRecogniser(Recogniser):
    """Fine-tunes a network whose outputs are logits of emotions.

    Args:
        classifier: the network.
        protocol: optimiser and schedule.
        numerics: of the optimiser.
        class_counts: (emotions,) clips of each emotion that are trained on.
        loss: what it costs to be wrong.
    """

    monitor = ACCURACY

    def __init__(
        self,
        classifier: EmotionClassifier,
        protocol: TrainingSettings,
        numerics: NumericsSettings,
        class_counts: np.ndarray,
        loss: LossSettings = INVERSE_FREQUENCY,
    ) -> None:
        super().__init__(classifier, protocol, numerics, build_loss(loss, class_counts))
        self.accuracy = MulticlassAccuracy(num_classes=len(class_counts), average="micro")

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Count hits and loss over the validation split."""
        logits = self.classifier(batch.inputs, batch.lengths)
        self.accuracy.update(logits, batch.labels)
        self.log("validation/loss", self.loss(logits, batch.labels), batch_size=len(batch.labels))
        self.log("validation/accuracy", self.accuracy, batch_size=len(batch.labels))
