"""Features of clips: mean states of an encoder's layers, and eGeMAPS functionals."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import ClipDataset, SortedBatchSampler
from ser.errors import ConfigError, DivergenceError
from ser.models.devices import memory_errors, set_up
from ser.models.encoder import SpeechEncoder
from ser.models.pooling.mean import Mean
from ser.probing.finished_cell import FinishedCell, open_cell
from ser.records import ResultRecord
from ser.settings import TrainerSettings

START, FINE_TUNED, EGEMAPS = "start", "fine-tuned", "eGeMAPS"


class Representation(NamedTuple):
    """Features of clips from one encoder.

    Attributes:
        name: name of the encoder.
        layers: names of its layers; 0 is the input of the first.
        features: corpus -> (layers, clips, width), means over the frames of each clip without padding.
    """

    name: str
    layers: list[str]
    features: dict[str, np.ndarray]


def represent(
    cell: FinishedCell, compare: Mapping[str, str], egemaps: bool, trainer: TrainerSettings
) -> list[Representation]:
    """Return features of a cell's clips from its encoder before and after training, and from other encoders.

    Args:
        cell: the finished cell.
        compare: name -> the folder of another cell (its fine-tuned encoder), or a checkpoint.
        egemaps: also return eGeMAPS functionals.
        trainer: device and batch size.

    Raises:
        ConfigError: a name is reserved, opensmile is not installed, or as `ser.probing.finished_cell.open_cell`.
        UserError: as `open_cell`.
        CheckpointError: as `ser.models.loading.load`.
        DivergenceError: as `encoder_representation`.
    """
    if reserved := {START, FINE_TUNED, EGEMAPS} & set(compare):
        raise ConfigError(f"compare.{reserved.pop()}: this name is reserved; choose another")
    stores = {name: source.store for name, source in cell.sources.items()}
    functionals = (
        [egemaps_representation(stores)] if egemaps else []
    )  # first, so that a missing opensmile is reported at once
    encoders = {START: cell.pretrained, FINE_TUNED: cell.fine_tuned}
    for name, other in compare.items():
        is_cell = (Path(other) / ResultRecord.FILE).is_file()
        encoders[name] = open_cell(Path(other)).fine_tuned if is_cell else functools.partial(cell.encoder, other)
    hardware = set_up(trainer, cell.settings.numerics)
    batch_size = hardware.evaluation_batch_size(trainer)
    representations = []
    for name, make in encoders.items():
        encoder = make()
        inputs = cell.inputs(encoder, trainer.features_gb, hardware.device)
        representations.append(encoder_representation(name, encoder, inputs, batch_size, hardware.device))
    return representations + functionals


@torch.inference_mode()
def encoder_representation(
    name: str, encoder: SpeechEncoder, inputs: Mapping[str, Ragged], batch_size: int, device: torch.device
) -> Representation:
    """Return the states of all layers, averaged over the frames of each clip.

    Args:
        name: name of the encoder.
        encoder: moved to the device and set to evaluation mode.
        inputs: corpus -> input of the encoder for each clip.
        batch_size: clips in a batch.
        device: device to compute on.

    Raises:
        DivergenceError: states are not finite.
    """
    with memory_errors("set trainer=cpu"):
        encoder.eval().to(device)
    mean = Mean(encoder.width)
    features = {}
    for corpus, rows in inputs.items():
        dataset = ClipDataset(rows, np.arange(len(rows)), np.zeros(len(rows), int))
        layers: list[np.ndarray] = []
        for clips in SortedBatchSampler(rows.lengths, batch_size):
            batch = dataset[clips]
            with memory_errors("set trainer.evaluation_batch_size lower"):
                states, real = encoder.states(batch.inputs.to(device), batch.lengths.to(device))
                pooled = torch.stack([mean(state, real) for state in states]).cpu().numpy()
            if not layers:
                layers = [np.empty((len(rows), pooled.shape[2]), np.float32) for _ in states]
            for layer, of_batch in zip(layers, pooled, strict=True):
                layer[clips] = of_batch
        features[corpus] = np.stack(layers)
        if not np.isfinite(features[corpus]).all():
            raise DivergenceError(
                f"encoder '{name}': states of clips of '{corpus}' are not finite: its training diverged; train the cell"
                " again with a lower training.learning_rate, or compare with another encoder"
            )
    return Representation(name, [str(layer) for layer in range(len(encoder.body.layers) + 1)], features)


def egemaps_representation(stores: Mapping[str, Store]) -> Representation:
    """Return the 88 functionals of eGeMAPS v02, computed by openSMILE from the prepared audio.

    F. Eyben et al., The Geneva Minimalistic Acoustic Parameter Set, IEEE Transactions on Affective Computing 7, 2016.

    Raises:
        ConfigError: opensmile is not installed.
    """
    try:
        import opensmile
    except ImportError as error:
        raise ConfigError("eGeMAPS needs opensmile: pip install 'ser-grid[probe]', or set egemaps=false") from error
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    features = {}
    for corpus, store in stores.items():
        rows = [smile.process_signal(store[clip], store.sample_rate).to_numpy()[0] for clip in range(len(store))]
        features[corpus] = np.nan_to_num(np.stack(rows)[None].astype(np.float32))
    return Representation(EGEMAPS, ["functionals"], features)
