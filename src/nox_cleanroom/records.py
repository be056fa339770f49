"""Dataclasses that share their comparison, hash and representation.

``dataclasses`` compiles up to six functions for each class. For all of ours, that takes a tenth
of the time before a session starts, so these three are written once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        *, frozen: bool = False, eq: bool = True, order: bool = False, **more: bool
    ) -> Callable[[type], type]:
        """A decorator that does what the one of the standard library does, more quickly."""
        if order:
            return dataclasses.dataclass(frozen=frozen, order=True, **more)

        def decorate(cls: type) -> type:
            made = dataclasses.dataclass(frozen=frozen, eq=False, repr=False, **more)(cls)
            made.__repr__ = _represent
            if eq:
                made.__eq__ = _equal
                made.__hash__ = _hash if frozen else None
            return made

        return decorate


def _compared(record: Any) -> tuple[object, ...]:
    """The values of the fields that count in comparisons."""
    fields = dataclasses.fields(record)
    return tuple(getattr(record, one.name) for one in fields if one.compare)


def _equal(record: Any, other: object) -> Any:
    if other.__class__ is not record.__class__:
        return NotImplemented
    return _compared(record) == _compared(other)


def _hash(record: Any) -> int:
    return hash(_compared(record))


def _represent(record: Any) -> str:
    fields = (one.name for one in dataclasses.fields(record) if one.repr)
    values = ", ".join(f"{name}={getattr(record, name)!r}" for name in fields)
    return f"{record.__class__.__qualname__}({values})"
