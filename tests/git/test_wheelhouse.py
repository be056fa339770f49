"""Wheels by key: built once, handed out as copies, and only while they are what was built."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from conftest import make_wheel

from nox_cleanroom.build.archive import read_wheel
from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel, Wheelhouse
from nox_cleanroom.errors import BuildError
from nox_cleanroom.places import ownership
from nox_cleanroom.wheels import Wheel

Build = Callable[[], tuple[Wheel, Provenance]]


def ago(**length: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(**length)).isoformat()


@dataclass
class House:
    """A wheelhouse, and how often each key's wheel was built."""

    place: Path
    house: Wheelhouse
    built: list[str] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def into(self) -> Path:
        path = self.place / f"copy-{next(self._numbers)}"
        path.mkdir()
        return path

    def take(
        self,
        key: str = "key",
        *,
        built_at: str | None = None,
        wait: Callable[[], object] | None = None,
    ) -> StoredWheel:
        def build() -> tuple[Path, Provenance]:
            self.built.append(key)
            if wait is not None:
                wait()
            files = {"demo.py": f"NUMBER = {len(self.built)}\n"}
            path = make_wheel(self.place / f"built-{next(self._numbers)}", files)
            return path, Provenance(
                python="3.11",
                built_with="3.11.0",
                built_at=built_at or ago(),
                requirements={"needed": "1.0"},
                variables={},
                built_in="/nowhere",
            )

        return self.house.get(key, self.into(), build)

    def stored(self) -> list[Path]:
        return list(self.house.root.rglob("*.whl"))


def content(stored: StoredWheel) -> bytes:
    with zipfile.ZipFile(stored.path) as archive:
        return archive.read("demo.py")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, Wheelhouse(home=ownership.make(tmp_path / "house")))


def test_a_wheel_is_built_once_whoever_asks(house: House) -> None:
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: house.take(), range(4)))
    assert house.built == ["key"]
    assert [one.provenance.built_now for one in taken].count(True) == 1
    assert {one.wheel.sha256 for one in taken} == {taken[0].provenance.sha256}
    assert taken[0].provenance.requirements == {"needed": "1.0"}


def test_wheels_of_different_keys_are_built_side_by_side(house: House) -> None:
    both_are_building = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        keys = ["one", "two"]
        list(
            threads.map(lambda key: house.take(key, wait=lambda: both_are_building.wait(10)), keys)
        )
    assert sorted(house.built) == ["one", "two"]


def test_what_is_handed_out_is_a_copy(house: House) -> None:
    first, second = house.take(), house.take()
    for taken in (first, second):
        # As a test command does that repairs, or signs, the wheel that it is handed.
        taken.path.write_bytes(b"rewritten")
    third = house.take()
    assert content(third) == b"NUMBER = 1\n"
    assert len({one.path for one in (first, second, third)}) == 3
    assert house.built == ["key"]


def test_a_stored_wheel_that_was_changed_is_built_anew(house: House) -> None:
    house.take()
    (stored,) = house.stored()
    make_wheel(stored.parent, {"demo.py": "FORGED = True\n"})
    assert content(house.take()) == b"NUMBER = 2\n"
    assert content(house.take()) == b"NUMBER = 2\n"
    assert house.built == ["key", "key"]


@pytest.mark.parametrize(
    ("age", "is_kept"), [({"hours": 23}, True), ({"hours": 25}, False), ({"days": 6}, False)]
)
def test_a_wheel_is_handed_out_for_a_day(
    house: House, age: dict[str, float], is_kept: bool
) -> None:
    house.take(built_at=ago(**age))
    house.take()
    assert house.built == ["key"] * (1 if is_kept else 2)


def test_wheels_of_before_the_run_do_not_count_when_that_is_asked(house: House) -> None:
    house.take(built_at=ago(minutes=5))
    house.house = Wheelhouse(home=house.house.home, not_before=datetime.now(timezone.utc))
    house.take()
    house.take()
    assert house.built == ["key", "key"]
    # What has been replaced does not pile up.
    assert len(house.stored()) == 1


def test_a_wheel_that_is_only_half_there_is_not_taken(house: House) -> None:
    house.take()
    (stored,) = house.stored()
    # As another process has it while it stores a wheel.
    stored.parent.rename(stored.parent.with_name(f".{stored.parent.name}"))
    assert house.house.find("key", house.into()) is None


@pytest.mark.parametrize("record", ["", "{", "[]", "null", '{"built_with": "3.11"}', "[" * 10_000])
def test_a_record_that_cannot_be_read_is_none(house: House, record: str) -> None:
    house.take()
    (stored,) = house.stored()
    (stored.parent / "record.json").write_text(record)
    house.take()
    assert house.built == ["key", "key"]


def test_a_wheel_that_is_pruned_while_it_is_looked_for_is_built_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.take()
    (stored,) = house.stored()

    def pruned(*_: object) -> bool:
        stored.unlink(missing_ok=True)
        return True

    # Between the moment in which it is found and that in which it is copied.
    monkeypatch.setattr(Wheelhouse, "_is_recent", pruned)
    assert content(house.take()) == b"NUMBER = 2\n"


def test_what_is_no_wheel_is_not_kept(house: House, tmp_path: Path) -> None:
    path = tmp_path / "demo-not.a.version-py3-none-any.whl"
    path.write_bytes(b"")
    provenance = house.take("other").provenance
    for _ in range(2):
        with pytest.raises(BuildError, match="no wheel's name"):
            house.house.get("key", house.into(), lambda: (path, provenance))
    assert house.house.latest() == "demo-1.0-py3-none-any.whl"


def test_the_latest_wheel_is_known(house: House) -> None:
    assert house.house.latest() == ""
    house.take("one")
    assert house.house.latest() == "demo-1.0-py3-none-any.whl"


def test_a_record_says_what_it_needs_to(house: House) -> None:
    house.take()
    (stored,) = house.stored()
    record = json.loads((stored.parent / "record.json").read_text())
    assert record["sha256"] == read_wheel(stored).sha256
    assert record["python"] == "3.11"
