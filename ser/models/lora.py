"""Low-rank adapters (LoRA): peft puts them beside linear modules of an encoder, whose own weights stay frozen.

Hu et al. (2022), LoRA: Low-rank adaptation of large language models, ICLR. An adapter of rank r adds
(alpha / r) B A x to W x; B starts at 0, so that training starts from the pre-trained encoder.
"""

import copy
from typing import Final

import torch
from torch import nn

from ser.errors import ConfigError
from ser.models.devices import Precision
from ser.models.encoder import SpeechEncoder
from ser.settings.network import Lora

AUTOCAST: Final[dict[Precision, torch.dtype]] = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
"""The type that autocast computes products in."""


def add_adapters(encoder: SpeechEncoder, chosen: Lora) -> None:
    """Put adapters beside the chosen linear modules of an encoder, and freeze all else of it.

    Raises:
        ConfigError: the encoder computes no linear module of a chosen name.
    """
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(
        r=chosen.rank,
        lora_alpha=chosen.alpha,  # type: ignore[arg-type]  # peft divides it by the rank
        lora_dropout=chosen.dropout,
        target_modules=_targets(encoder, chosen.target_modules or encoder.architecture.adapted),
    )
    encoder.model.requires_grad_(False)
    inject_adapter_in_model(config, encoder.model)


def narrow(encoder: SpeechEncoder, precision: Precision) -> None:
    """Hold the frozen linear weights of the layers in the type that autocast computes with, half as large.

    Autocast would round them to it in every step: the states have the same bits. Without autocast, as on the CPU by
    default, nothing changes.
    """
    for module in encoder.body.layers.modules():
        if isinstance(module, nn.Linear) and not module.weight.requires_grad:
            module.to(AUTOCAST.get(precision, torch.float32))


def merged(encoder: SpeechEncoder) -> SpeechEncoder:
    """Return a copy of an encoder, in single precision, with its adapters added into the weights beside them.

    The copy has the modules and the names of the pre-trained encoder. Its states are the same but for rounding; those
    of an encoder without adapters have the same bits.
    """
    from peft.tuners.lora import LoraLayer

    alone = copy.deepcopy(encoder).float()
    for name, module in list(alone.model.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(alone.model.get_submodule(parent), child, module.get_base_layer())
    return alone


def _targets(encoder: SpeechEncoder, ends: tuple[str, ...]) -> list[str]:
    """Return the names of the linear modules with one of these ends.

    Only modules that are called can have an adapter: WavLM's attention reads the weights of its projections instead.
    """
    called: list[nn.Module] = []
    linear = {name: module for name, module in encoder.model.named_modules() if isinstance(module, nn.Linear)}
    hooks = [module.register_forward_hook(lambda module, *_: called.append(module)) for module in linear.values()]
    mode = encoder.training
    try:
        encoder.eval().encode_a_moment()
    finally:
        encoder.train(mode)
        for hook in hooks:
            hook.remove()
    names = [name for name, module in linear.items() if module in called]
    for end in ends:
        if not any(_ends(name, end) for name in names):
            raise ConfigError(
                f"freezing.target_modules: this encoder computes no linear module {end}; those that it computes are"
                f" called {', '.join(sorted({name.rpartition('.')[2] for name in names}))}"
            )
    return [name for name in names if any(_ends(name, end) for end in ends)]


def _ends(name: str, end: str) -> bool:
    return f".{name}".endswith(f".{end}")
