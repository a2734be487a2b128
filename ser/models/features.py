"""Frozen parts of an encoder, computed once instead of in every epoch of every seed.

What is frozen (`ser.models.frozen`) returns the same for a clip in all cells that share it. Its output is stored beside
the decoded audio, memory-mapped, per store and frozen part, under one limit for all.
"""

import functools
import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from ser.audio.ragged import VALUES, Ragged, write_ragged
from ser.audio.store import Store
from ser.audio.whole import is_array, open_once, remove
from ser.errors import UserError
from ser.models.devices import memory_errors
from ser.models.frozen import FrozenPart
from ser.settings import NumericsSettings

FORMAT = 1
"""Increased when the same frozen part and clips give other outputs or files."""

GB = 1e9

WINDOW = 4
"""Batches that are sorted by length together; their output is in memory at once."""

log = logging.getLogger(__name__)


def open_inputs(
    parts: Sequence[FrozenPart],
    store: Store,
    numerics: NumericsSettings,
    limit_gb: float,
    device: torch.device,
    store_dir: Path,
) -> Ragged:
    """Return the network's input for each clip: the output of a frozen part, or else the waveform.

    Args:
        parts: frozen parts of one encoder; the first whose output is within the limit is used.
        store: decoded clips.
        numerics: whether outputs are stored, and in which type.
        limit_gb: size limit of all stored outputs, in 10^9 bytes.
        device: device to compute on.
        store_dir: folder of the decoded audio, which also holds the outputs.

    Raises:
        UserError: as `open_output`.
    """
    longest = parts[0].encoder.front_end.longest
    if longest is not None and (cut := int(np.count_nonzero(store.lengths > longest))):
        log.warning("%d clips are longer than %g s and are truncated", cut, longest / store.sample_rate)
    if numerics.cnn_features != "none":
        for part in parts:
            output = open_output(part, store, numerics.cnn_features, store_dir / "features", limit_gb, device)
            if output is not None:
                return output
    return store


def open_output(
    part: FrozenPart, store: Store, dtype: str, folder: Path, limit_gb: float, device: torch.device
) -> Ragged | None:
    """Return the stored output of a frozen part for a corpus, computed first if it is missing.

    Several processes may call this at once: one computes, the others wait. The least recently used outputs are removed
    to stay within the limit.

    Args:
        part: the frozen part.
        store: decoded clips.
        dtype: type of stored frames: `float16` or `float32`. Pooled states, one vector per clip, are always float32.
        folder: folder of all outputs.
        limit_gb: size limit of all outputs, in 10^9 bytes.
        device: device to compute on.

    Returns:
        (frames, *part.clip_shape) for each clip, in the order of the store; None if they exceed the limit, so that
        they are computed in every batch.

    Raises:
        UserError: the output cannot be written.
    """
    folder = folder.resolve()
    dtype = dtype if part.rounded else "float32"
    kept_as = np.dtype(dtype).newbyteorder("<")
    frames = part.frames(torch.from_numpy(store.lengths))
    size_gb = int(frames.sum()) * int(np.prod(part.clip_shape)) * kept_as.itemsize / GB
    if size_gb > limit_gb:
        log.warning(
            "%s of %d clips take %.1f GB, more than trainer.features_gb=%g: they are computed in every batch",
            part.name,
            len(store),
            size_gb,
            limit_gb,
        )
        return None
    identity = [FORMAT, dtype, store.digest, *part.identity(), *_rounding(device)]
    path = folder / hashlib.blake2b(json.dumps(identity).encode(), digest_size=16).hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write = functools.partial(_write, part=part, store=store, dtype=kept_as.str, device=device)
        output = open_once(path, functools.partial(write, room_gb=limit_gb - size_gb), Ragged)
        path.touch()  # marks it as used
        return output
    except OSError as error:
        raise UserError(
            f"cannot write the {part.name} to {folder} ({error}); free some space there, choose"
            " another folder: store_dir=<folder>, or set numerics.cnn_features=none"
        ) from error


def _rounding(device: torch.device) -> list[str]:
    """Return what the arithmetic of a device is called, where it is not single precision."""
    tf32 = torch.backends.cudnn.conv.fp32_precision == "tf32"  # type: ignore[attr-defined]
    return ["tf32"] if device.type == "cuda" and tf32 else []


def _write(folder: Path, part: FrozenPart, store: Store, dtype: str, device: torch.device, room_gb: float) -> None:
    _make_room(folder.parent, room_gb)
    started = time.monotonic()
    with memory_errors("set trainer=cpu"):
        part.encoder.to(device)
    write_ragged(folder, _rows(part, store, dtype, device), dtype, {})
    log.info("%s of %d clips computed in %.1f s", part.name, len(store), time.monotonic() - started)


def _rows(part: FrozenPart, store: Store, dtype: str, device: torch.device) -> Iterator[np.ndarray]:
    """Yield the output clip by clip, in the order of the store.

    On CUDA, states are computed in batches of clips of similar length, which are sorted within `WINDOW` batches.
    """
    batch_size = part.batch_size if device.type == "cuda" else 1
    size = WINDOW * batch_size if batch_size > 1 else 1
    clips = np.arange(len(store))
    for start in range(0, len(store), size):
        window = clips[start : start + size]
        order = window[np.argsort(store.lengths[window], kind="stable")]
        rows: dict[int, np.ndarray] = {}
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size].tolist()
            rows |= zip(batch, _compute(part, store, batch, dtype, device), strict=True)
        for clip in window.tolist():
            yield rows.pop(clip)


def _compute(
    part: FrozenPart, store: Store, batch: list[int], dtype: str, device: torch.device
) -> Iterator[np.ndarray]:
    lengths = torch.from_numpy(store.lengths[batch])
    longest = max(batch, key=lambda clip: store.lengths[clip])
    with memory_errors(f"leave out clip {longest}, {store.durations_s[longest]:.0f} s long, or set trainer=cpu"):
        clips = [torch.from_numpy(store[clip].copy()) for clip in batch]
        waveforms = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True).to(device)
        values, frames = part(waveforms, lengths.to(device))
    for clip, computed, length in zip(batch, values.cpu().numpy(), frames.tolist(), strict=True):
        output = computed[:length]
        if not np.isfinite(output).all():
            raise UserError(
                f"{part.name} of clip {clip}, {store.durations_s[clip]:.1f} s long, are not finite; leave the clip out,"
                " or use another checkpoint"
            )
        with np.errstate(over="ignore"):
            row = output.astype(dtype)
        if not np.isfinite(row).all():
            raise UserError(
                f"{part.name} of clip {clip} do not fit into {row.dtype}: set numerics.cnn_features=float32"
            )
        yield row


def _make_room(folder: Path, room_gb: float) -> None:
    """Remove the least recently used outputs until the rest fits; processes that still read them keep their view."""
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
