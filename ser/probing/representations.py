"""Clips as an encoder's layers see them, and as eGeMAPS does."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ser.audio.ragged import Ragged
from ser.audio.store import Store
from ser.data.batches import ClipDataset, SortedBatchSampler
from ser.errors import ConfigError
from ser.models.devices import memory_errors, set_up
from ser.models.encoder import SpeechEncoder
from ser.models.pooling.mean import Mean
from ser.probing.cell import Probed, open_cell
from ser.records import ResultRecord
from ser.settings import TrainerSettings

START, FINE_TUNED, EGEMAPS = "start", "fine-tuned", "eGeMAPS"


class Representation(NamedTuple):
    """Clips as one encoder sees them.

    Attributes:
        name: of the encoder.
        layers: what its layers are called: 0 is what enters the first.
        features: corpus -> (layers, clips, width), means over the real frames of every clip.
    """

    name: str
    layers: list[str]
    features: dict[str, np.ndarray]


def represent(
    probed: Probed, compare: Mapping[str, str], egemaps: bool, trainer: TrainerSettings
) -> list[Representation]:
    """Return the clips of a cell as its encoder saw them before and after training, and as others do.

    Args:
        probed: the cell.
        compare: name -> another cell's folder, whose fine-tuned encoder is meant, or a checkpoint.
        egemaps: whether eGeMAPS is one of the others.
        trainer: where it runs.

    Raises:
        ConfigError: a name is taken, or opensmile is not installed; or as `ser.probing.cell.open_cell` does.
        UserError: as `open_cell` does.
        CheckpointError: as `ser.models.loading.load` does.
    """
    if taken := {START, FINE_TUNED, EGEMAPS} & set(compare):
        raise ConfigError(f"compare.{taken.pop()}: the probe itself calls one so; give it another name")
    stores = {name: source.store for name, source in probed.sources.items()}
    functionals = [of_egemaps(stores)] if egemaps else []  # what is missing for it is said before all else
    encoders = {START: probed.start, FINE_TUNED: probed.fine_tuned}
    for name, other in compare.items():
        is_cell = (Path(other) / ResultRecord.FILE).is_file()
        encoders[name] = open_cell(Path(other)).fine_tuned if is_cell else functools.partial(probed.encoder, other)
    hardware = set_up(trainer, probed.settings.numerics)
    batch_size = hardware.evaluation_batch_size(trainer)
    of_encoders = []
    for name, make in encoders.items():
        encoder = make()
        inputs = probed.inputs(encoder, trainer.features_gb, hardware.device)
        of_encoders.append(of_encoder(name, encoder, inputs, batch_size, hardware.device))
    return of_encoders + functionals


@torch.inference_mode()
def of_encoder(
    name: str, encoder: SpeechEncoder, inputs: Mapping[str, Ragged], batch_size: int, place: torch.device
) -> Representation:
    """Return the states of all layers, averaged over each clip.

    Args:
        name: of the encoder.
        encoder: is left in evaluation, on the device.
        inputs: corpus -> what the encoder is given of each clip.
        batch_size: clips at once.
        place: to compute on.
    """
    encoder.eval().to(place)
    mean = Mean(encoder.width)
    features = {}
    for corpus, rows in inputs.items():
        dataset = ClipDataset(rows, np.arange(len(rows)), np.zeros(len(rows), int))
        kept: list[np.ndarray] = []
        for clips in SortedBatchSampler(rows.lengths, batch_size):
            batch = dataset[clips]
            with memory_errors("set trainer.evaluation_batch_size lower"):
                states, real = encoder.states(batch.inputs.to(place), batch.lengths.to(place))
                pooled = torch.stack([mean(state, real) for state in states]).cpu().numpy()
            if not kept:
                kept = [np.empty((len(rows), pooled.shape[2]), np.float32) for _ in states]
            for layer, of_batch in zip(kept, pooled, strict=True):
                layer[clips] = of_batch
        features[corpus] = np.stack(kept)
    return Representation(name, [str(layer) for layer in range(len(encoder.body.layers) + 1)], features)


def of_egemaps(stores: Mapping[str, Store]) -> Representation:
    """Return the 88 functionals of eGeMAPS v02, as openSMILE computes them of the prepared audio.

    F. Eyben et al., The Geneva Minimalistic Acoustic Parameter Set, IEEE Transactions on Affective Computing 7, 2016.

    Raises:
        ConfigError: opensmile is not installed.
    """
    try:
        import opensmile
    except ImportError as error:
        raise ConfigError(
            "eGeMAPS needs opensmile: pip install 'ser-grid[probe]'; or leave it out: egemaps=false"
        ) from error
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    features = {}
    for corpus, store in stores.items():
        rows = [smile.process_signal(store[clip], store.sample_rate).to_numpy()[0] for clip in range(len(store))]
        features[corpus] = np.nan_to_num(np.stack(rows)[None].astype(np.float32))
    return Representation(EGEMAPS, ["functionals"], features)
