from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nox_cleanroom.runs import matrix
from nox_cleanroom.runs.turns import Turn, Turns


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def test_no_more_work_at_once_than_there_are_turns(workers: ThreadPoolExecutor) -> None:
    turns, working, most = Turns(2), [0], [0]

    def work(rank: int) -> None:
        with Turn(turns, rank, workers.submit).taken():
            working[0] += 1
            most[0] = max(most[0], working[0])
            time.sleep(0.02)
            working[0] -= 1

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]


def test_of_those_that_wait_the_first_in_rank_comes_next(workers: ThreadPoolExecutor) -> None:
    turns, came = Turns(1), []
    turns.take(0)

    def work(rank: int) -> None:
        with Turn(turns, rank, workers.submit).taken():
            came.append(rank)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in (3, 1, 2)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    turns.give_back()
    for thread in threads:
        thread.join()
    assert came == [1, 2, 3]


def test_who_gives_a_turn_up_has_it_again_afterwards(workers: ThreadPoolExecutor) -> None:
    turns = Turns(1)
    mine, other = (Turn(turns, rank, workers.submit) for rank in range(2))
    worked = threading.Event()

    def work() -> None:
        with other.taken():
            worked.set()

    with mine.taken():
        thread = threading.Thread(target=work)
        thread.start()
        assert not worked.wait(0.05)
        with mine.given_up():
            assert worked.wait(5)
        thread.join()


def test_what_is_done_beside_waits_for_a_turn_and_is_waited_for(
    workers: ThreadPoolExecutor,
) -> None:
    turn, done = Turn(Turns(1), 0, workers.submit), []

    def work() -> str:
        time.sleep(0.05)
        done.append("beside")
        return "result"

    with turn.working():
        future = turn.beside(work)
        time.sleep(0.02)
        done.append("first")
        assert turn.wait_for(future) == "result"
        done.append("then")
        turn.beside(work)
    assert done == ["first", "beside", "then", "beside"]


def test_work_that_fails_ends_after_what_is_done_beside(workers: ThreadPoolExecutor) -> None:
    turn, done = Turn(Turns(2), 0, workers.submit), []

    def work() -> None:
        time.sleep(0.05)
        done.append("beside")

    def fail() -> None:
        with turn.working():
            turn.beside(work)
            raise ValueError("it fails")

    with pytest.raises(ValueError, match="it fails"):
        fail()
    assert done == ["beside"]


def test_an_interruption_ends_work_that_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr("nox_cleanroom.processes.supervision.stop_all", ended.set)

    def work() -> None:
        # As a command does, which ends when all are ended.
        assert ended.wait(5)

    def interrupt() -> None:
        with ThreadPoolExecutor(1) as executor:
            turn = Turn(Turns(2), 0, executor.submit)
            with turn.working():
                futures = [turn.beside(work) for _ in range(3)]
                with turn.given_up():
                    # The first has begun, and both turns are taken when we come back for ours.
                    turn.beside(work)
                    assert not futures[0].done()
                    raise KeyboardInterrupt

    thread = threading.Thread(target=lambda: pytest.raises(KeyboardInterrupt, interrupt))
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert ended.is_set()


def test_interrupted_workers_do_not_wait_for_what_nobody_will_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr("nox_cleanroom.processes.supervision.stop_all", ended.set)

    def interrupt() -> None:
        with matrix._workers(2) as workers:
            # A cell that has more done beside it than there are threads.
            workers.submit(cell, Turn(Turns(3), 0, workers.submit))
            assert begun.wait(5)
            raise KeyboardInterrupt

    begun = threading.Event()

    def cell(turn: Turn) -> None:
        with turn.working():
            for _ in range(3):
                turn.beside(lambda: ended.wait(5))
            begun.set()

    thread = threading.Thread(target=lambda: pytest.raises(KeyboardInterrupt, interrupt))
    thread.daemon = True
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_a_failure_beside_is_that_of_who_waits_for_it(workers: ThreadPoolExecutor) -> None:
    turn = Turn(Turns(1), 0, workers.submit)
    with turn.working():
        future = turn.beside(lambda: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            turn.wait_for(future)
        # And we have our turn again.
        assert turn.wait_for(turn.beside(lambda: 2)) == 2
