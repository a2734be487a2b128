"""Base classes of the configuration.

Keys either change the results, or are logistics (folders, device, tracker), marked `logistics()`, which are not part
of a cell's signature.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from ser.logistics import is_logistics
from ser.numbers import bounded
from ser.parts import Choice, Named

RESERVED = (".", "..", "Default", "artifacts")
"""Names that a sweep cannot have, because the file system or MLflow uses them."""
LONGEST_NAME = 200
"""Bytes of the longest folder name; file systems allow 255."""


def _folder_name(name: str) -> str:
    if name in RESERVED or re.search(r"[/\\\x00-\x1f\x7f]", name):
        raise ValueError(f"it is the name of one folder: no / or \\, and none of {', '.join(RESERVED)}")
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"it is the name of a folder, of at most {LONGEST_NAME} bytes")
    return name


FolderName = Annotated[str, Field(min_length=1), AfterValidator(_folder_name)]
"""The name of a folder, without path separators."""


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
