"""MkDocs calls these: they add the generated pages, and draw the flow charts, which need no script then."""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

import pages  # noqa: E402
from flow import draw  # noqa: E402


def on_config(config: Any) -> Any:
    """Put the pages of groups into the navigation."""
    for entry in config.nav:
        if "Options" in entry:
            entry["Options"] = [{group: f"options/{group}.md"} for group in pages.groups()]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    for path, text in pages.generated():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace each chart in Mermaid's language by its drawing; lead links to files of the project to their pages."""
    markdown = markdown.replace("](../CONTRIBUTING.md", "](contributing.md")
    if page.file.src_uri == "bad_input.md":
        markdown = markdown.replace("][", "]\\[")  # messages with brackets, and no references
    return re.sub(r"```mermaid\n(.*?)```", lambda chart: draw(chart[1]), markdown, flags=re.DOTALL)
