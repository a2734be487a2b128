"""Readers by name or import path.

A reader is a module with the facts of a corpus on top and a pure function `manifest(root, **options)` below. To add
a corpus, write its module, name it in `READERS`, and write its YAML in `conf/corpus/`; one from outside is given by
import path: such a module, or the function alone. A reader whose facts are in the corpus itself has a function
`terms(root)`, one whose owners publish a split a function `official_split(root)`.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pandas as pd

from ser.errors import ConfigError
from ser.import_paths import import_path
from ser.parts import Kind

READERS: Final[dict[str, ModuleType]] = {
    name: importlib.import_module(f"ser.corpora.{name}")
    for name in (
        *("emozionalmente", "emovo", "emodb", "cremad", "ravdess", "tess", "savee", "nemo", "cafe"),
        *("iemocap", "msppodcast", "meld", "esd", "subesco", "mesd", "shemo", "jlcorpus", "oreau", "aesdd", "urdu"),
        *("ased", "casia"),
        *("audformat", "emobox", "manifest"),
    )
}
FACTS: Final = ("LANGUAGE", "LICENCE", "CITATION", "URL", "ARCHIVE", "MD5", "CLIPS", "LAYOUT", "EXPECTED")
"""What a reader of the project states; one from outside may leave out any of it."""
READER: Final = Kind("reader", {}, "my_lab.corpora.read_x", positional=("root",), function="manifest")


def reader_module(reader: str, readers: Mapping[str, ModuleType] = READERS) -> Any:
    """Return the module of a reader; for an import path, what it says of the facts and functions of such a module.

    Raises:
        ConfigError: there is no such reader, or the path leads to something else.
    """
    if reader in readers:
        return readers[reader]
    if "." not in reader:
        raise ConfigError(
            f"no such reader; there are {', '.join(sorted(readers))}, or an import path such as {READER.example}"
        )
    manifest, found = READER.find(reader), import_path(reader)
    module = found if isinstance(found, ModuleType) else sys.modules[manifest.__module__]
    facts = dict.fromkeys(FACTS) | {"LAYOUT": "*"} | vars(module)
    return SimpleNamespace(**facts | {"NAME": reader, "manifest": manifest})


def reader_of(
    key: str,
    reader: str,
    readers: Mapping[str, ModuleType],
    function: Callable[[Any], Callable[..., pd.DataFrame]],
    options: dict[str, Any],
) -> Any:
    """Return the module of a reader.

    Args:
        key: of the corpus in the configuration, for messages.
        reader: its name.
        readers: that there are.
        function: takes the module's function that makes the table, which must understand the options.
        options: of the reader.

    Raises:
        ConfigError: there is no such reader, or it has no such option.
    """
    try:
        module = reader_module(reader, readers)
    except ConfigError as error:
        raise ConfigError(f"{key}.reader={reader}: {error}") from error
    signature = inspect.signature(function(module))
    try:
        signature.bind(None, **options)
    except TypeError as error:
        allowed = ", ".join([*signature.parameters][1:]) or "none"
        raise ConfigError(f"{key}: {error}; the options of the reader {reader}: {allowed}") from error
    return module
