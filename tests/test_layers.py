"""The arrows of the design: a stage imports only from stages before it, and nothing imports the entry points."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ser

ROOT = Path(ser.__file__).parents[1]
LAYERS = (
    *(
        "errors",
        "interrupts",
        "logistics",
        "escaping",
        "import_paths",
        "numbers",
        "parts",
        "schema",
        "labels",
        "votes",
        "metrics",
        "text",
        "records",
        "csv_tables",
        "tables",
        "hydra_internals",
        "streams",
        "arguments",
        "command",
        "fetch",
        "corpora",
        "audio",
        "prediction",
        "settings",
        "sources",
        "splits",
        "data",
        "models",
    ),
    *("evaluation", "fine_tuning", "tracking", "sweep", "pretuning", "synthesis"),
    *("probing", "analysis", "auditing", "sharing", "exporting"),
)


def name_of(path: Path) -> str:
    """Return `ser.data.module` for ser/data/module.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for folder in ("ser", "hydra_plugins") for path in (ROOT / folder).rglob("*.py")}
COMMANDS = ('start(main, "', 'run(main, "')  # how a module hands a command line to Hydra
ENTRY_POINTS = {"ser.__main__"} | {
    name for name, path in MODULES.items() if any(command in path.read_text("utf-8") for command in COMMANDS)
}


def imports(name: str) -> Iterator[str]:
    """Find what a module imports, anywhere in it: the names of modules, those of the project in full."""
    for node in ast.walk(ast.parse(MODULES[name].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are written in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def reached(name: str) -> set[str]:
    """Find all that is imported when a module and all that it imports are used."""
    found: set[str] = set()
    left = [name]
    while left:
        for imported in imports(left.pop()):
            if imported not in found:
                found.add(imported)
                left += [imported] if imported in MODULES else []
    return found


def layer(name: str) -> int:
    """Return the place of a module's layer; entry points and plugins, which may import all others, come last."""
    if name in ENTRY_POINTS or name.startswith("hydra_plugins"):
        return len(LAYERS)
    part = name.split(".")[1]
    assert part in LAYERS, f"{name} is in no layer: put it in one, or give it a place in LAYERS"
    return LAYERS.index(part)


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"ser"}))
def test_module_imports_from_earlier_layers_alone(name):
    for imported in imports(name):
        if imported in MODULES and imported != "ser":
            assert imported not in ENTRY_POINTS, f"{name} imports the entry point {imported}"
            assert layer(imported) <= layer(name), f"{name} imports {imported}, which comes after it"


def test_no_module_patches_a_library_or_imports_what_hydra_keeps_to_itself():
    for name in MODULES:
        assert not [found for found in imports(name) if found.startswith(("hydra._", "omegaconf._", "unittest"))], name


def test_entry_points_stand_side_by_side():
    assert all(name.count(".") == 1 for name in ENTRY_POINTS)
    assert {"ser.train", "ser.analyze"} <= ENTRY_POINTS


def test_tracking_alone_imports_mlflow():
    users = {name for name in MODULES if any(found.split(".")[0] == "mlflow" for found in imports(name))}
    assert users
    assert all(name.startswith("ser.tracking") for name in users)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if name.startswith("ser.analysis")))
def test_analysis_never_reaches_torch(name):
    used = {found.split(".")[0] for found in reached(name)}
    assert not used & {"torch", "torchaudio", "torchmetrics", "pytorch_lightning", "transformers", "mlflow"}


def picture() -> str:
    """Return the layers as a Mermaid graph, for docs/architecture.md."""
    names = (*LAYERS, "entry points and plugins")
    nodes = [f'    l{number}["{name}"]' for number, name in enumerate(names)]
    arrows = [f"    l{number + 1} --> l{number}" for number in range(len(names) - 1)]
    return "\n".join(["```mermaid", "flowchart BT", *nodes, *arrows, "```", ""])


def test_picture_of_the_layers_is_the_one_that_is_held():
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert picture() in text, f"put this into docs/architecture.md:\n{picture()}"
