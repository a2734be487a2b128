"""The levels of a factor as text: which are the same, and in which order they stand in tables and figures."""

import re

import numpy as np
import pandas as pd


def ordered(values: pd.Series, levels: list[str] | None = None) -> pd.Series:
    """Return the values as ordered categories of text, in `level_order` or in the order of `levels`.

    >>> ordered(pd.Series([10, 9])).cat.categories.tolist()
    ['9', '10']
    """
    return values.astype(str).astype(pd.CategoricalDtype(levels or level_order(values), ordered=True))


def level_texts(values: pd.Series) -> pd.Series:
    """Return each value as the text of its level; levels that differ have texts that differ.

    A missing value is the level "null". Text that reads like a level of another type is put in quotes.

    >>> level_texts(pd.Series(["it", 1, "1", None], dtype=object)).tolist()
    ['it', '1', '"1"', 'null']
    """
    codes, levels = pd.factorize(values.astype(object))  # 1 and 1.0 are one level, "1" is another
    others = {str(level) for level in levels if not isinstance(level, str)} | (
        {"null"} if values.isna().any() else set()
    )
    texts = [f'"{level}"' if isinstance(level, str) and level in others else str(level) for level in levels]
    return pd.Series(np.array([*texts, "null"], dtype=object)[codes], values.index, dtype="str")


def level_order(values: pd.Series) -> list[str]:
    """Return the distinct values as text: "none" first, numbers by size, then the alphabet with "2h" before "10h".

    >>> level_order(pd.Series(["it_10h", "none", "it_2h", "5"]))
    ['none', '5', 'it_2h', 'it_10h']
    """

    def rank(value: str) -> tuple:
        parts = re.split(r"(\d+)", value)
        text = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
        number = pd.to_numeric(value, errors="coerce")
        return value != "none", not np.isfinite(number), number if np.isfinite(number) else text

    return sorted(values.drop_duplicates().astype(str).unique(), key=rank)
