"""Checkpoints as they are on the hub, loaded whole or not at all, and without running anything that they hold."""

import contextlib
import logging
import os
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging as transformers_logging

from ser.errors import CheckpointError, UserError
from ser.models.architectures import ARCHITECTURES, Architecture, architecture_of
from ser.models.checkpoint import check_folder, commit, parse, reason

log = logging.getLogger(__name__)

os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
"""For a hub id with a `.bin` alone, transformers would have a bot convert it, and download the copy behind our back."""

os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")
"""A thread for each tensor takes longer to start than a memory-mapped file to read."""

MASK_TOKEN = "masked_spec_embed"
"""The learned filler of masked frames: the one weight that some CTC checkpoints lack; it is not used to infer."""

PROBABILITIES = ("dropout", "layerdrop", "_prob")
"""Ends of the names of options of config.json."""
SPANS = ("mask_time_length", "mask_feature_length")


def load(checkpoint: str, attention: str, architecture: str | None = None) -> tuple[PreTrainedModel, Any, Architecture]:
    """Return an encoder, its feature extractor and its architecture.

    No code from a hub is run and no pickle is executed.

    Args:
        checkpoint: a hub id, `id@revision`, or a folder in hub layout; of the bare encoder, of its pre-training
            model or of its CTC model, as safetensors or as `.bin`.
        attention: which of its implementations transformers uses, where there are several.
        architecture: import path of the architecture, where it is not that of the table.

    Raises:
        ConfigError: the import path leads to no Architecture.
        CheckpointError: it does not exist or cannot be read, is of an architecture or has an option that is refused,
            its encoder weights are not exactly those that its config.json describes, or one of them is not finite.
    """
    check_folder(checkpoint)
    name, _ = parse(checkpoint)
    with one_message(checkpoint):
        revision = "main" if Path(name).is_dir() else commit(checkpoint)
        content, _ = PreTrainedConfig.get_config_dict(name, revision=revision)
        found = architecture_of(content, checkpoint, architecture)
        _require_possible(checkpoint, content)
        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        extractor = found.extractor.from_pretrained(name, revision=revision)  # type: ignore[attr-defined]
        renamed = {"key_mapping": dict(found.renamed)} if found.renamed else {}
        model, report = found.loader.from_pretrained(  # type: ignore[attr-defined]
            name,
            config=config,
            revision=revision,
            trust_remote_code=False,
            weights_only=True,
            dtype=torch.float32,
            attn_implementation=None if found.one_attention else attention,
            ignore_mismatched_sizes=True,  # or the names of the weights are lost: they are refused below
            output_loading_info=True,
            **renamed,
        )
    _require_whole(checkpoint, model, report)
    _require_finite(checkpoint, model)
    return model, extractor, found


def _require_possible(checkpoint: str, config: Mapping[str, Any]) -> None:
    """Refuse options of training that transformers takes unseen: `SpeechEncoder` is tried in evaluation alone."""
    for name, value in config.items():
        if not isinstance(value, int | float):
            continue
        if name.endswith(PROBABILITIES) and not 0 <= value <= 1:
            raise CheckpointError(f"checkpoint {checkpoint}: {name}={value} in config.json should be from 0 to 1")
        if name in SPANS and not value >= 1:
            raise CheckpointError(f"checkpoint {checkpoint}: {name}={value} in config.json should be 1 or more")


def _require_whole(checkpoint: str, model: PreTrainedModel, report: dict[str, Any]) -> None:
    """Refuse weights that were not in the file, did not fit, or were left over; heads may be left over."""
    modules = {name for name, _ in model.named_children()}
    left_over = {
        key
        for key in report["unexpected_keys"]
        if key.removeprefix(f"{model.base_model_prefix}.").partition(".")[0] in modules
    }
    wrong_keys = {
        "missing": set(report["missing_keys"]) - {MASK_TOKEN},
        "of another shape": {str(key) for key, *_ in report["mismatched_keys"]},
        "unknown to its config.json": left_over,
    }
    wrong = [f"{len(keys)} encoder weights are {what} ({_some(keys)})" for what, keys in wrong_keys.items() if keys]
    if wrong:
        raise CheckpointError(
            f"checkpoint {checkpoint}: {'; '.join(wrong)}; is the file complete, and is config.json its own?"
        )
    if MASK_TOKEN in report["missing_keys"]:
        log.warning("checkpoint %s has no %s: masked frames start from a random filler", checkpoint, MASK_TOKEN)


def _require_finite(checkpoint: str, model: PreTrainedModel) -> None:
    """Refuse weights that are NaN or infinite: the sum of a tensor is then not finite either, and quick to compute."""
    wrong = {
        name
        for name, values in model.state_dict().items()
        if values.is_floating_point() and not values.sum().isfinite()
    }
    if wrong:
        raise CheckpointError(
            f"checkpoint {checkpoint}: {len(wrong)} encoder weights are not finite ({_some(wrong)}): its training"
            " diverged, or the file is damaged; get it again"
        )


def _some(keys: set[str]) -> str:
    return ", ".join(sorted(keys)[:3]) + (", ..." if len(keys) > 3 else "")


@contextlib.contextmanager
def one_message(checkpoint: str) -> Iterator[None]:
    """Turn what a broken or absent checkpoint raises, which is almost anything, into one message."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    except UserError:
        raise
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"checkpoint {checkpoint}: its .bin file is damaged or holds more than weights, and nothing in it was run;"
            " get it as safetensors"
        ) from error
    except Exception as error:
        raise CheckpointError(
            f"checkpoint {checkpoint} cannot be loaded: {reason(error)}; is it a whole checkpoint of"
            f" {', '.join(ARCHITECTURES)} in hub layout?"
        ) from error
    finally:
        transformers_logging.set_verbosity(verbosity)
