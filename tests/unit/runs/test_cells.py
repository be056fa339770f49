"""Cells of a run with probes, wheels and interpreters that tests make up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from values import (
    DEMO,
    MARKERS,
    facts,
    imported,
    installed,
    loaded,
    raised,
    tracked,
    wheel,
    with_extras,
)

from nox_cleanroom.build.wheelhouse import Provenance, StoredWheel
from nox_cleanroom.config.axes import Variant
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.environments.environment import Environment
from nox_cleanroom.errors import BuildError, Code, InterpreterMissingError, InterruptedRunError
from nox_cleanroom.findings import Outcome, Problem, Waiver
from nox_cleanroom.probes.tracked import LeftOut
from nox_cleanroom.runs import matrix as matrix_module
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.comparison import compare_with_sdist
from nox_cleanroom.runs.matrix import matrix
from nox_cleanroom.wheels import Wheel


class NoSteps:
    """Steps of a cell that runs none."""

    recorded = ()

    @contextlib.contextmanager
    def action(self, name: str) -> Iterator[None]:
        yield


def a_run(*, compares_sdist: bool = False, variants: tuple[Variant, ...] = (Variant(),)) -> Any:
    environment = Environment(
        location=Path("/env"),
        bin_dir=Path("/env/bin"),
        python=Path("/env/bin/python"),
        backend="uv",
    )
    return SimpleNamespace(
        request=SimpleNamespace(suffix="_all"),
        source=SimpleNamespace(
            settings=Settings(ignore=(Waiver(pattern="contents", reason="known"),))
        ),
        environments=SimpleNamespace(
            fresh=lambda python: environment, facts=lambda made, steps: facts(markers=dict(MARKERS))
        ),
        steps=lambda name: NoSteps(),
        variants=variants,
        compares_sdist=compares_sdist,
        given=None,
        may_fail=(),
    )


def a_cell(variant: Variant | None = None, **run: Any) -> RunningCell:
    return RunningCell.start(a_run(**run), "3.11", variant or Variant())


def test_a_cell_is_named_for_what_is_special_about_it() -> None:
    assert a_cell().name == "smoke_all-3.11"
    special = Variant(artifact="sdist", resolution="lowest-direct", extras=("a", "b"))
    assert a_cell(special).name == "smoke_all-3.11 · sdist lowest [a,b]"


def test_the_interpreter_of_a_cell_is_that_of_its_environment() -> None:
    cell = a_cell()
    cell.make_environment()
    record = cell.record()
    assert record.interpreter is not None
    assert (record.interpreter.version, record.interpreter.environment) == ("3.11.7", "uv")
    assert (cell.installed_python.python, cell.installed_python.version) == ("3.11", "3.11.7")


def fail(error: Exception) -> Callable[[], object]:
    def probe() -> object:
        raise error

    return probe


def test_what_a_probe_brings_is_kept_and_so_is_why_it_could_not() -> None:
    cell = a_cell()
    cell.bring(one=lambda: 1)
    cell.bring(other=fail(BuildError("It broke.")))
    assert cell.values == {
        "one": 1,
        "other": Problem(code=Code.BUILD_FAILED, outcome=Outcome.FAILED, message="It broke."),
    }
    with pytest.raises(InterruptedRunError):
        cell.bring(third=fail(InterruptedRunError("x")))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("x"), Code.INTERNAL),
        (RecursionError("x"), Code.INTERNAL),
        (OSError(28, "No space left on device", "/x"), Code.NO_SPACE),
        (OSError(30, "Read-only file system", "/x"), Code.NOT_WRITABLE),
    ],
)
def test_what_nobody_has_thought_of_ends_one_cell_only(error: Exception, code: Code) -> None:
    cell = a_cell()
    with cell.noting_problems():
        fail(error)()
    (problem,) = cell.record().problems
    assert (problem.code, problem.outcome) == (code, Outcome.ERROR)
    assert "Traceback" in problem.output


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), InterruptedRunError("x"), InterpreterMissingError("x")]
)
def test_what_ends_more_than_a_cell_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)), a_cell().noting_problems():
        raise error


NEEDS: Mapping[str, object] = {
    "wheel": wheel(metadata='Provides-Extra: x\nRequires-Dist: y; extra == "x"\n'),
    "facts": facts(markers=dict(MARKERS)),
    "tracked": tracked(),
    "installed": installed(),
    "loaded": loaded(
        raised("import", "demo", "ModuleNotFoundError: No module named 'y'", missing="y")
    ),
}


def test_probes_are_run_until_nothing_is_left_to_settle() -> None:
    cell, asked = a_cell(), list[str]()
    cell.values |= NEEDS

    def confirming(name: str, value: object) -> Callable[[], object]:
        def probe() -> object:
            asked.append(name)
            return value

        return probe

    cell.check(
        {
            "left_out": confirming("left_out", LeftOut(paths=())),
            "with_extras": confirming("with_extras", with_extras()),
        }
    )
    assert asked == ["left_out", "with_extras"]
    (found,) = (one for one in cell.findings if one.check == "imports")
    assert found.message.startswith("It needs the extra `x`")


def test_a_probe_that_fails_is_not_run_again() -> None:
    cell = a_cell()
    cell.values |= NEEDS
    cell.check({"left_out": fail(ValueError("x"))})
    assert isinstance(cell.values["left_out"], Problem)
    assert [one.outcome for one in cell.findings if one.check == "imports"] == [Outcome.FAILED]


def stored(value: Wheel, python: str = "3.11", remarks: tuple[str, ...] = ()) -> StoredWheel:
    provenance = Provenance(
        python=python,
        built_with=f"{python}.7",
        built_at="2026-01-01T12:00:00+00:00",
        requirements={},
        variables={},
        built_in="/build",
    )
    return StoredWheel(wheel=value, path=Path("/x.whl"), provenance=provenance, remarks=remarks)


class FakeWheels:
    """Wheels by what they are built from; each rebuilt one is that of the tree."""

    def __init__(self, **built: StoredWheel) -> None:
        self.built = built
        self.rebuilt: list[str] = []

    def take(self, artifact: str, cell: RunningCell) -> StoredWheel:
        if artifact not in self.built:
            raise BuildError("There is none.")
        return self.built[artifact]

    def finish(self, cell: RunningCell) -> None:
        pass

    def rebuild(self, other: StoredWheel, artifact: str, cell: RunningCell) -> StoredWheel:
        self.rebuilt.append(other.provenance.python)
        return self.built[artifact]


LACKING = stored(wheel({}), "3.12", remarks=("Python 3.11 could not build it.",))
FULL = stored(wheel(DEMO))


@pytest.mark.parametrize("tested", ["wheel", "sdist"])
def test_wheels_of_the_tree_and_of_the_sdist_are_compared(tested: Any) -> None:
    cell = a_cell(Variant(artifact=tested))
    cell.values["tracked"] = tracked()
    wheels = FakeWheels(wheel=FULL, sdist=LACKING)
    cell.stored = wheels.built[tested]
    compare_with_sdist(cell, cast("Any", wheels))
    (found,) = (one for one in cell.findings if one.check == "sdist")
    assert found.message == "Built from the source distribution, the wheel lacks demo/__init__.py."
    assert wheels.rebuilt == ["3.12"]
    record = cell.record().wheel
    assert record is not None
    assert record.remarks == ("Python 3.11 could not build it.",)


def test_a_sdist_that_cannot_be_built_is_a_problem_of_the_cell() -> None:
    cell = a_cell()
    compare_with_sdist(cell, cast("Any", FakeWheels()))
    assert cell.problems == []
    cell.stored = FULL
    compare_with_sdist(cell, cast("Any", FakeWheels(wheel=FULL)))
    assert [one.message for one in cell.problems] == ["There is none."]


@pytest.fixture
def smokes(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeWheels]:
    """Has a matrix test in a made-up way, on Pythons of which some are missing."""

    def prepare(*missing: str) -> FakeWheels:
        wheels = FakeWheels(wheel=FULL, sdist=LACKING)

        def smoke(
            cell: RunningCell,
            _: object,
            *,
            meanwhile: Callable[[], Any] | None = None,
            compares: bool = True,
        ) -> None:
            if cell.python in missing:
                raise InterpreterMissingError(cell.python)
            if meanwhile is not None:
                meanwhile().exception()
            cell.stored = FULL
            cell.values |= {**NEEDS, "loaded": loaded(imported("demo"))}
            cell.check({})

        monkeypatch.setattr(matrix_module, "smoke", smoke)
        monkeypatch.setattr(matrix_module, "wheels_of", lambda run: wheels)
        return wheels

    return prepare


def test_a_matrix_has_a_cell_for_each_python_and_each_variant(
    smokes: Callable[..., FakeWheels],
) -> None:
    smokes("3.12")
    run = a_run(variants=(Variant(), Variant(resolution="lowest-direct")))
    cells, missing = matrix(run, ["3.11", "3.12", "3.13"])
    assert [cell.name for cell in cells] == [
        "smoke_all-3.11",
        "smoke_all-3.11 · lowest",
        "smoke_all-3.13",
        "smoke_all-3.13 · lowest",
    ]
    assert missing == ["3.12"]
    assert {cell.outcome for cell in cells} == {Outcome.PASSED}


def test_a_matrix_compares_with_the_sdist_once(smokes: Callable[..., FakeWheels]) -> None:
    wheels = smokes("3.10")
    cells, _ = matrix(a_run(compares_sdist=True), ["3.10", "3.11", "3.12"])
    compared = [cell.name for cell in cells if any(one.check == "sdist" for one in cell.findings)]
    assert compared == ["smoke_all-3.11"]
    assert wheels.rebuilt == ["3.12"]
    # The other wheel has other files, so it is tested, too.
    assert [cell.name for cell in cells][2:] == ["smoke_all-3.11 · sdist"]


def test_a_wheel_of_the_sdist_with_the_same_files_needs_no_cell(
    smokes: Callable[..., FakeWheels],
) -> None:
    smokes().built["sdist"] = FULL
    cells, _ = matrix(a_run(compares_sdist=True), ["3.11"])
    assert [cell.name for cell in cells] == ["smoke_all-3.11"]


def test_a_sdist_that_cannot_be_built_is_not_tried_again(
    smokes: Callable[..., FakeWheels],
) -> None:
    del smokes().built["sdist"]
    (cell,), _ = matrix(a_run(compares_sdist=True), ["3.11"])
    assert [one.message for one in cell.problems] == ["There is none."]


def test_what_ends_a_matrix_ends_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def smoke(cell: RunningCell, _: object, *, meanwhile: object) -> None:
        raise InterruptedRunError("x")

    stopped: list[bool] = []
    monkeypatch.setattr(matrix_module, "smoke", smoke)
    monkeypatch.setattr(matrix_module, "wheels_of", lambda run: FakeWheels())
    monkeypatch.setattr(
        "nox_cleanroom.processes.supervision.stop_all", lambda: stopped.append(True)
    )
    with pytest.raises(InterruptedRunError):
        matrix(a_run(), ["3.11", "3.12"])
    assert stopped == [True]
