"""What reading modules said is kept between runs, and shared by cells with an equal reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nox_cleanroom.once import Once
from nox_cleanroom.places import ownership
from nox_cleanroom.probes.readings import Reading, Readings

READING: Reading = {"demo/__init__.py": {"module": "demo", "edges": []}}


class Made:
    """What is made of a reading."""

    def __init__(self, reading: Reading) -> None:
        self.reading = dict(reading)


@pytest.fixture
def home(tmp_path: Path) -> Any:
    (tmp_path / "home").mkdir()
    return ownership.adopt(tmp_path / "home")


def test_cells_with_an_equal_reading_share_what_is_made_of_it(home: Any) -> None:
    readings = Readings(home=home, once=Once())
    mine = readings.keep("3.11", READING, Made(READING))
    assert readings.keep("3.12", dict(READING), Made(READING)) is mine
    assert readings.find("3.12", Made) is mine
    other = readings.keep("3.13", {"demo/__init__.py": {"module": "demo"}}, Made({}))
    assert other is not mine


def test_a_later_run_reads_what_was_kept(home: Any) -> None:
    Readings(home=home, once=Once()).keep("3.11", READING, Made(READING))
    later = Readings(home=home, once=Once())
    found = later.find("3.11", Made)
    assert found is not None
    assert found.reading == READING
    assert later.find("3.12", Made) is None


@pytest.mark.parametrize("content", [b"", b"x", b"x\x9c\x03\x00"])
def test_a_damaged_reading_is_none(home: Any, content: bytes) -> None:
    readings = Readings(home=home, once=Once())
    readings.keep("3.11", READING, Made(READING))
    (home.path / "readings" / "3.11").write_bytes(content)
    assert readings.find("3.11", Made) is None
