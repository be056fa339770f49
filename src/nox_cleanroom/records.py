"""Dataclasses whose methods are not compiled.

``dataclasses`` compiles up to seven functions for each class, which takes a third of a millisecond
or more. For all of ours, that took a tenth of a short run.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool = False, eq: bool = True, kw_only: bool = False
    ) -> Callable[[type], type]:
        """A decorator that does what the one of the standard library does, more quickly.

        A ``__post_init__`` is not called, and there is no order.
        """

        def decorate(cls: type) -> type:
            made = dataclasses.dataclass(init=False, eq=False, repr=False, kw_only=kw_only)(cls)
            fields = dataclasses.fields(made)
            made.__init__ = _initializer(made.__name__, [one for one in fields if one.init])
            made.__repr__ = _represent
            if frozen:
                made.__setattr__ = made.__delattr__ = _refuse
            if eq:
                values = _getter(one.name for one in fields if one.compare)
                made.__eq__ = _equality(values)
                made.__hash__ = (lambda record: hash(values(record))) if frozen else None
            return made

        return decorate


def _initializer(name: str, fields: list[dataclasses.Field[Any]]) -> Callable[..., None]:
    """The ``__init__`` of a class with such a name and fields."""
    names = frozenset(one.name for one in fields)
    by_place = [one.name for one in fields if not one.kw_only]
    defaults = {one.name: one.default for one in fields if one.default is not MISSING}
    makers = {one.name: one.default_factory for one in fields if one.default_factory is not MISSING}

    def initialize(self: Any, /, *args: object, **values: object) -> None:
        given = dict(zip(by_place, args, strict=False), **values) if args else values
        # Not so where a value is given twice, or there are too many.
        is_clear = len(given) == len(args) + len(values)
        for field, make in makers.items():
            if field not in given:
                given[field] = make()
        whole = {**defaults, **given}
        if not is_clear or whole.keys() != names:
            raise TypeError(f"{name} needs {sorted(names)} and got {sorted(given)}.")
        self.__dict__.update(whole)

    return initialize


def _getter(names: Iterable[str]) -> Callable[[Any], object]:
    """What returns the values of some fields of a record."""
    wanted = tuple(names)
    return operator.attrgetter(*wanted) if wanted else lambda _record: ()


def _equality(values: Callable[[Any], object]) -> Callable[[Any, Any], Any]:
    """The ``__eq__`` of records of one class."""

    def are_equal(record: Any, other: Any) -> Any:
        if other.__class__ is not record.__class__:
            return NotImplemented
        return values(record) == values(other)

    return are_equal


def _refuse(_record: Any, name: str, *_value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"{name!r} cannot be changed.")


def _represent(record: Any) -> str:
    fields = (one.name for one in dataclasses.fields(record) if one.repr)
    values = ", ".join(f"{name}={getattr(record, name)!r}" for name in fields)
    return f"{record.__class__.__qualname__}({values})"
