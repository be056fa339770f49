"""Wheels by commit, and who waits for whom."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conftest import make_wheel

from nox_cleanroom.distribution import Wheel
from nox_cleanroom.places import ownership
from nox_cleanroom.wheelhouse import Provenance, StoredWheel, Wheelhouse

BUILT = Provenance(
    built_with="3.11.0", built_at="2999-01-01T00:00:00+00:00", variables={}, built_in="/nowhere"
)


def take(house: Wheelhouse, place: Path, kind: str, tag: str, builds: list[str]) -> StoredWheel:
    """A wheel for a kind of interpreter; `builds` grows by each kind that builds."""

    def build() -> tuple[Wheel, Provenance]:
        builds.append(kind)
        return Wheel(make_wheel(place / kind, {"demo.py": ""}, tag=tag)), BUILT

    def serves(wheel: Wheel) -> bool:
        return "-py3-" in wheel.path.name or f"-{kind}-" in wheel.path.name

    return house.get("key", serves, build, kind=kind)


def test_a_wheel_for_everybody_is_built_once(tmp_path: Path) -> None:
    house, builds = Wheelhouse(home=ownership.make(tmp_path / "house")), list[str]()
    kinds = ["cp310", "cp311", "cp312"]
    with ThreadPoolExecutor(3) as threads:
        taken = list(
            threads.map(lambda kind: take(house, tmp_path, kind, "py3-none-any", builds), kinds)
        )
    assert len(builds) == 1
    assert [one.provenance.built_now for one in taken].count(True) == 1


def test_wheels_for_one_interpreter_each_are_built_side_by_side(tmp_path: Path) -> None:
    house, builds = Wheelhouse(home=ownership.make(tmp_path / "house")), list[str]()
    take(house, tmp_path, "cp310", "cp310-cp310-any", builds)
    both_are_building = threading.Barrier(2)

    def take_own(kind: str) -> str:
        def build() -> tuple[Wheel, Provenance]:
            both_are_building.wait(timeout=10)
            return Wheel(make_wheel(tmp_path / kind, {}, tag=f"{kind}-{kind}-any")), BUILT

        return house.get("key", lambda one: kind in one.path.name, build, kind=kind).wheel.path.name

    with ThreadPoolExecutor(2) as threads:
        names = list(threads.map(take_own, ["cp311", "cp312"]))
    assert names == ["demo-1.0-cp311-cp311-any.whl", "demo-1.0-cp312-cp312-any.whl"]
    assert builds == ["cp310"]


def test_a_wheel_that_is_only_half_there_is_not_taken(tmp_path: Path) -> None:
    house = Wheelhouse(home=ownership.make(tmp_path / "house"))
    taken = take(house, tmp_path, "cp311", "py3-none-any", [])
    # As another process has it while it stores a wheel.
    place = taken.wheel.path.parent
    place.rename(place.with_name(f".{place.name}"))
    assert house.find("key", lambda _: True) is None
