"""Parts that the configuration chooses by name: one of a table, or your own by import path.

A part is a class or function, or a module with a function. Its signature is its schema: what the program passes is
left out, and every other parameter is a key of the configuration, checked by its annotation. So a new part is its
module, its YAML and its line in the table, and a part from outside is its module and its YAML, with the same checks.
"""

import functools
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar, NotRequired, Required

from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from typing_extensions import TypedDict  # pydantic takes that of typing from Python 3.12 on

from ser.errors import ConfigError
from ser.import_paths import import_path, source_digest
from ser.logistics import LOGISTICS
from ser.numbers import StrictReal, StrictWhole

UNKNOWN_KEY = "unknown_key"
"""The type of pydantic's error for a key that a part does not have; its context says which are `allowed`."""

_NUMBERS: Mapping[Any, Any] = {int: StrictWhole, float: StrictReal}
"""What numbers are in the schema of a part."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of part.

    Attributes:
        name: what it is called, and its group of the configuration.
        table: name -> import path of the parts that the program has.
        example: an import path of one that it does not have, for messages.
        positional: what the program passes first, in this order.
        keywords: what it passes by name.
        optional: what it passes by name to those that have a parameter of that name.
        function: the part of a module, where a path leads to a module.
    """

    name: str
    table: Mapping[str, str]
    example: str
    positional: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    function: str = ""

    def find(self, name: str) -> Callable[..., Any]:
        """Return the part of a name of the table, or of an import path.

        Raises:
            ConfigError: the table has no such name, the path cannot be imported, or it leads to another kind of thing.
        """
        if name not in self.table and "." not in name:
            raise ConfigError(f"allowed are {', '.join(self.table)}, or an import path such as {self.example}")
        part = import_path(self.table.get(name, name))
        if isinstance(part, ModuleType) and self.function:
            part = getattr(part, self.function, part)
        if not callable(part):
            what = f"a module without a function '{self.function}'" if self.function else "no class and no function"
            raise ConfigError(f"no {self.name}: it is {what if isinstance(part, ModuleType) else type(part).__name__}")
        try:
            inspect.signature(part).bind_partial(*self.positional, **dict.fromkeys(self.keywords))
        except (TypeError, ValueError) as error:
            passed = ", ".join((*self.positional, *(f"{keyword}=..." for keyword in self.keywords), "..."))
            raise ConfigError(f"no {self.name}, which is called with ({passed}): {error}") from error
        return part

    def check(self, name: str, options: Mapping[str, Any], beside: Sequence[str] = ()) -> dict[str, Any]:
        """Return the keys of a part with the types that its signature says.

        Args:
            name: of the part.
            options: its keys; any key passes to a part from outside that takes `**`.
            beside: keys that are not the part's, for messages.

        Raises:
            ConfigError: as `find`.
            pydantic.ValidationError: keys are missing, unknown or impossible.
        """
        part = self.find(name)
        allowed = [*self._parameters(part)]
        free = any(each.kind is each.VAR_KEYWORD for each in inspect.signature(part).parameters.values())
        unknown = [] if free and name not in self.table else sorted(options.keys() - allowed)
        if unknown:
            error = PydanticCustomError(UNKNOWN_KEY, "unknown key", {"allowed": [*beside, *allowed]})
            details = [InitErrorDetails(type=error, loc=(key,), input=options[key]) for key in unknown]
            raise ValidationError.from_exception_data(self.name, details)
        return _schema(self, part).validate_python(dict(options))

    def logistics(self, name: str) -> frozenset[str]:
        """Return the keys of a part that do not change what is measured (`ser.logistics`)."""
        marked = (key for key, parameter in self._parameters(self.find(name)).items() if _is_logistics(parameter))
        return frozenset(marked)

    def make(self, name: str, options: Mapping[str, Any], *positional: Any, **passed: Any) -> Any:
        """Return what a part returns for its keys and for what the program passes."""
        part = self.find(name)
        parameters = inspect.signature(part).parameters
        passed = {key: value for key, value in passed.items() if key not in self.optional or key in parameters}
        return part(*positional, **passed, **options)

    def _parameters(self, part: Callable[..., Any]) -> dict[str, inspect.Parameter]:
        """Return the parameters that are keys of the configuration."""
        parameters = list(inspect.signature(part).parameters.values())[len(self.positional) :]
        own = [each for each in parameters if each.name not in (*self.keywords, *self.optional)]
        return {each.name: each for each in own if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}


class Named(BaseModel):
    """Settings with a key that names a part, which takes part in the signature of a cell by its source."""

    part_key: ClassVar[str] = "name"

    @property
    def source(self) -> dict[str, str]:
        """The hash of the source of a part that is given by import path, under a key of its own."""
        name = getattr(self, self.part_key)
        return {"source_digest": source_digest(name)} if name and "." in name else {}


class Choice(Named):
    """A part, named by `part_key`, and its keys; those of the class itself are not the part's."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    kind: ClassVar[Kind]
    _logistics: frozenset[str] = PrivateAttr(frozenset())

    @property
    def options(self) -> dict[str, Any]:
        """The keys of the part."""
        return self.model_extra or {}

    @property
    def scientific_options(self) -> dict[str, Any]:
        """The keys of the part that change what is measured."""
        return {key: value for key, value in self.options.items() if key not in self._logistics}

    def make(self, *positional: Any, **passed: Any) -> Any:
        """Return what the part returns for its keys and for what the program passes."""
        return self.kind.make(getattr(self, self.part_key), self.options, *positional, **passed)

    @field_validator("name", "type", check_fields=False)
    @classmethod
    def _known(cls, name: str) -> str:
        return name if name in cls.kind.table else named(cls.kind.find, name)

    @model_validator(mode="before")
    @classmethod
    def _checked(cls, content: Any) -> Any:
        """Check the keys of a part; one of the table that has none is not even imported."""
        name = content.get(cls.part_key) if isinstance(content, dict) else None
        options = {key: content[key] for key in content if key not in cls.model_fields} if name else {}
        if not isinstance(name, str) or (name in cls.kind.table and not options):
            return content
        try:
            return content | cls.kind.check(name, options, [*cls.model_fields])
        except ConfigError:
            return content  # the name's own check says what is wrong with it

    def model_post_init(self, context: Any) -> None:
        """Remember which keys do not change what is measured."""
        if self.options:
            self._logistics = self.kind.logistics(getattr(self, self.part_key))


def named(find: Callable[[str], Any], name: str) -> str:
    """Return a name under which something is found; for pydantic's validators, which report a ValueError.

    Raises:
        ValueError: nothing is.
    """
    try:
        find(name)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return name


@functools.cache
def _schema(kind: Kind, part: Callable[..., Any]) -> TypeAdapter[dict[str, Any]]:
    """Return the schema of the keys of a part."""
    keys = {
        name: (Required if parameter.default is parameter.empty else NotRequired)[_annotation(parameter)]
        for name, parameter in kind._parameters(part).items()
    }
    make: Any = TypedDict  # mypy takes no keys that it cannot see
    schema = make("Options", keys)
    schema.__pydantic_config__ = ConfigDict(extra="allow", allow_inf_nan=False, arbitrary_types_allowed=True)
    return TypeAdapter(schema)


def _annotation(parameter: inspect.Parameter) -> Any:
    if parameter.annotation is parameter.empty or isinstance(parameter.annotation, str):
        return Any
    return _NUMBERS.get(parameter.annotation, parameter.annotation)


def _is_logistics(parameter: inspect.Parameter) -> bool:
    marks = [getattr(mark, "json_schema_extra", None) for mark in typing.get_args(parameter.annotation)]
    return any(isinstance(mark, dict) and LOGISTICS in mark for mark in marks)
