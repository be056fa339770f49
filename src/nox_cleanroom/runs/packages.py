"""Several packages of one commit, each tested with the others as that commit builds them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from nox_cleanroom.build.packages import changed_packages, names_of, needed_by
from nox_cleanroom.build.wheelhouse import StoredWheel
from nox_cleanroom.config.axes import Artifact, Extras
from nox_cleanroom.errors import SiblingFailedError, UsageError
from nox_cleanroom.requirements import applies
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.matrix import Part
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import run_of_package, use_siblings
from nox_cleanroom.runs.wheels import Wheels
from nox_cleanroom.wheels import Wheel


def parts_of(
    run: OpenRun,
    chosen: Sequence[str],
    pythons: Sequence[str] | None,
    *,
    is_one_way: bool = False,
) -> list[Part]:
    """A part of a matrix for each package that is tested, or that such a package may need.

    Args:
        run: a run of one of the packages.
        chosen: the directories of the packages to test.
        pythons: the interpreters; None for all that each package supports.
        is_one_way: whether each is tested in the first way only.
    """
    source = run.source
    needed = needed_by(source.checkout, source.commit, run.packages, chosen)
    runs = {one: run_of_package(run, one) for one in needed}
    supported = {
        one: [each for each in other.source.supported if pythons is None or each in pythons]
        for one, other in runs.items()
    }
    siblings = Siblings(
        expected={
            python: [one for one in needed if python in supported[one]]
            for python in {python for some in supported.values() for python in some}
        },
        names=names_of(source.checkout, source.commit, needed),
        extras={one: other.variants[0].extras for one, other in runs.items()},
    )
    return [
        Part(
            run=runs[one],
            wheels=SiblingWheels(runs[one], one, siblings),
            pythons=supported[one],
            is_tested=one in chosen,
            is_one_way=is_one_way,
        )
        for one in needed
    ]


def chosen_packages(run: OpenRun) -> Sequence[str]:
    """The packages that the options ask for."""
    options = run.request.options
    found = run.packages
    if options.changed_since is not None:
        source = run.source
        found = changed_packages(source.checkout, source.commit, found, options.changed_since)
    if not options.package:
        return found
    return [one for one in found if one in _named(options.package, run.packages)]


def _named(names: Sequence[str], packages: Sequence[str]) -> set[str]:
    """The packages with these directories, or these last parts of directories.

    Raises:
        UsageError: one of the names is that of no package.
    """
    found = set[str]()
    for name in names:
        spelled = os.path.normpath(name)
        matching = {one for one in packages if spelled in {one, PurePosixPath(one).name}}
        if not matching:
            raise UsageError(
                f"There is no package {name!r}.", hint=f"There are {', '.join(packages)}."
            )
        found |= matching
    return found


class Siblings:
    """The wheels of packages and whether their tests failed, by Python, as they come.

    All cells share it: one that needs what is not there yet waits.

    Args:
        expected: the packages of which there will be a wheel, or none, by Python.
        names: the names of packages, as far as their files state them.
        extras: the extras with which each package is installed.
    """

    def __init__(
        self,
        *,
        expected: Mapping[str, Sequence[str]],
        names: Mapping[str, str],
        extras: Mapping[str, Extras],
    ) -> None:
        self._expected = expected
        self._names = names
        self._extras = extras
        self._news = threading.Condition()
        self._wheels: dict[tuple[str, str], StoredWheel | None] = {}
        self._failed: dict[tuple[str, str], bool] = {}

    def give(self, python: str, package: str, wheel: StoredWheel | None) -> None:
        """Say which wheel a package has, or that it has none; only the first word counts."""
        with self._news:
            self._wheels.setdefault((python, package), wheel)
            self._news.notify_all()

    def finish(self, python: str, package: str, *, is_bad: bool) -> None:
        """Say whether a package has failed; only the first word counts."""
        with self._news:
            self._failed.setdefault((python, package), is_bad)
            self._news.notify_all()

    def wheels(self, python: str) -> dict[str, StoredWheel]:
        """The wheels of all packages that have one."""
        keys = [(python, package) for package in self._expected[python]]
        with self._news:
            self._news.wait_for(lambda: all(key in self._wheels for key in keys))
            found = {package: self._wheels[python, package] for _, package in keys}
        return {package: wheel for package, wheel in found.items() if wheel is not None}

    def has_failed(self, python: str, package: str) -> bool:
        """Whether a package has failed."""
        with self._news:
            self._news.wait_for(lambda: (python, package) in self._failed)
            return self._failed[python, package]

    def needed_by(self, package: str, python: str, markers: Mapping[str, str]) -> list[str]:
        """What a package needs, directly or not, without what needs it in turn.

        Args:
            package: its directory.
            python: the Python.
            markers: the values of environment markers there.
        """
        wheels = self.wheels(python)
        names = {**self._names, **{one: wheel.wheel.name for one, wheel in wheels.items()}}
        by_name = {
            str(canonicalize_name(names[one])): one for one in self._expected[python] if names[one]
        }
        needs = {
            one: {
                by_name[name]
                for name in _required(wheel.wheel, self._extras[one], markers)
                if name in by_name
            }
            for one, wheel in wheels.items()
        }
        closure = _closure(package, needs) - {package}
        return sorted(other for other in closure if package not in _closure(other, needs))


class SiblingWheels(Wheels):
    """The wheels of one package, which are installed together with those of its siblings.

    Args:
        run: the run of the package.
        package: its directory.
        siblings: the wheels of all packages.
    """

    def __init__(self, run: OpenRun, package: str, siblings: Siblings) -> None:
        super().__init__(run)
        self._package = package
        self._siblings = siblings

    def take(self, artifact: Artifact, cell: RunningCell) -> StoredWheel:
        """A copy of the commit's wheel, when its siblings have theirs; see `Wheels.take`.

        Raises:
            SiblingFailedError: it needs a package that has failed.
            CleanroomError: it could not be built.
        """
        stored = super().take(artifact, cell)
        if artifact != cell.variant.artifact or cell.stored is not None:
            # It is only compared with the one under test.
            return stored
        if self._is_first(cell):
            self._siblings.give(cell.python, self._package, stored)
        self._require_healthy(cell)
        others = self._siblings.wheels(cell.python)
        others.pop(self._package, None)
        use_siblings(cell, [*others.values()])
        return stored

    def finish(self, cell: RunningCell) -> None:
        """Tell the siblings how a cell ended."""
        if self._is_first(cell):
            self._siblings.give(cell.python, self._package, None)
            is_bad = cell.record().outcome.is_bad
            self._siblings.finish(cell.python, self._package, is_bad=is_bad)

    def _is_first(self, cell: RunningCell) -> bool:
        return cell.variant == self._run.variants[0]

    def _require_healthy(self, cell: RunningCell) -> None:
        """Wait for what the package needs.

        Raises:
            SiblingFailedError: one of them has failed.
        """
        cell.steps.wait_for("siblings")
        siblings, python = self._siblings, cell.python
        for other in siblings.needed_by(self._package, python, cell.facts.markers):
            if siblings.has_failed(python, other):
                raise SiblingFailedError(
                    f"It needs {other}, which has failed.", hint="Fix that one first."
                )


def _required(wheel: Wheel, extras: Extras, markers: Mapping[str, str]) -> Iterator[str]:
    """The names of what a wheel requires with some extras."""
    offered = wheel.metadata.get("provides_extra", []) if extras == "all" else extras
    for requirement in wheel.requirements:
        if applies(requirement, markers, offered):
            yield canonicalize_name(requirement.name)


def _closure(package: str, needs: Mapping[str, Iterable[str]]) -> set[str]:
    """What a package needs, directly or not."""
    found, waiting = set[str](), [package]
    while waiting:
        more = {*needs.get(waiting.pop(), ())} - found
        found |= more
        waiting += more
    return found
