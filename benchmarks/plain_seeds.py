"""A worker of `benchmarks.plain_trainer`: several seeds of a cell with Hugging Face's `Trainer`, in one process.

    python -m benchmarks.plain_seeds <request.json>

`Trainer` needs `accelerate`, which the project does not.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments

from benchmarks.baseline import Clips, Collate, PlainClassifier
from ser.audio.store import Store
from ser.data.module import known_emotions
from ser.models.losses import balanced_class_weights
from ser.splits import speaker_split


class Stop(TrainerCallback):
    """The project's rule: stop after so many validations that did not better the best by enough."""

    def __init__(self, patience: int, improvement: float) -> None:
        self.patience, self.improvement = patience, improvement
        self.best, self.waited = -1.0, 0

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
        """Look at a validation."""
        accuracy = metrics["eval_accuracy"]
        better = accuracy > self.best + self.improvement
        self.best, self.waited = (accuracy, 0) if better else (self.best, self.waited + 1)
        control.should_training_stop = self.waited >= self.patience


def train(seed: int, request: dict[str, Any], clips: pd.DataFrame, store: Store, folder: str) -> dict[str, float]:
    """Train a seed, and score its best weights on the test split."""
    emotions = known_emotions(clips)
    labels = pd.Index(emotions).get_indexer(pd.Index(clips["emotion"]))
    split = speaker_split(clips, seed, "clips")
    parts = {
        name: Clips(store, np.flatnonzero(split == name), labels[split == name])
        for name in ("train", "validation", "test")
    }
    counts = np.bincount(parts["train"].labels, minlength=len(emotions))
    torch.manual_seed(seed)
    arguments = TrainingArguments(
        output_dir=folder,
        num_train_epochs=request["epochs"],
        per_device_train_batch_size=request["batch_size"],
        per_device_eval_batch_size=request["batch_size"],
        learning_rate=request["learning_rate"],
        weight_decay=0.01,
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        optim="adamw_torch",
        eval_strategy="steps",
        eval_steps=request["validate_every_steps"],
        save_strategy="steps",
        save_steps=request["validate_every_steps"],
        save_total_limit=1,
        logging_steps=request["validate_every_steps"],
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        greater_is_better=True,
        use_cpu=True,
        seed=seed,
        report_to="none",
        disable_tqdm=True,
        log_level="error",
    )
    stop = Stop(request["patience"], request["minimum_improvement"])
    trainer = Trainer(
        model=PlainClassifier(request["checkpoint"], balanced_class_weights(counts)),
        args=arguments,
        data_collator=Collate(request["checkpoint"]),
        train_dataset=parts["train"],
        eval_dataset=parts["validation"],
        compute_metrics=lambda told: {"accuracy": float((told.predictions.argmax(-1) == told.label_ids).mean())},
        callbacks=[stop],
    )
    trainer.train()
    scored = trainer.predict(parts["test"])
    accuracy = float((scored.predictions.argmax(-1) == scored.label_ids).mean())
    return {"seed": seed, "accuracy": accuracy, "steps": trainer.state.global_step}


def main() -> None:
    """Train the seeds that are asked for, and write what became of them."""
    request = json.loads(Path(sys.argv[1]).read_text())
    clips = pd.read_csv(request["table"], dtype=str).sort_values("path").reset_index(drop=True)
    store = Store(Path(request["store"]))
    cells = []
    for seed in request["seeds"]:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            cell = train(seed, request, clips, store, folder)
        cells.append(cell | {"seconds": time.perf_counter() - started})
    Path(request["result"]).write_text(json.dumps(cells))


if __name__ == "__main__":
    main()
