"""A value that several threads need is made by the first of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nox_cleanroom.once import Once


def test_all_threads_get_the_value_that_one_has_made() -> None:
    once, made, gate = Once(), list[int](), threading.Barrier(8)

    def make() -> object:
        made.append(1)
        return object()

    def ask(_: int) -> object:
        gate.wait()
        return once.get("key", make)

    with ThreadPoolExecutor(8) as workers:
        found = {*workers.map(ask, range(8))}
    assert (len(found), len(made)) == (1, 1)
    assert once.get("other", make) not in found


def test_an_error_is_that_of_everybody() -> None:
    once = Once()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            once.get("key", lambda: 1 // 0)


def test_with_a_limit_the_oldest_value_is_forgotten() -> None:
    once = Once(limit=2)
    first = once.get(1, object)
    once.get(2, object)
    assert once.get(1, object) is first
    third = once.get(3, object)
    assert once.get(3, object) is third
    assert once.get(1, object) is not first
