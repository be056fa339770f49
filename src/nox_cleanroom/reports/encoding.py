"""Frozen records as JSON, and their restoration by the types of their fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

#: Fields that have other names in evidence, as in its first format.
_KEYS = {"findings": "probes", "check": "probe"}
#: Fields without a meaning after the end of a run.
_LEFT_OUT = frozenset({"settled_by", "tool_version"})


def key_of(name: str) -> str:
    """The name of a field in evidence."""
    return _KEYS.get(name, name)


def left_out(name: str) -> bool:
    """Whether evidence lacks a field."""
    return name in _LEFT_OUT


def encode(value: Any, text: Callable[[str], str] = str) -> Any:  # noqa: PLR0911 - as for `decode`
    """A value in JSON's terms: records become objects, enumerations the names of their members.

    Args:
        value: a record, or a value that records may hold.
        text: converts each text, for example by redacting secrets.
    """
    kind: type = type(value)
    # The most frequent ones first: what reading modules said has tens of thousands of values.
    if kind is str:
        return text(value)
    if kind is dict:
        return {text(str(key)): encode(item, text) for key, item in value.items()}
    if kind is bool or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [encode(item, text) for item in value]
    if isinstance(value, Enum):
        return value.name
    keys = _keys_of(kind)
    if keys:
        return {key: encode(getattr(value, name), text) for name, key in keys}
    if isinstance(value, Mapping):
        return encode(dict(value), text)
    return text(value) if isinstance(value, str) else value


@cache
def _keys_of(kind: type) -> tuple[tuple[str, str], ...]:
    """The name of each field of a record, and its key in evidence; none for other types."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    return tuple((one.name, key_of(one.name)) for one in fields if not left_out(one.name))


def decode(kind: Any, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of type
    """An encoded value of a type.

    >>> decode(tuple[int, ...], [1, 2])
    (1, 2)

    Raises:
        ValueError: the value does not have that type.
    """
    is_record, origin, arguments = _shape_of(kind)
    if is_record:
        return _decode_record(kind, _require(dict, value))
    if origin in {Union, UnionType}:
        return _decode_union(arguments, value)
    if origin is Literal:
        if value not in arguments:
            raise ValueError(f"{value!r} is none of {arguments}")
        return value
    if origin is tuple:
        return tuple(decode(arguments[0], item) for item in _require(list, value))
    if origin is not None:
        return {key: decode(arguments[1], item) for key, item in _require(dict, value).items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _decode_enum(kind, value)
    if kind in {Any, object}:
        return value
    if kind is float and type(value) is int:
        return _decode_float(value)
    return _require(kind, value)


def _decode_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _decode_record(kind: Any, value: Mapping[str, Any]) -> Any:
    given = {name: decode(of, value[key]) for name, key, of in _fields_of(kind) if key in value}
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(str(error)) from None


# To look at a type takes longer than to decode a value of it.
@cache
def _shape_of(kind: Any) -> tuple[bool, Any, tuple[Any, ...]]:
    return dataclasses.is_dataclass(kind), get_origin(kind), get_args(kind)


@cache
def _fields_of(kind: type) -> list[tuple[str, str, Any]]:
    """The name of each field of a record, its key in evidence, and its type."""
    types = get_type_hints(kind)
    return [(name, key, types[name]) for name, key in _keys_of(kind)]


def _decode_union(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and NoneType in kinds:
        return None
    for kind in kinds:
        try:
            return decode(kind, value)
        except ValueError:
            continue
    raise ValueError(f"{value!r} is none of {kinds}")


def _decode_enum(kind: type[Enum], value: Any) -> Enum:
    if not isinstance(value, str) or value not in kind.__members__:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return kind[value]


def _require(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value
