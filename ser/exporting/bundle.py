"""The source of one module that holds some classes and all that they use of this package and of the user's own.

A folder on the hub must work without this package. So that there is no second copy of the network to keep right, its
file is made from the source that was trained.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator, Sequence
from types import ModuleType

from ser.errors import ConfigError


class _Module:
    """The definitions and imports at the top of a module."""

    def __init__(self, module: ModuleType) -> None:
        self.source = inspect.getsource(module)
        self.definitions: dict[str, tuple[ast.stmt, ...]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        body = ast.parse(self.source).body
        for node, following in zip(body, [*body[1:], None], strict=True):
            comment = (following,) if isinstance(node, ast.Assign | ast.AnnAssign) and _is_text(following) else ()
            for name in _defined(node):
                self.definitions[name] = (node, *comment)
            if isinstance(node, ast.ImportFrom):
                self.imports |= {each.asname or each.name: (str(node.module), each.name) for each in node.names}
            elif isinstance(node, ast.Import):
                self.imports |= {each.asname or each.name.split(".")[0]: (each.name, "") for each in node.names}


class Bundle:
    """Collects definitions, those that are used before those that use them.

    Args:
        packages: whose definitions are copied; what is imported from others stays an import.
    """

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = tuple(packages)
        self._modules: dict[str, _Module] = {}
        self._origin: dict[str, str] = {}
        self._seen: set[tuple[str, str]] = set()
        self._sources: list[str] = []
        self._imports: set[str] = set()

    def add(self, part: type) -> None:
        """Add a class and all that it uses.

        Raises:
            ConfigError: its source is not to be had, or two modules define the same name.
        """
        self._add(part.__module__, part.__name__)

    def source(self) -> str:
        """Return the source of the module."""
        imports = sorted(self._imports, key=lambda line: (line.startswith("from"), line))
        return "\n".join(["from __future__ import annotations", "", *imports, "", "", "\n\n\n".join(self._sources), ""])

    def _add(self, module: str, name: str) -> None:
        if module.split(".")[0] not in self.packages:
            self._imports.add(f"from {module} import {name}")
            return
        if self._origin.setdefault(name, module) != module:
            raise ConfigError(
                f"{module} and {self._origin[name]} both define {name}, and the export is one file: rename one"
            )
        if (module, name) in self._seen:
            return
        self._seen.add((module, name))
        content = self._module(module)
        for used in _names(content.definitions[name]):
            if used in content.definitions and used != name:
                self._add(module, used)
            elif used in content.imports:
                self._import(*content.imports[used], used)
        segments = (ast.get_source_segment(content.source, node) for node in content.definitions[name])
        decorators = [
            f"@{ast.get_source_segment(content.source, each)}\n"
            for each in getattr(content.definitions[name][0], "decorator_list", [])
        ]
        self._sources.append("".join(decorators) + "\n".join(filter(None, segments)))

    def _import(self, module: str, name: str, alias: str) -> None:
        if name and module.split(".")[0] in self.packages:
            definer, found = self._definer(module, name)
            if found != alias:
                raise ConfigError(f"{module}.{name} is imported as {alias}: import it by its own name, to export it")
            self._add(definer, found)
        elif name:
            self._imports.add(f"from {module} import {name}" + (f" as {alias}" if alias != name else ""))
        else:
            self._imports.add(f"import {module}" + (f" as {alias}" if alias != module.split(".")[0] else ""))

    def _definer(self, module: str, name: str) -> tuple[str, str]:
        """Return where a name is defined that a package may pass on."""
        while name not in self._module(module).definitions:
            if name not in self._module(module).imports:
                raise ConfigError(f"{module}.{name} is a module: import what you use of it, to export it")
            module, name = self._module(module).imports[name]
        return module, name

    def _module(self, name: str) -> _Module:
        if name not in self._modules:
            try:
                self._modules[name] = _Module(importlib.import_module(name))
            except (OSError, TypeError) as error:
                raise ConfigError(f"the source of {name} cannot be read, so that it cannot be exported") from error
        return self._modules[name]


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _names(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Yield the names that are used, but for annotations of functions, which are not evaluated."""
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        for field, value in ast.iter_fields(node):
            if field == "returns" or (field == "annotation" and isinstance(node, ast.arg)):
                continue
            yield from _names(
                [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, ast.AST)]
            )
