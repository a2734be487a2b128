"""Hydra's door to parts from outside: `pooling=my_lab.pooling.GeM` is a file of the group that nobody has written.

A search path has sources of files; the last one here has, for some groups, a file for every import path. A file of
that name in `--config-dir` or in `conf/` comes first.
"""

from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

SCHEME = "import"


def _named(path: str) -> dict[str, Any]:
    return {"name": path}


def _transform(path: str) -> dict[str, Any]:
    return {"name": path, "mode": "on_the_fly", "transforms": [{"type": path, "probability": 0.5}]}


GROUPS = {"pooling": _named, "loss": _named, "split": _named, "augmentation": _transform}
"""The content of the file of an import path; keys of the part are added: +pooling.p=3."""


class ImportPaths(ConfigSource):
    """A source of one file for every import path of every group."""

    @staticmethod
    def scheme() -> str:
        """Return the scheme of the source in a search path."""
        return SCHEME

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the content of the file of an import path."""
        if not self.is_config(config_path):
            raise ConfigLoadError(f"no import path: {config_path}")
        group, _, path = config_path.removesuffix(".yaml").partition("/")
        content = OmegaConf.create(GROUPS[group](path))
        return ConfigResult(self.provider, f"{SCHEME}://{path}", content, {"package": None})

    def available(self) -> bool:
        """Say that the source can be used."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Say whether a folder is of this source: none, for there is nothing to list."""
        return False

    def is_config(self, config_path: str) -> bool:
        """Say whether a file is of this source: names with dots between them, in one of the groups."""
        group, _, path = config_path.removesuffix(".yaml").partition("/")
        return group in GROUPS and "." in path and all(name.isidentifier() for name in path.split("."))

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """List the files: there is no end of them."""
        return []


class ImportPathsLast(SearchPathPlugin):
    """Puts the source at the end of the search path."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the source."""
        search_path.append(provider="ser", path=f"{SCHEME}://")
