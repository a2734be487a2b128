"""The command line as people type it, made into what Hydra takes."""

import os
import re
from collections.abc import Iterator
from typing import Final

from ser.errors import ConfigError

_CONDITION: Final = re.compile(r"(dataset\.keep=)([^'\"].*[^\w].*)", re.DOTALL)
_LABELS: Final = re.compile(r"(dataset(?:\.corpora\.[^.=]+)?\.labels)(=.*)", re.DOTALL)
_CORPUS: Final = re.compile(r"corpus=([\w-]+)")
_QUOTE: Final = "'"
_ESCAPED: Final = "\\'"


def as_hydra_reads(arguments: list[str]) -> list[str]:
    """Return a command line with which Hydra does what the user has typed.

    A condition gets the quotes that Hydra needs and a shell has taken away. A mapping of labels replaces that of the
    configuration, as every value does; Hydra would merge the two, and refuse labels that are not in it.

    >>> print(*as_hydra_reads(['dataset.keep=gender == "female"', "dataset.keep=null"]))
    dataset.keep='gender == "female"' dataset.keep=null
    >>> print(*as_hydra_reads(["dataset.labels={calm: neutrality}"]))
    ++dataset.labels=null +dataset.labels={calm: neutrality}
    """
    return [item for argument in arguments for item in _as_hydra_reads(argument)]


def _as_hydra_reads(argument: str) -> Iterator[str]:
    if match := _CONDITION.fullmatch(argument):
        yield f"{match[1]}'{match[2].replace(_QUOTE, _ESCAPED)}'"
    elif match := _LABELS.fullmatch(argument):
        yield f"++{match[1]}=null"
        yield f"+{match[1]}{match[2]}"
    else:
        yield argument


def corpus_alone(arguments: list[str]) -> list[str]:
    """Return a command line in which `corpus=emovo` is a dataset of this corpus and no other.

    The options of the corpus stay `dataset.corpora.emovo.<option>`, as for every dataset.

    Raises:
        ConfigError: it names a dataset as well.

    >>> print(*corpus_alone(["corpus=tess", "players=0"]))
    ~dataset +corpus@dataset.corpora.tess=tess +dataset={name: tess, train: tess, tests: [tess]} players=0
    """
    names = {item: match[1] for item in arguments if (match := _CORPUS.fullmatch(item))}
    if names and (datasets := [item for item in arguments if item.startswith("dataset=")]):
        raise ConfigError(f"{next(iter(names))} is one corpus, {datasets[0]} a set of them; keep one of the two")
    return [written for item in arguments for written in (_dataset_of(names[item]) if item in names else [item])]


def _dataset_of(corpus: str) -> list[str]:
    content = f"{{name: {corpus}, train: {corpus}, tests: [{corpus}]}}"
    return ["~dataset", f"+corpus@dataset.corpora.{corpus}={corpus}", f"+dataset={content}"]


def quoted_folders(arguments: list[str]) -> list[str]:
    """Return the arguments with folders quoted, also in a list: Hydra would parse commas and equals signs in them.

    >>> quoted_folders(["seed=0"])
    ['seed=0']
    """
    return [_quoted(*argument.partition("=")) for argument in arguments]


def model_folder(arguments: list[str]) -> list[str]:
    """Return the arguments with `model=` as `model_folder=`, as Hydra would take `model` for the group of training.

    >>> model_folder(["model=export", "input=a.wav"])
    ['model_folder=export', 'input=a.wav']
    """
    return [re.sub("^model=", "model_folder=", argument) for argument in arguments]


def _quoted(key: str, sign: str, value: str) -> str:
    if value and os.path.isdir(value):
        return f'{key}="{value}"'
    if value.startswith("[") and value.endswith("]"):
        folders, left = [], value[1:-1].split(",")
        while left:  # the longest run of parts that is the path of a folder
            sizes = [size for size in range(len(left), 0, -1) if os.path.isdir(",".join(left[:size]).strip())]
            if not sizes:
                return key + sign + value
            folders.append(",".join(left[: sizes[0]]).strip())
            left = left[sizes[0] :]
        return f"{key}=[" + ",".join(f'"{folder}"' for folder in folders) + "]"
    return key + sign + value
