"""Text of users in files that other programs interpret: a spreadsheet runs formulas, a page renders HTML."""

import math
import re
from typing import Any

FORMULA = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""Characters, the last four of full width, with which a cell begins that a spreadsheet may take for a formula."""
_RUN = re.compile(f"'*[{FORMULA}]")
_MARKED = re.compile(f"'+[{FORMULA}]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)")


def to_cell(value: Any) -> Any:
    """Return a value for a CSV cell: a text that a spreadsheet would run gets an apostrophe, as spreadsheets mark text.

    Numbers, also as text, stay as they are. `from_cell` returns the text as it was, whatever it is.

    >>> [to_cell(text) for text in ("=1+1", "-0.5", "-x", "'=1", "it's")]
    ["'=1+1", '-0.5', "'-x", "''=1", "it's"]
    """
    if not isinstance(value, str) or not _RUN.match(value) or _is_number(value):
        return value
    return f"'{value}"


def from_cell(text: str) -> str:
    """Return the text of a CSV cell as it was before `to_cell`.

    >>> [from_cell(text) for text in ("'=1+1", "-0.5", "''=1", "it's", "'quoted'")]
    ['=1+1', '-0.5', "'=1", "it's", "'quoted'"]
    """
    return text[1:] if _MARKED.match(text) else text


def markdown_text(text: str) -> str:
    """Return text for Markdown in one line, where it can neither be HTML nor a link or an image.

    >>> markdown_text("p <.001 of <b>x</b> [0.1, 0.2]")
    'p <.001 of &lt;b>x&lt;/b> [0.1, 0.2]'
    >>> markdown_text("![x](https://example.org/x.png)")
    '![x]&#40;https://example.org/x.png)'
    """
    text = _TAG.sub(lambda sign: "&lt;" if sign[0] == "<" else "&amp;", text)
    return " ".join(text.replace("](", "]&#40;").split())


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and text.strip() == text and math.isfinite(float(text))
    except ValueError:
        return False
