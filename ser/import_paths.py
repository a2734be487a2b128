"""What an import path such as `my_lab.pooling.GeM` leads to, and a hash of its source."""

import difflib
import functools
import hashlib
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from ser.errors import ConfigError


@functools.cache
def import_path(path: str) -> Any:
    """Return the module, class, function or object that an import path leads to.

    Raises:
        ConfigError: there is none, or a module on the way cannot be imported.
    """
    names = path.split(".")
    if not all(name.isidentifier() for name in names):
        raise ConfigError("no import path: it is names with dots between them, such as my_lab.pooling.GeM")
    found, length = _import_longest(names)
    for position in range(length, len(names)):
        name, owner = names[position], ".".join(names[:position])
        if not hasattr(found, name):
            public = [each for each in dir(found) if not each.startswith("_")]
            near = difflib.get_close_matches(name, public, n=1)
            hint = f"did you mean {owner}.{near[0]}?" if near else f"it has {', '.join(public[:10]) or 'nothing'}"
            raise ConfigError(f"'{owner}' has no '{name}'; {hint}")
        found = getattr(found, name)
    return found


def source_digest(path: str) -> str:
    """Return a hash of the file of the module that defines a part; not of what that module imports.

    Raises:
        ConfigError: as `import_path`.
    """
    part = import_path(path)
    defined = isinstance(part, type) or inspect.isfunction(part)
    module = sys.modules[part.__module__] if defined else _import_longest(path.split("."))[0]
    file = getattr(module, "__file__", None)
    content = Path(file).read_bytes() if file else path.encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _import_longest(names: list[str]) -> tuple[Any, int]:
    """Import as many of the names as are modules; return the last one, and how many they are."""
    found = None
    for length in range(1, len(names) + 1):
        module = ".".join(names[:length])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise ConfigError(f"'{module}' cannot be imported: {error}") from error
            if found is None:
                raise ConfigError(f"there is no module '{module}'; put its folder into PYTHONPATH") from error
            return found, length - 1
        except Exception as error:  # whatever the module does
            first = str(error).strip().partition("\n")[0]
            raise ConfigError(f"'{module}' cannot be imported: {type(error).__name__}: {first}") from error
    return found, len(names)
