"""Whatever value a key is given, the schema takes it or names the key in one message."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from ser.command import check
from ser.errors import ConfigError
from ser.settings import TrainSettings
from tests.bad_input.configs import keys, whole

KEYS = sorted(keys(whole()), key=str)
simple = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.text(st.characters(exclude_characters="$\0", exclude_categories=("Cs",)), max_size=8),
)
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
values = st.recursive(
    simple,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=6,
)


def settle(content: dict[str, Any]) -> TrainSettings | None:
    """Check a configuration; None if it is refused, which must be in words."""
    try:
        return check(OmegaConf.create(content), TrainSettings)
    except ConfigError as error:
        assert str(error).strip()
        assert "Traceback" not in str(error)
        return None


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Return a good configuration in which one key has another value."""
    content = copy.deepcopy(whole())
    inner: Any = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return content


@settings(max_examples=150)
@given(st.sampled_from(KEYS), values)
def test_any_value_of_any_key(path, value):
    taken = settle(changed(path, value))
    if taken is not None:
        taken.science()  # what is taken can be described


@settings(max_examples=100)
@given(st.sampled_from([key for key in KEYS if len(key) > 1]), names, simple)
def test_a_key_that_there_is_not(path, name, value):
    content = changed(path, whole_value(path))
    inner: Any = content
    for key in path[:-1]:
        inner = inner[key]
    if (
        isinstance(inner, dict)
        and name not in inner
        and path[:2] != ("dataset", "corpora")
        and path[1] != "checkpoints"
    ):
        inner[name] = value
        assert settle(content) is None


@settings(max_examples=50)
@given(st.dictionaries(names, values, max_size=4))
def test_any_configuration_at_all(content):
    assert settle(content) is None


def whole_value(path: tuple[str | int, ...]) -> Any:
    """Return the good value of a key."""
    value: Any = whole()
    for key in path:
        value = value[key]
    return value
