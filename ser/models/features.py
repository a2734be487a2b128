"""What the front end makes of a corpus, computed once instead of in every epoch of every seed.

It is not trained, so a clip's features are the same in all cells whose checkpoints share it: frozen convolutions, or
a log-mel spectrogram. They are kept beside the decoded audio, memory-mapped, for every store and every front end.
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
"""Raised whenever the same front end and clips would give other features or other files."""

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
    """Return what a model is given of each clip: what the front end makes of it, or else its waveform.

    Args:
        encoder: whose front end is meant.
        store: of the clips.
        numerics: whether features are kept, and as which type.
        limit_gb: to all features that are kept, in 10^9 bytes.
        device: to compute them on.
        store_dir: of the decoded audio, beside which they are kept.

    Raises:
        UserError: as `open_features` does.
    """
    longest = encoder.front_end.longest
    if longest is not None and (cut := int(np.count_nonzero(store.lengths > longest))):
        log.warning("%d clips are longer than %g s: the rest of them is not heard", cut, longest / store.sample_rate)
    if numerics.cnn_features == "none":
        return store
    folder = store_dir / "features"
    return open_features(encoder, store, numerics.cnn_features, folder, limit_gb, device) or store


def open_features(
    encoder: SpeechEncoder, store: Store, dtype: str, folder: Path, limit_gb: float, device: torch.device
) -> Ragged | None:
    """Open the features of a corpus; compute them first where this front end and these clips have none yet.

    Any number of processes may ask at once: one computes, the others wait. Those that were not used for longest make
    room where all together would be larger than the limit.

    Args:
        encoder: whose front end is meant.
        store: of the clips.
        dtype: that they are kept as: `float16` or `float32`.
        folder: of all features.
        limit_gb: to all of them together, in 10^9 bytes.
        device: to compute on.

    Returns:
        (frames, channels) for each clip, in the order of the store; None where they would be larger than the limit, and
        so are computed anew in every batch.

    Raises:
        UserError: they cannot be written.
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
        path.touch()  # used now
        return features
    except OSError as error:
        raise UserError(
            f"cannot keep what the front end computes in {folder} ({error}); free some space there, choose"
            " another folder: store_dir=<folder>, or do without: numerics.cnn_features=none"
        ) from error


def _rounding(device: torch.device) -> list[str]:
    """Return what the arithmetic of a device is called, where it is not single precision."""
    tf32 = torch.backends.cudnn.conv.fp32_precision == "tf32"  # type: ignore[attr-defined]
    return ["tf32"] if device.type == "cuda" and tf32 else []


def front_end_digest(encoder: SpeechEncoder) -> str:
    """Return a hash of all that determines the features of a clip: weights, shapes, norms and normalisation."""
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
    """Compute clip by clip: no padding, and so the same bits whatever else is in a batch."""
    for clip in range(len(store)):
        with memory_errors(f"leave out clip {clip}, {store.durations_s[clip]:.0f} s long, or set trainer=cpu"):
            waveform = torch.from_numpy(store[clip].copy()).to(device)[None]
            features, _ = encoder.front_end(waveform, torch.tensor([waveform.shape[1]], device=device))
        with np.errstate(over="ignore"):
            row = features[0].cpu().numpy().astype(dtype)
        if not np.isfinite(row).all():
            raise UserError(f"features of clip {clip} do not fit into {row.dtype}: set numerics.cnn_features=float32")
        yield row


def _make_room(folder: Path, room_gb: float) -> None:
    """Remove what was not used for longest until the rest fits; processes that still read it keep their view."""
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
