"""`ser`, or `python -m ser`: lists the commands; `ser train ...` is `python -m ser.train ...`, in the same process.

A command is a module of the package with a file of its name in `conf/`; the first sentence of the module describes it.
"""

import ast
import difflib
import os
import re
import runpy
import sys
from pathlib import Path

from ser.command import config_folder
from ser.errors import ConfigError
from ser.streams import checked_streams

ORDER = (
    *("prepare", "audit", "pretune", "plan", "search", "train", "status", "analyze", "probe"),
    *("export", "predict", "app", "archive", "synth"),
)
"""The order in which a user meets the commands; others come after them."""
COMPLETION = ("-sc", "--shell-completion")
HEAD = "Factorial experiments in speech emotion recognition. Usage: ser <command> [-m] [key=value ...]\n"
FOOT = """
`ser <command> --help` lists the keys of a command, `ser train --cfg job` shows a configuration without running it.
Tab completion of commands, groups and keys: eval "$(ser -sc install=bash)"  (in zsh too; fish: install=fish)"""


def main() -> None:
    """Run the command that the first argument names with the other arguments; list the commands if there is none.

    Leaves with exit code 2 if there is no such command.
    """
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        with checked_streams():
            print(listing())
    elif arguments[0].startswith(COMPLETION):
        complete()
    elif arguments[0] in commands():
        run(arguments[0], arguments[1:])
    else:
        near = difflib.get_close_matches(arguments[0], commands(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        print(f"error: no command '{arguments[0]}'{hint}\n       commands: {', '.join(commands())}", file=sys.stderr)
        sys.exit(ConfigError.exit_code)


def commands() -> list[str]:
    """List the commands in the order of a user's way."""
    names = {path.stem for path in config_folder().glob("*.yaml")}
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def listing() -> str:
    """Return the commands, a line each, under a line of usage."""
    lines = (f"  {name:<9} {description(name)}" for name in commands())
    return "\n".join([HEAD, *lines, FOOT])


def description(command: str) -> str:
    """Return the first sentence of a command's module, without the name of the command; nothing is imported."""
    text = ast.get_docstring(ast.parse(Path(__file__).with_name(f"{command}.py").read_text("utf-8"))) or ""
    sentence = re.split(r"(?<=\.)\s", text.partition("\n\n")[0], maxsplit=1)[0].replace("\n", " ")
    return re.sub(r"^`python -m .*?`: ", "", sentence)


def run(command: str, arguments: list[str]) -> None:
    """Run `ser.<command>` as the main module, as `python -m` does: launchers start their processes from its name."""
    if Path(sys.argv[0]).name != "__main__.py" and not sys.flags.safe_path:
        sys.path[0] = os.getcwd()  # the folder of the script is of no use; parts given by import path lie here
    sys.argv[1:] = arguments
    runpy.run_module(f"ser.{command}", run_name="__main__", alter_sys=True)


def complete() -> None:
    """Answer the shell: names of commands, and after one of them what Hydra proposes for it."""
    words = os.environ.get("COMP_LINE", "").split(" ")
    typed = [word for word in words[1:-1] if word]
    if typed and typed[0] not in commands():
        return
    if not typed and any("query" in argument for argument in sys.argv):
        print(" ".join(commands()))
        return
    os.environ["COMP_LINE"] = " ".join(["ser", *typed[1:], words[-1]])
    sys.argv[0] = "ser"  # the name that Hydra's script completes
    runpy.run_module(f"ser.{typed[0] if typed else 'train'}", run_name="__main__")


if __name__ == "__main__":
    main()
