"""Values that several threads need, each made by the first of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Makes each value once; who needs it meanwhile waits, and gets the same value or error.

    Args:
        limit: how many values are remembered, those that were made last; None for all.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._lock = threading.Lock()
        self._made: dict[Hashable, Future[Any]] = {}
        self._limit = limit

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under a key.

        Args:
            key: identifies everything that the value depends on.
            make: makes the value.
        """
        with self._lock:
            is_first = key not in self._made
            value: Future[T] = self._made.setdefault(key, Future())
            if self._limit is not None and len(self._made) > self._limit:
                del self._made[next(iter(self._made))]
        if is_first:
            try:
                value.set_result(make())
            except BaseException as error:
                value.set_exception(error)
                raise
        return value.result()
