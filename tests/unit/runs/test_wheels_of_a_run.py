"""Which Python builds the wheel of a cell, and what happens when one cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from values import facts, tracked, wheel

from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel
from nox_cleanroom.config.axes import Artifact
from nox_cleanroom.environments.interpreter import InstalledPython
from nox_cleanroom.errors import BuildError, CleanroomError, Code, InterruptedRunError
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.wheels import Wheels
from nox_cleanroom.wheels import Wheel

Build = Callable[[str, Artifact, Mapping[str, str]], Wheel]


class Shelf:
    """A wheelhouse without a disk."""

    def __init__(self, latest: str = "") -> None:
        self.stored: dict[str, StoredWheel] = {}
        self._latest = latest

    def latest(self) -> str:
        return self._latest

    def find(self, key: str, into: Path) -> StoredWheel | None:
        return self.stored.get(key)

    def get(self, key: str, into: Path, build: Callable[[], tuple[Any, Provenance]]) -> StoredWheel:
        value, provenance = build()
        self.stored[key] = StoredWheel(wheel=value, path=into, provenance=provenance)
        return self.stored[key]


class MadeUp(Wheels):
    """Wheels that a function makes, and that say who asked for them."""

    def __init__(self, run: Any, shelf: Shelf, build: Build) -> None:
        super().__init__(run)
        self._wheelhouse = cast("Any", shelf)
        self._made_by = build
        self.asked: list[str] = []

    def _build(
        self,
        python: InstalledPython,
        artifact: Artifact,
        versions: Mapping[str, str],
        cell: RunningCell,
    ) -> tuple[Path, Provenance]:
        self.asked.append(f"{artifact} by {python.python}")
        value = self._made_by(python.python, artifact, versions)
        provenance = Provenance(
            python=python.python,
            built_with=python.version,
            built_at="2026-01-01T12:00:00+00:00",
            requirements={"setuptools": python.python},
            variables={},
            built_in="/build",
        )
        return cast("Path", value), provenance


def python(name: str) -> InstalledPython:
    return InstalledPython(python=name, executable=Path("/absent", name), version=f"{name}.1")


def prepare(
    tmp_path: Path, build: Build, *, latest: str = "", names: tuple[str, ...] = ("demo.py",)
) -> tuple[MadeUp, Shelf]:
    """The wheels of a run on 3.10 to 3.13."""
    run = SimpleNamespace(
        home=SimpleNamespace(path=tmp_path),
        request=SimpleNamespace(options=SimpleNamespace(rebuild=False), env={}, suffix=""),
        environments=SimpleNamespace(pythons=SimpleNamespace(find=python)),
        build_inputs=SimpleNamespace(
            key=lambda *, builder, artifact, secret: f"{builder} {artifact}"
        ),
        source=SimpleNamespace(project=".", supported=("3.10", "3.11", "3.12", "3.13")),
        tracked=tracked(*names),
    )
    shelf = Shelf(latest)
    return MadeUp(run, shelf, build), shelf


@pytest.fixture(autouse=True)
def _known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interpreters that are not there are told apart by their paths."""
    identity = property(lambda one: (str(one.executable),))
    monkeypatch.setattr(InstalledPython, "identity", identity)


def cell(name: str = "3.11") -> RunningCell:
    steps = SimpleNamespace(directory=Path, wait_for=lambda what: None)
    tags = (f"cp{name.replace('.', '')}-cp{name.replace('.', '')}-linux_x86_64", "py3-none-any")
    made = SimpleNamespace(
        python=name, installed_python=python(name), facts=facts(tags=tags), steps=steps
    )
    return cast("RunningCell", made)


def pure(*_: object) -> Wheel:
    return wheel()


def compiled(python_: str, *_: object) -> Wheel:
    tag = f"cp{python_.replace('.', '')}"
    return wheel(tag=f"{tag}-{tag}-linux_x86_64")


def test_a_wheel_for_all_is_built_by_the_newest_and_once(tmp_path: Path) -> None:
    wheels, _ = prepare(tmp_path, pure)
    for name in ("3.11", "3.12"):
        assert wheels.take("wheel", cell(name)).provenance.python == "3.13"
    assert wheels.asked == ["wheel by 3.13"]


def test_a_sdist_is_built_by_the_oldest_with_what_built_the_tree(tmp_path: Path) -> None:
    seen: list[Mapping[str, str]] = []

    def build(name: str, artifact: str, versions: Mapping[str, str]) -> Wheel:
        seen.append(versions)
        return wheel()

    wheels, _ = prepare(tmp_path, build)
    wheels.take("wheel", cell())
    assert wheels.take("sdist", cell()).provenance.python == "3.10"
    assert wheels.asked == ["wheel by 3.13", "sdist by 3.10"]
    assert seen == [{}, {"setuptools": "3.13"}]


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"names": ("demo.c",)}, ["wheel by 3.11"]),
        ({"latest": "demo-1.0-cp311-cp311-linux_x86_64.whl"}, ["wheel by 3.11"]),
        # Nobody could know: the newest has built in vain.
        ({}, ["wheel by 3.13", "wheel by 3.11"]),
    ],
)
def test_a_wheel_for_one_python_is_built_by_it(
    tmp_path: Path, more: dict[str, Any], asked: list[str]
) -> None:
    wheels, _ = prepare(tmp_path, compiled, **more)
    assert wheels.take("wheel", cell()).provenance.python == "3.11"
    assert wheels.asked == asked


def test_what_looked_compiled_and_is_not_is_built_by_the_newest(tmp_path: Path) -> None:
    wheels, _ = prepare(tmp_path, pure, names=("demo.c",))
    assert wheels.take("wheel", cell()).provenance.python == "3.13"
    assert wheels.asked == ["wheel by 3.11", "wheel by 3.13"]


def test_a_wheel_that_excludes_its_own_builder_is_an_error(tmp_path: Path) -> None:
    wheels, _ = prepare(tmp_path, lambda *_: wheel(tag="cp27-cp27m-linux_x86_64"))
    with pytest.raises(BuildError, match=r"was built with Python 3.11.7, and its tags"):
        wheels.take("wheel", cell())


def failing(*names: str, code: Code = Code.BUILD_FAILED) -> Build:
    def build(name: str, *_: object) -> Wheel:
        if name in names:
            raise CleanroomError(f"No {name}.", code=code)
        return wheel()

    return build


def test_another_python_builds_what_the_newest_cannot_and_that_is_said(tmp_path: Path) -> None:
    wheels, _ = prepare(tmp_path, failing("3.13"))
    found = wheels.take("wheel", cell())
    assert found.provenance.python == "3.11"
    assert found.remarks == ("Python 3.13.1 could not build it: No 3.13.",)


def test_what_nobody_can_build_fails_for_the_cells_own_reason_and_is_tried_once(
    tmp_path: Path,
) -> None:
    wheels, _ = prepare(tmp_path, failing("3.13", "3.11"))
    for _attempt in range(2):
        with pytest.raises(CleanroomError, match=r"No 3.11."):
            wheels.take("wheel", cell())
    assert wheels.asked == ["wheel by 3.13", "wheel by 3.11"]


def test_a_network_that_is_not_there_is_not_tried_again(tmp_path: Path) -> None:
    wheels, _ = prepare(tmp_path, failing("3.13", code=Code.NETWORK))
    with pytest.raises(CleanroomError, match=r"No 3.13."):
        wheels.take("wheel", cell())
    assert wheels.asked == ["wheel by 3.13"]


def test_a_run_that_is_being_ended_is_no_failed_build(tmp_path: Path) -> None:
    def build(*_: object) -> Wheel:
        raise InterruptedRunError("x")

    wheels, _ = prepare(tmp_path, build)
    with pytest.raises(InterruptedRunError):
        wheels.take("wheel", cell())
    assert wheels._builders.refusals == {}


def test_another_wheels_python_builds_again_with_what_built_that_one(tmp_path: Path) -> None:
    seen: list[Mapping[str, str]] = []

    def build(name: str, artifact: str, versions: Mapping[str, str]) -> Wheel:
        seen.append(versions)
        return wheel()

    wheels, _ = prepare(tmp_path, build)
    from_sdist = wheels.take("sdist", cell())
    assert wheels.rebuild(from_sdist, "wheel", cell()).provenance.python == "3.10"
    assert wheels.rebuild(from_sdist, "wheel", cell("3.10")).provenance.python == "3.10"
    assert wheels.asked == ["sdist by 3.10", "wheel by 3.10"]
    assert seen[1] == {"setuptools": "3.10"}
