"""Attention that knows there is padding: transformers' `sdpa` looks at every mask first, and so waits for the GPU."""

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

IMPLEMENTATIONS = {"sdpa": "sdpa_padded", "eager": "eager"}
"""The setting `numerics.attention`, and the implementation that transformers gets for it."""


def _always(*args: Any, **kwargs: Any) -> torch.Tensor | None:
    """Return the mask without asking the device whether all of it is true."""
    return sdpa_mask(*args, **kwargs | {"allow_is_bidirectional_skip": False})


AttentionInterface.register("sdpa_padded", sdpa_attention_forward)
AttentionMaskInterface.register("sdpa_padded", _always)
