"""The mark of the keys that say where and how a cell runs, not what is measured: they are no part of its signature."""

from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo

LOGISTICS = "logistics"


def logistics(default: Any = ...) -> Any:
    """Mark a key that says where or how a cell runs, not what is measured."""
    return Field(default, json_schema_extra={LOGISTICS: True})


def is_logistics(field: FieldInfo) -> bool:
    """Say whether a key is marked."""
    return isinstance(field.json_schema_extra, dict) and LOGISTICS in field.json_schema_extra
