"""Base classes of the configuration.

Keys either change the results, or are logistics (folders, device, tracker), marked `logistics()`, which are not part
of a cell's signature.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from ser.logistics import is_logistics
from ser.numbers import bounded
from ser.parts import Choice, Named


class Part(BaseModel):
    """A part of the configuration: unknown keys are refused, and values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    def science(self) -> dict[str, Any]:
        """Return the keys that change the results, as plain values: all but logistics."""
        return _science(self)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean(cls, value: Any, field: ValidationInfo) -> Any:
        if isinstance(value, bool) and cls.model_fields[str(field.field_name)].annotation is not bool:
            raise ValueError("true and false are values of other keys")
        return value

    @field_validator("*")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        return bounded(value)


class Variant(BaseModel):
    """As `Part`, without its validator, which pydantic does not allow in a discriminated union."""

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
