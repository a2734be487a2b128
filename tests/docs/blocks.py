"""The code blocks of the documentation, and its commands as the command line would compose them."""

import contextlib
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

import ser.__main__
from ser import command
from ser.arguments import as_hydra_reads
from ser.command import config_folder

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"(<!-- checked, not run: [^\n]* -->\n)?^ *```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str
    runs: bool  # or only its configuration is checked


def blocks(text: str) -> list[Block]:
    """Find the fenced blocks of a page; those under "checked, not run" need what tests do not have."""
    return [Block(language, content, not mark) for mark, language, content in FENCE.findall(text)]


def commands(text: str) -> Iterator[list[str]]:
    """Find the commands of ours in the blocks of a page: the words after `ser`."""
    for block in blocks(text):
        if block.language in ("bash", "sh", "", "console"):
            for line in block.text.replace("\\\n", " ").splitlines():
                for part in re.split(r" (?:&&|;) ", line):
                    yield from words(part)


def words(line: str) -> Iterator[list[str]]:
    """Return the words after `ser` of a command of ours; none of another line."""
    if found := re.match(r"\s*(?:ser|python -m ser)[ .](?=[a-z])", line):
        yield shlex.split(line[found.end() :], comments=True)


class CheckedError(Exception):
    """The settings of a command are right; it would start now."""


def check(monkeypatch: Any, arguments: list[str]) -> None:
    """Compose and check a command in this process, a grid at its first cell, without running it.

    Raises:
        UserError, HydraException: as the command would end.
    """
    real = command.check

    def checked(config: DictConfig, schema: Any) -> None:
        real(config, schema)
        raise CheckedError

    def start(task: Any, config_name: str, rewrite: Any = list) -> None:
        typed = [word for word in sys.argv[1:] if word not in ("-m", "--help")]
        if "--config-dir" in typed:
            at = typed.index("--config-dir")
            typed[at : at + 2] = [f"hydra.searchpath=[file://{Path(typed[at + 1]).resolve()}]"]
        overrides = [first(item) for item in as_hydra_reads(rewrite(typed))]
        with hydra.initialize_config_dir(str(config_folder()), version_base="1.3"):
            config = hydra.compose(config_name, overrides)
        task(config)

    monkeypatch.setattr(command, "check", checked)
    monkeypatch.setattr(command, "start", start)
    monkeypatch.setattr(sys, "argv", ["ser", *arguments])
    monkeypatch.setattr(sys, "path", list(sys.path))
    with contextlib.suppress(CheckedError):
        ser.__main__.main()


def first(item: str) -> str:
    """Return an override with the first of the values that it sweeps."""
    override = OverridesParser.create().parse_override(item)
    if not override.is_sweep_override():
        return item
    if not override.is_discrete_sweep():  # an interval of ser.search
        return f"{override.key_or_group}={override.value().start}"
    return f"{override.input_line.partition('=')[0]}={next(iter(override.sweep_string_iterator()))}"
