"""The LightningModules that fine-tune a network for recognition: training, validation and prediction steps."""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchmetrics.classification import MulticlassAccuracy

from ser.data.batches import Batch
from ser.errors import ConfigError
from ser.models.callbacks import ACCURACY, Monitor
from ser.models.classifier import EmotionClassifier
from ser.models.freezing import thaw
from ser.models.losses import build_loss, total_weight
from ser.models.optimisation import FineTuner
from ser.settings import NumericsSettings, TrainingSettings
from ser.settings.network import INVERSE_FREQUENCY, LossSettings


class Recogniser(FineTuner):
    """Base of the recognisers: training and prediction; a subclass defines validation and `monitor`.

    Args:
        classifier: the network.
        protocol: optimiser and schedule.
        numerics: arithmetic of the optimiser.
        loss: loss function, (outputs, labels) -> scalar.
    """

    monitor: Monitor

    def __init__(
        self, classifier: EmotionClassifier, protocol: TrainingSettings, numerics: NumericsSettings, loss: nn.Module
    ) -> None:
        super().__init__(protocol, numerics)
        self.classifier = classifier
        self.loss = loss
        self.accumulate = protocol.accumulate
        if self.accumulate > 1:
            _require_no_batch_norm(classifier)
        if protocol.gradient_checkpointing:
            classifier.encoder.checkpoint_gradients()

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Return the loss of a batch."""
        thaw(self.classifier.encoder, self.classifier.freezing, self.global_step)
        return self.keep_loss(self._loss(batch) if self.accumulate == 1 else self._loss_in_parts(batch))

    def optimizer_zero_grad(self, epoch: int, batch_idx: int, optimizer: torch.optim.Optimizer) -> None:
        """Set the gradients to zero, which Lightning does after `training_step`: not those of a batch's first parts."""
        if self.accumulate == 1:
            optimizer.zero_grad()

    def _loss(self, batch: Batch) -> torch.Tensor:
        return self.loss(self.classifier(batch.inputs, batch.lengths), batch.labels)

    def _loss_in_parts(self, batch: Batch) -> torch.Tensor:
        """Return the loss of a batch, with the graph of its last part; the gradients of the others are accumulated.

        They add up to that of the whole batch, for any number of clips and any class weights in a part.
        """
        self.optimizers(use_pl_optimizer=False).zero_grad()  # type: ignore[union-attr]
        total, before = total_weight(self.loss, batch.labels), torch.zeros((), device=batch.lengths.device)
        *others, last = batch.parts(self.accumulate)
        for part in others:
            loss = self._loss(part) * (total_weight(self.loss, part.labels) / total)
            with torch.autocast(
                loss.device.type, enabled=False
            ):  # as Lightning's own call, outside the step's autocast
                self.trainer.strategy.backward(loss, None)
            before = before + loss.detach()
        return self._loss(last) * (total_weight(self.loss, last.labels) / total) + before

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the clips' positions (batch,) and the network's outputs (batch, outputs)."""
        return batch.clips, self.classifier(batch.inputs, batch.lengths).float()

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the trained parameters, the head as a separate group if it has its own weight decay."""
        return self.classifier.parameter_groups()


def _require_no_batch_norm(classifier: EmotionClassifier) -> None:
    """Refuse to accumulate gradients through batch norm, which would normalise every part of a batch by itself.

    Raises:
        ConfigError: pooling or head has batch norm.
    """
    modules = {name: module for name, module in classifier.named_modules() if not name.startswith("encoder.")}
    if any(isinstance(module, _BatchNorm) for module in modules.values()):
        raise ConfigError(
            "training.accumulate: pooling or head has batch norm, which takes its statistics over the whole batch; set"
            " it to 1, and training.gradient_checkpointing=true to need less memory"
        )


class EmotionRecogniser(Recogniser):
    """Fine-tunes a network whose outputs are logits of emotions.

    Args:
        classifier: the network.
        protocol: optimiser and schedule.
        numerics: arithmetic of the optimiser.
        class_counts: (emotions,) training clips of each emotion.
        loss: settings of the loss.
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
        self.accuracy = MulticlassAccuracy(
            num_classes=len(class_counts),
            average="micro",
            validate_args=False,  # validation would read the labels and synchronise with the device
        )

    def validation_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        """Log accuracy and loss over the validation split, and return the logits.

        For soft labels, the accuracy is of their largest share.
        """
        logits = self.classifier(batch.inputs, batch.lengths)
        soft = batch.labels.is_floating_point()
        self.accuracy.update(logits, batch.labels.argmax(dim=1) if soft else batch.labels)
        self.log("validation/loss", self.loss(logits, batch.labels), batch_size=len(batch.labels))
        self.log("validation/accuracy", self.accuracy, batch_size=len(batch.labels))
        return logits
