"""Turns: only so many steps run at once, and who waits lets another work."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import Any, Protocol, TypeVar

from nox_cleanroom.processes import supervision

T = TypeVar("T")


class Submit(Protocol):
    """Has something done in another thread, as an executor does."""

    def __call__(self, work: Callable[[], T], /) -> Future[T]:
        """What will come of it."""


@contextlib.contextmanager
def _stopping_others() -> Iterator[None]:
    """A block whose interruption, as by Ctrl-C, ends what others are doing: we wait for them."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        supervision.stop_all()
        raise


class Turns:
    """Turns at working, for threads; of those that wait, the first in rank comes next.

    Args:
        number: how many may work at once.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[int] = []
        self._changed = threading.Condition()

    def take(self, rank: int) -> None:
        """Wait until it is the turn of somebody with this rank."""
        with self._changed:
            self._waiting.append(rank)
            try:
                self._changed.wait_for(lambda: self._free and rank == min(self._waiting))
                self._free -= 1
            finally:
                self._waiting.remove(rank)
                self._changed.notify_all()

    def give_back(self) -> None:
        """Let another work."""
        with self._changed:
            self._free += 1
            self._changed.notify_all()


class Turn:
    """The turns of one worker, and what others do for it meanwhile.

    Args:
        turns: what all workers share.
        rank: lower ranks come first.
        submit: has something done in another thread.
    """

    def __init__(self, turns: Turns, rank: int, submit: Submit) -> None:
        self._turns = turns
        self._rank = rank
        self._submit = submit
        self._beside: list[Future[Any]] = []

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """All of the work: a turn, and in the end a wait for what is done beside."""
        try:
            with self.taken(), _stopping_others():
                yield
        finally:
            wait(self._beside)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """A block of work, begun when it is our turn."""
        self._turns.take(self._rank)
        try:
            yield
        finally:
            self._turns.give_back()

    @contextlib.contextmanager
    def given_up(self) -> Iterator[None]:
        """A block of waiting inside of a block of work."""
        self._turns.give_back()
        try:
            with _stopping_others():
                yield
        finally:
            self._turns.take(self._rank)

    def beside(self, work: Callable[[], T]) -> Future[T]:
        """What comes of some work that is done when there is a turn for it, too."""

        def take_turn() -> T:
            with self.taken():
                return work()

        future = self._submit(take_turn)
        self._beside.append(future)
        return future

    def wait_for(self, future: Future[T]) -> T:
        """The result of what is done beside, inside of a block of work."""
        if not future.done():
            with self.given_up():
                wait([future])
        return future.result()
