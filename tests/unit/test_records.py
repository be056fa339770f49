"""Our dataclasses behave like those of the standard library, of which they compile less."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, replace
from typing import Any

import pytest

from nox_cleanroom import records

KINDS: dict[str, dict[str, Any]] = {
    "frozen": {"frozen": True, "kw_only": True},
    "mutable": {"kw_only": True},
    "by identity": {"frozen": True, "kw_only": True, "eq": False},
}


def made_by(decorate: Callable[[type], type]) -> Any:
    @decorate
    class Point:
        x: int
        y: tuple[int, ...] = ()
        note: str = field(default="", compare=False)
        hidden: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    return Point


def behaviour(point: Any) -> list[Any]:
    one = point(x=1, y=(2,), note="a")
    said: list[Any] = [
        repr(one).rpartition(".")[2],
        one == point(x=1, y=(2,), note="b"),
        one != point(x=2),
        one == (1, (2,)),
        replace(one, x=3).x,
        [part.name for part in dataclasses.fields(one)],
        dataclasses.asdict(one),
    ]
    for act in (
        lambda: hash(one) == hash(point(x=1, y=(2,))),
        lambda: one < point(x=2),
        lambda: setattr(one, "x", 2),
        lambda: delattr(one, "x"),
        lambda: point(),
        lambda: point(1, (2,), y=(3,)),
        lambda: point(x=1, z=2),
        lambda: point(1, (), "", {}, 5),
        lambda: point(1, note="b").note,
        lambda: vars(point(x=1)),
        lambda: point(x=1).hidden is point(x=1).hidden,
        lambda: point.y,
    ):
        try:
            said.append(act())
        except (TypeError, FrozenInstanceError) as error:
            said.append(type(error))
    return said


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_they_behave_as_the_standard_ones(kind: dict[str, Any]) -> None:
    ours, theirs = made_by(records.dataclass(**kind)), made_by(dataclasses.dataclass(**kind))
    assert behaviour(ours) == behaviour(theirs)


def test_a_subclass_is_another_type() -> None:
    point = made_by(records.dataclass(frozen=True))

    other = type("Other", (point,), {})
    assert point(x=1) != other(x=1)
