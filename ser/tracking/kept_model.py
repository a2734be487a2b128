"""The model of a cell that kept its weights, in a folder that needs neither the corpora nor the sweep."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import yaml
from pyarrow import parquet

from ser import records
from ser.errors import ConfigError
from ser.schema import DIMENSIONS

LABELS: Final = "labels.json"
CONFIG: Final = "config.yaml"
CHECKPOINT: Final = "checkpoint"
"""Folder with a copy of the checkpoint, where that is no id of the hub."""
LOGIT: Final = "logit_"


def write_model(cell: Path, result: records.ResultRecord, target: Path) -> list[str]:
    """Write the configuration, the trained weights and the outputs of a cell into a folder, and return the outputs.

    The encoder that the weights belong to is copied if it is a folder, and named with its commit if it is on the hub.

    Args:
        cell: folder of a finished cell that kept its weights.
        result: of the cell.
        target: a new folder.

    Raises:
        RecordError: a file of the cell is damaged.
        CheckpointError: the checkpoint is not there any more.
    """
    from ser.models.checkpoint import commit, parse
    from ser.models.checkpoint_files import loaded_files

    records.check(cell, result, records.CONFIG, records.WEIGHTS)
    target.mkdir(parents=True)
    config = yaml.safe_load((cell / records.CONFIG).read_text(encoding="utf-8"))
    checkpoint = str(result.parameters["checkpoint"])
    name, _ = parse(checkpoint)
    if Path(name).is_dir():
        for path in loaded_files(Path(name)):
            copy = target / CHECKPOINT / path.relative_to(name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        checkpoint = CHECKPOINT
    else:
        checkpoint = f"{name}@{commit(checkpoint)}"
    config["model"]["checkpoints"] = {config["pretune"]["name"]: checkpoint}
    config["tracker"] = {"name": "none", "uri": None}
    records.write(target / CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    shutil.copyfile(cell / records.WEIGHTS, target / records.WEIGHTS)
    outputs = _outputs(cell, result, config["task"]["name"])
    records.write(target / LABELS, json.dumps(outputs))
    return outputs


def _outputs(cell: Path, result: records.ResultRecord, task: str) -> list[str]:
    """Return the emotions in the order of the network's outputs, which is that of the predictions; or dimensions."""
    if task == "dimensions":
        return list(DIMENSIONS)
    for path in records.predictions(cell, result):
        columns = parquet.read_schema(path).names
        return [name.removeprefix(LOGIT) for name in columns if name.startswith(LOGIT)]
    raise ConfigError(f"cell={cell}: it has no predictions, so the order of its emotions is unknown")


class KeptModel:
    """Recognises emotions in recordings, as the cell did that was trained.

    Args:
        folder: that `write_model` wrote.

    Attributes:
        outputs: emotions, or dimensions.
    """

    def __init__(self, folder: Path) -> None:
        from ser.fine_tuning import kept_network
        from ser.settings import TrainSettings

        config = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
        checkpoints: dict[str, str] = config["model"]["checkpoints"]
        here = {level: str(folder / name) if name == CHECKPOINT else name for level, name in checkpoints.items()}
        config["model"]["checkpoints"] = here
        self.settings = TrainSettings.model_validate(config)
        self.outputs: list[str] = json.loads((folder / LABELS).read_text(encoding="utf-8"))
        self._network = kept_network(self.settings, folder, len(self.outputs)).eval()

    def predict(self, recordings: list[bytes]) -> pd.DataFrame:
        """Return one row a recording: `predicted` and `probability_<emotion>`, or the dimensions.

        Recordings are prepared as in training: the same channel, sampling rate and loudness.

        Args:
            recordings: contents of audio files, in any format that training reads.

        Raises:
            CorpusError: one is no recording, or cannot be used.
        """
        rows = np.stack([self._logits(content, f"recording {number}") for number, content in enumerate(recordings, 1)])
        if self.settings.task.name == "dimensions":
            return pd.DataFrame(rows, columns=self.outputs)
        powers = np.exp(rows - rows.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        table = pd.DataFrame(shares, columns=[f"probability_{name}" for name in self.outputs])
        table.insert(0, "predicted", [self.outputs[best] for best in shares.argmax(axis=1)])
        return table

    def _logits(self, content: bytes, name: str) -> np.ndarray:
        """Return (outputs,) the network's output for a recording alone: padding would change nothing."""
        import torch

        from ser.audio.decode import read
        from ser.audio.preparation import prepare

        audio = self.settings.audio
        channel = self.settings.dataset.corpora[self.settings.dataset.train[0]].channel
        with tempfile.NamedTemporaryFile(prefix="ser-") as file:
            file.write(content)
            file.flush()
            clip = prepare(
                name,
                read(Path(file.name)),
                channel=channel,
                sample_rate=audio.sample_rate,
                loudness_lufs=audio.loudness_lufs,
            )
        samples = torch.from_numpy(clip.samples)[None]
        with torch.no_grad():
            return self._network(samples, torch.tensor([samples.shape[1]]))[0].double().numpy()


def example() -> bytes:
    """Return a recording of half a second, to try a model with: a tone as a WAV file."""
    import io
    import wave

    tone = (0.2 * 32767 * np.sin(2 * np.pi * 220 * np.arange(8000) / 16000)).astype("<i2")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(tone.tobytes())
    return stream.getvalue()


def columns(outputs: list[str], task: str) -> list[tuple[str, Any]]:
    """Return name and type of the columns that `KeptModel.predict` returns."""
    if task == "dimensions":
        return [(name, "double") for name in outputs]
    return [("predicted", "string"), *((f"probability_{name}", "double") for name in outputs)]
