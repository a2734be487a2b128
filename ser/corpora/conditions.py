"""Which clips are kept: a condition on the columns of a manifest, as `pandas.DataFrame.query` writes it.

It is computed here and not by pandas, which would run calls, attributes and variables that stand in it.
"""

import ast
import operator
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from ser.errors import ConfigError

RULE: Final = (
    'compare columns with text or numbers, such as gender == "female" and age >= 30, by == != < <= > >=, in, not in,'
    " and, or, not; a name with blanks stands in `backticks`"
)
LONGEST: Final = 2000
"""Characters of a condition."""
_EQUAL: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {ast.Eq: operator.eq, ast.NotEq: operator.ne}
_ORDER: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_BACKTICKS: Final = re.compile(r"`([^`]+)`")
_JOINS: Final = {ast.And: np.logical_and, ast.BitAnd: np.logical_and, ast.Or: np.logical_or, ast.BitOr: np.logical_or}


def fulfilled(condition: str, clips: pd.DataFrame) -> np.ndarray:
    """Return (clips,) bool, True where a condition holds.

    A column that is compared with a number is one of numbers; an empty cell is none, so that only `!=` holds for it.

    Args:
        condition: in the language of `RULE`.
        clips: a manifest.

    Raises:
        ConfigError: it is no condition, or the clips have no such column.

    >>> clips = pd.DataFrame({"gender": ["female", "male", "female"], "age": ["31", "40", ""]})
    >>> fulfilled('gender == "female" and 30 <= age < 40', clips).tolist()
    [True, False, False]
    """
    tree, names = _parsed(condition)
    return _Reading(clips, names).of(tree)


def require_condition(condition: str) -> str:
    """Return a condition that can be read, whatever columns it names.

    Raises:
        ConfigError: it cannot.
    """
    tree, names = _parsed(condition)
    _Reading(None, names).of(tree)
    return condition


def _parsed(condition: str) -> tuple[ast.expr, dict[str, str]]:
    """Return the tree of a condition, and what names in it stand for columns in backticks."""
    names: dict[str, str] = {}

    def plain(match: re.Match[str]) -> str:
        names[f"_column_{len(names)}"] = match[1]
        return f"_column_{len(names) - 1}"

    if len(condition) > LONGEST:
        raise ConfigError(f"a condition has {LONGEST} characters at most, this one {len(condition)}")
    try:
        return ast.parse(_BACKTICKS.sub(plain, condition).strip(), mode="eval").body, names
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"'{condition}' is no condition ({error}); {RULE}") from error


class _Reading:
    """A condition that is read on clips; without clips, only its form is checked."""

    def __init__(self, clips: pd.DataFrame | None, names: dict[str, str]) -> None:
        self.clips = clips
        self.names = names

    def of(self, node: ast.expr) -> np.ndarray:
        """Return (clips,) bool."""
        if isinstance(node, ast.BoolOp):
            return _JOINS[type(node.op)].reduce([self.of(value) for value in node.values])
        if isinstance(node, ast.BinOp) and type(node.op) in _JOINS:
            return _JOINS[type(node.op)](self.of(node.left), self.of(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return ~self.of(node.operand)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return np.logical_and.reduce([self.compared(*pair) for pair in pairs])
        raise self._refused(node)

    def compared(self, left: ast.expr, relation: ast.cmpop, right: ast.expr) -> np.ndarray:
        """Return (clips,) bool of one comparison."""
        one, other = self.side(left), self.side(right)
        if not isinstance(one, pd.Series) and not isinstance(other, pd.Series):
            raise ConfigError(f"'{ast.unparse(left)}' and '{ast.unparse(right)}' name no column; {RULE}")
        if isinstance(relation, ast.In | ast.NotIn):
            if not isinstance(one, pd.Series) or not isinstance(other, tuple):
                raise ConfigError(f"'in' stands between a column and a list, such as language in ['it', 'de']; {RULE}")
            found = np.logical_or.reduce([_related(one, operator.eq, value) for value in other] or [one != one])
            return ~found if isinstance(relation, ast.NotIn) else found
        if isinstance(one, tuple) or isinstance(other, tuple):
            raise ConfigError(f"a list takes 'in'; {RULE}")
        if function := _EQUAL.get(type(relation)):
            return _related(one, function, other)
        if function := _ORDER.get(type(relation)):
            if isinstance(one, str) or isinstance(other, str):
                raise ConfigError(f"< and > compare numbers, which stand without quotes; {RULE}")
            return _related(one, function, other)
        raise self._refused(left)

    def side(self, node: ast.expr) -> Any:
        """Return a column, or text or numbers."""
        if isinstance(node, ast.Name):
            return self._column(self.names.get(node.id, node.id))
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            values = tuple(self.side(value) for value in node.elts)
            if any(isinstance(value, pd.Series | tuple) for value in values):
                raise self._refused(node)
            return values
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise self._refused(node) from error
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self._refused(node)
        return value

    def _column(self, name: str) -> pd.Series:
        if self.clips is None:
            return pd.Series([], dtype=object)
        if name not in self.clips:
            raise ConfigError(f"there is no column {name}; there are {', '.join(map(str, self.clips.columns))}")
        return self.clips[name]

    def _refused(self, node: ast.expr) -> ConfigError:
        return ConfigError(f"'{ast.unparse(node)}' cannot be part of a condition; {RULE}")


def _related(one: Any, function: Callable[[Any, Any], Any], other: Any) -> np.ndarray:
    """Return (clips,) bool of a comparison of columns with columns or values: as numbers where one is or for order."""
    sides = [one, other]
    if function in _ORDER.values() or any(not isinstance(side, pd.Series | str) for side in sides):
        sides = [_numbers(side) if isinstance(side, pd.Series) else side for side in sides]
    else:
        sides = [side.astype(str) if isinstance(side, pd.Series) else side for side in sides]
    return np.asarray(function(*sides), dtype=bool)


def _numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    text = column[numbers.isna() & column.notna() & (column.astype(str).str.strip() != "")]
    if len(text):
        raise ConfigError(f"column {column.name} holds '{text.iloc[0]}', which is no number; compare it with text")
    return numbers
