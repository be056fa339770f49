from __future__ import annotations

import threading
import time

from nox_cleanroom.turns import Turn, Turns


def test_no_more_work_at_once_than_there_are_turns() -> None:
    turns, working, most = Turns(2), [0], [0]

    def work(rank: int) -> None:
        with Turn(turns, rank).taken():
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


def test_of_those_that_wait_the_first_in_rank_comes_next() -> None:
    turns, came = Turns(1), []
    turns.take(0)

    def work(rank: int) -> None:
        with Turn(turns, rank).taken():
            came.append(rank)

    threads = [threading.Thread(target=work, args=(rank,)) for rank in (3, 1, 2)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    turns.give_back()
    for thread in threads:
        thread.join()
    assert came == [1, 2, 3]


def test_who_gives_a_turn_up_has_it_again_afterwards() -> None:
    turns = Turns(1)
    mine, other = Turn(turns, 0), Turn(turns, 1)
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
