"""The pages that are made of the project itself, so that they cannot go stale: groups, keys, commands, benchmarks.

Run by MkDocs when the site is built (`hooks.py`), and by the tests.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hydra
import yaml
from omegaconf import OmegaConf

from ser.__main__ import commands, description
from ser.command import config_folder

ROOT = Path(__file__).parents[2]
CONF = config_folder()
GROUPS = {
    "model": "The encoder. Its file names one checkpoint for each level of `pretune`; any hub id, `id@revision` or"
    " folder goes as well: `model.checkpoints.none=microsoft/wavlm-base-plus`.",
    "pretune": "Language pre-fine-tuning: which of the model's checkpoints is fine-tuned. `ser pretune` makes"
    " more levels.",
    "dataset": "The corpora that are trained on, and the test sets.",
    "corpus": "One corpus: its reader, its folder and its options. `ser prepare corpus=emovo` and"
    " `ser audit corpus=emovo` take a corpus alone; in a dataset its options are `dataset.corpora.<name>.<option>`.",
    "task": "What is recognised: an emotion, or arousal, valence and dominance.",
    "seed": "The seeds of split and training; `seed=7` and `seed=0,1,2` go as well, and `seed.split=`"
    " sets the split apart.",
    "split": "Which speakers are trained on, validated on and tested on.",
    "augmentation": "Transforms of the training clips.",
    "pooling": "From frames to one vector a clip; padding never counts.",
    "layers": "Whose hidden states are pooled.",
    "head": "From the pooled clip to the emotions.",
    "freezing": "What is not trained, or not at first; `lora` trains adapters beside it.",
    "loss": "The loss of emotions.",
    "training": "The protocol; any of its keys can be swept.",
    "numerics": "The arithmetic; see [On a GPU](../gpu.md).",
    "trainer": "The device. None of these keys changes what is measured.",
    "tracker": "Where scores are copied to. None of these keys changes what is measured.",
    "experiment": "A whole grid by one name.",
}
"""Group -> what it chooses."""


def generated() -> Iterator[tuple[str, str]]:
    """Return (path in the site, Markdown) of every generated page."""
    for group in groups():
        yield f"options/{group}.md", group_page(group)
    yield "reference/configuration.md", configuration_page()
    yield "reference/commands.md", commands_page()
    yield "benchmarks.md", benchmarks_page()
    yield "contributing.md", moved("CONTRIBUTING.md")
    yield "changelog.md", moved("CHANGELOG.md")


def groups() -> list[str]:
    """List the groups that a user chooses from, in the order of the configuration; new ones come last."""
    folders = sorted(path.name for path in CONF.iterdir() if path.is_dir() and any(path.glob("*.yaml")))
    chosen = [name for name in folders if name not in ("recipe", "hydra")]
    return sorted(chosen, key=lambda name: list(GROUPS).index(name) if name in GROUPS else len(GROUPS))


def group_page(group: str) -> str:
    """Return the page of a group: a table of its options, and the file of each."""
    files = sorted((CONF / group).glob("*.yaml"))
    complete = [path.stem for path in files if "???" not in path.read_text("utf-8")]  # nothing has to be added to them
    example = f"ser train -m {group}={','.join(complete[:2])}"
    if group == "corpus":
        example = f"ser audit corpus={files[0].stem}"
    lines = [f"# {group}", "", GROUPS.get(group, ""), "", "```bash", example, "```", ""]
    lines += ["| option | what it is |", "|---|---|"]
    lines += [f"| [`{group}={path.stem}`](#{path.stem}) | {cell(summary(path))} |" for path in files]
    for path in files:
        lines += ["", f"## {path.stem}", "", "```yaml", path.read_text("utf-8").strip(), "```"]
    return "\n".join(lines) + "\n"


def summary(path: Path) -> str:
    """Return the comment at the head of a YAML file; without one, what the file says of its content."""
    head = re.match(r"(?:# @package.*\n)?((?:#.*\n)*)", path.read_text("utf-8"))
    text = " ".join(line.lstrip("# ") for line in head[1].splitlines()) if head else ""
    return text or in_short(yaml.safe_load(path.read_text("utf-8")) or {})


def in_short(content: dict[str, object]) -> str:
    """Return the keys of a file without a comment; a reader is described by the docstring of its module."""
    module = ROOT / "ser" / "corpora" / f"{content.get('reader')}.py"
    if module.is_file():
        text = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
        return text.partition("\n\n")[0].replace("\n", " ")
    return ", ".join(f"`{key}: {value}`" for key, value in content.items() if key != "name")


def configuration_page() -> str:
    """Return all keys of `ser train` with their defaults and the comment of their line."""
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = OmegaConf.to_container(hydra.compose("train"), resolve=False)
    notes = dict(comments())
    lines = ["# Configuration", ""]
    lines += [
        "Every key of `ser train` with its default, as `ser train --cfg job` shows them. Any of them can be swept with",
        "`-m`. Keys that say where and how a cell runs (folders, device, tracker) are no part of its signature. The",
        "other commands have the keys that [their page](commands.md) shows. Keys of a group depend on the option: each",
        "group has a page with all options and their keys.",
        "",
    ]
    lines += ["| key | default | |", "|---|---|---|"]
    for key, value in leaves(config):
        lines.append(f"| `{key}` | `{cell(shown(value))}` | {cell(notes.get(key.rpartition('.')[2], ''))} |")
    return "\n".join(lines) + "\n"


def comments() -> Iterator[tuple[str, str]]:
    """Return (key, comment) of the lines of conf/train.yaml and of the default options of each group."""
    defaults = yaml.safe_load((CONF / "train.yaml").read_text("utf-8"))["defaults"]
    chosen = [next(iter(item.items())) for item in defaults if isinstance(item, dict)]
    paths = [CONF / group / f"{option}.yaml" for group, option in chosen if (CONF / group / f"{option}.yaml").is_file()]
    for path in [*paths, CONF / "train.yaml"]:
        for line in path.read_text("utf-8").splitlines():
            if match := re.match(r"\s*([\w.]+):.*?\s# (.*)", line):
                yield match[1], match[2]


def leaves(config: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Return (key, value) of all values; an empty mapping is one."""
    if isinstance(config, dict) and config:
        for key, value in config.items():
            yield from leaves(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, config


def shown(value: object) -> str:
    """Return a value as YAML has it."""
    return yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n...\n").strip()


def commands_page() -> str:
    """Return the commands in the order of the way: what each does, its examples and its keys."""
    lines = [
        "# Command lines",
        "",
        "`ser <command>` is `python -m ser.<command>`. Exit codes: 0 finished; 1 something",
        "",
    ]
    lines[-2] += " is wrong with the data, or a cell has not finished; 2 a mistake in the command; 130, 143, 129 after"
    lines += ["Ctrl-C, SIGTERM and SIGHUP.", ""]
    lines += [
        "| command | |",
        "|---|---|",
        *(f"| [`ser {name}`](#{name}) | {cell(description(name))} |" for name in commands()),
    ]
    lines += [
        "",
        'Tab completion of commands, groups, options and keys is Hydra\'s: `eval "$(ser -sc install=bash)"` in',
    ]
    lines += ["`~/.bashrc`, the same in `~/.zshrc` after `autoload -Uz bashcompinit && bashcompinit`; in fish,"]
    lines += ["`ser -sc install=fish | source`.", ""]
    for name in commands():
        text = (CONF / f"{name}.yaml").read_text("utf-8").strip()
        lines += [f"## {name}", "", description(name), "", "```yaml", text, "```", ""]
    return "\n".join(lines) + "\n"


def benchmarks_page() -> str:
    """Return what the benchmarks are, and their results."""
    text = moved("benchmarks/README.md")
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.md")):
        text += "\n" + re.sub(r"(?m)^#", "##", path.read_text("utf-8"))
    return text


def moved(name: str) -> str:
    """Return a file of the project as a page of the site: its links to pages of docs/ lead there."""
    text = (ROOT / name).read_text("utf-8").replace("](docs/", "](")
    return re.sub(r"\]\((?!https?:|#)(?!\w+\.md|\w+\.png)[^)]*\)", lambda link: "]", text)


def cell(text: str) -> str:
    """Return a text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
