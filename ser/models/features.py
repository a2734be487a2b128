"""Cached features of the frozen front end, computed once instead of in every epoch of every seed.

The front end (convolutions or a log-mel spectrogram) is not trained, so a clip's features are the same in all cells
whose checkpoints share it. They are stored beside the decoded audio, memory-mapped, per store and front end.
"""

import functools
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from ser.audio.ragged import VALUES, Ragged, write_ragged
from ser.audio.store import Store
from ser.audio.whole import is_array, open_once, remove
from ser.errors import UserError
from ser.models.devices import memory_errors
from ser.models.encoder import SpeechEncoder
from ser.settings import NumericsSettings

FORMAT = 1
"""Increased when the same front end and clips give other features or files."""

GB = 1e9

log = logging.getLogger(__name__)


def open_inputs(
    encoder: SpeechEncoder,
    store: Store,
    numerics: NumericsSettings,
    limit_gb: float,
    device: torch.device,
    store_dir: Path,
) -> Ragged:
    """Return the model's input for each clip: cached features of the front end, or else the waveform.

    Args:
        encoder: the encoder with the front end.
        store: decoded clips.
        numerics: whether features are cached, and in which type.
        limit_gb: size limit of all cached features, in 10^9 bytes.
        device: device to compute on.
        store_dir: folder of the decoded audio, which also holds the features.

    Raises:
        UserError: as `open_features`.
    """
    longest = encoder.front_end.longest
    if longest is not None and (cut := int(np.count_nonzero(store.lengths > longest))):
        log.warning("%d clips are longer than %g s and are truncated", cut, longest / store.sample_rate)
    if numerics.cnn_features == "none":
        return store
    folder = store_dir / "features"
    return open_features(encoder, store, numerics.cnn_features, folder, limit_gb, device) or store


def open_features(
    encoder: SpeechEncoder, store: Store, dtype: str, folder: Path, limit_gb: float, device: torch.device
) -> Ragged | None:
    """Return the cached features of a corpus, computed first if they are missing.

    Several processes may call this at once: one computes, the others wait. The least recently used features are removed
    to stay within the limit.

    Args:
        encoder: the encoder with the front end.
        store: decoded clips.
        dtype: type of the stored features: `float16` or `float32`.
        folder: folder of all features.
        limit_gb: size limit of all features, in 10^9 bytes.
        device: device to compute on.

    Returns:
        (frames, channels) for each clip, in the order of the store; None if they exceed the limit, so that they are
        computed in every batch.

    Raises:
        UserError: the features cannot be written.
    """
    folder = folder.resolve()
    kept_as = np.dtype(dtype).newbyteorder("<")
    frames = encoder.front_end.frames(torch.from_numpy(store.lengths))
    size_gb = int(frames.sum()) * encoder.front_end.channels * kept_as.itemsize / GB
    if size_gb > limit_gb:
        log.warning(
            "features of %d clips take %.1f GB, more than trainer.features_gb=%g: they are computed in every batch",
            len(store),
            size_gb,
            limit_gb,
        )
        return None
    parts = [FORMAT, dtype, store.digest, front_end_digest(encoder), *_rounding(device)]
    path = folder / hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write = functools.partial(_write, encoder=encoder, store=store, dtype=kept_as.str, device=device)
        features = open_once(path, functools.partial(write, room_gb=limit_gb - size_gb), Ragged)
        path.touch()  # marks it as used
        return features
    except OSError as error:
        raise UserError(
            f"cannot write the features to {folder} ({error}); free some space there, choose"
            " another folder: store_dir=<folder>, or set numerics.cnn_features=none"
        ) from error


def _rounding(device: torch.device) -> list[str]:
    """Return what the arithmetic of a device is called, where it is not single precision."""
    tf32 = torch.backends.cudnn.conv.fp32_precision == "tf32"  # type: ignore[attr-defined]
    return ["tf32"] if device.type == "cuda" and tf32 else []


def front_end_digest(encoder: SpeechEncoder) -> str:
    """Return a hash of everything that determines the features: weights, shapes, norms and normalisation."""
    digest = hashlib.blake2b(json.dumps(encoder.front_end.description()).encode(), digest_size=16)
    for name, weights in sorted(encoder.front_end.weights().items()):
        digest.update(name.encode())
        digest.update(weights.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _write(
    folder: Path, encoder: SpeechEncoder, store: Store, dtype: str, device: torch.device, room_gb: float
) -> None:
    _make_room(folder.parent, room_gb)
    started = time.monotonic()
    with memory_errors("set trainer=cpu"):
        encoder.to(device)
    write_ragged(folder, _rows(encoder, store, dtype, device), dtype, {})
    log.info("features of %d clips computed in %.1f s", len(store), time.monotonic() - started)


def _rows(encoder: SpeechEncoder, store: Store, dtype: str, device: torch.device) -> Iterator[np.ndarray]:
    """Yield the features clip by clip, without padding: the same bits whatever else is in a batch."""
    for clip in range(len(store)):
        with memory_errors(f"leave out clip {clip}, {store.durations_s[clip]:.0f} s long, or set trainer=cpu"):
            waveform = torch.from_numpy(store[clip].copy()).to(device)[None]
            features, _ = encoder.front_end(waveform, torch.tensor([waveform.shape[1]], device=device))
        computed = features[0].cpu().numpy()
        if not np.isfinite(computed).all():
            raise UserError(
                f"features of clip {clip}, {store.durations_s[clip]:.1f} s long, are not finite; leave the clip out, or"
                " use another checkpoint"
            )
        with np.errstate(over="ignore"):
            row = computed.astype(dtype)
        if not np.isfinite(row).all():
            raise UserError(f"features of clip {clip} do not fit into {row.dtype}: set numerics.cnn_features=float32")
        yield row


def _make_room(folder: Path, room_gb: float) -> None:
    """Remove the least recently used features until the rest fits; processes that still read them keep their view."""
    kept = sorted(
        (path for path in folder.iterdir() if is_array(path) and (path / VALUES).is_file()), key=_used, reverse=True
    )
    total_gb = 0.0
    for path in sorted(kept, key=_used, reverse=True):
        total_gb += (path / VALUES).stat().st_size / GB
        if total_gb > room_gb:
            remove(path)


def _used(path: Path) -> float:
    return path.stat().st_mtime
