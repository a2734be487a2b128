"""What every part of the configuration is made of.

Two kinds of key: those that change the science, and logistics (folders, device, tracker), which are
marked `logistics()` and stay out of a cell's signature.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from ser.logistics import is_logistics
from ser.parts import Choice, Named


class Part(BaseModel):
    """A part of the configuration: unknown keys are refused, and nothing changes after the check."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    def science(self) -> dict[str, Any]:
        """Return what changes the results, as plain values: everything but logistics."""
        return _science(self)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, field: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[str(field.field_name)].annotation is not bool:
            raise ValueError("true and false are values of other keys")
        return value


class Kind(BaseModel):
    """As `Part`, less its validator, which pydantic does not take where a name tells kinds apart."""

    model_config = Part.model_config


def _science(value: Any) -> Any:
    if isinstance(value, BaseModel):
        kept = {
            name: getattr(value, name) for name, field in type(value).model_fields.items() if not is_logistics(field)
        }
        kept |= value.scientific_options if isinstance(value, Choice) else value.model_extra or {}
        return _science(kept | (value.source if isinstance(value, Named) else {}))
    if isinstance(value, dict):
        return {str(key): _science(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_science(item) for item in value]
    return str(value) if isinstance(value, Path) else value
