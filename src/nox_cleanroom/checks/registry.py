"""All checks, and how each gets the values that it needs.

A check is a function in a module of its own. Its parameters name the values that it needs, and it
yields findings. A value whose parameter has a default is probed only when a finding says that this
value would settle it. A new check is a module with such a function, and a line here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import get_type_hints

from nox_cleanroom.checks import (
    artefacts,
    builder,
    bytecode,
    commands,
    contents,
    dependencies,
    distributions,
    entry_points,
    ignore_rules,
    import_statements,
    imports,
    metadata,
    own_tests,
    package_data,
    pollution,
    readme,
    requirements,
    sdist,
    wheel_record,
)
from nox_cleanroom.errors import InterruptedRunError, unforeseen
from nox_cleanroom.findings import Finding, Outcome, Problem
from nox_cleanroom.output import last_lines
from nox_cleanroom.records import dataclass


@dataclass(frozen=True)
class Check:
    """A check, with the name that findings and waivers use."""

    name: str
    find: Callable[..., Iterable[Finding]]

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The values that it needs to run."""
        return tuple(name for name, one in self.parameters.items() if one.default is one.empty)

    @cached_property
    def settling(self) -> tuple[str, ...]:
        """The values that it uses when they are available."""
        return tuple(name for name in self.parameters if name not in self.needed)

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """All values that it takes."""
        return inspect.signature(self.find).parameters


#: The checks in the order of the grid's columns.
CHECKS = (
    Check("imports", imports.check),
    Check("entry points", entry_points.check),
    Check("import statements", import_statements.check),
    Check("distributions", distributions.check),
    Check("bytecode", bytecode.check),
    Check("metadata", metadata.check),
    Check("record", wheel_record.check),
    Check("contents", contents.check),
    Check("package data", package_data.check),
    Check("readme", readme.check),
    Check("requirements", requirements.check),
    Check("dependencies", dependencies.check),
    Check("tracked files", pollution.check_modified),
    Check("new files", pollution.check_new),
    Check("tracked artefacts", artefacts.check),
    Check("hidden source", ignore_rules.check_hidden),
    Check("tracked but ignored", ignore_rules.check_tracked),
    Check("ignore rules", ignore_rules.check_anchors),
    Check("commands", commands.check),
    Check("tests", own_tests.check),
    Check("sdist", sdist.check),
    Check("builder", builder.check),
)


def run_checks(values: Mapping[str, object], checks: Iterable[Check] = CHECKS) -> list[Finding]:
    """The findings of all checks whose values are available, in order.

    A check that raises an exception gives an ERROR, and the other checks still run.

    Args:
        values: the values of the probes, by name; a `Problem` where a probe failed.
        checks: the checks to run.
    """
    return [finding for check in checks for finding in _run(check, values)]


class Checker:
    """Runs checks again and again, each only when it gets another value than before.

    Args:
        checks: the checks.
    """

    def __init__(self, checks: Iterable[Check] = CHECKS) -> None:
        self._checks = tuple(checks)
        self._known: dict[str, tuple[Mapping[str, object], list[Finding]]] = {}

    def run(self, values: Mapping[str, object]) -> list[Finding]:
        """The findings of the checks; see `run_checks`.

        Args:
            values: the values, which stay as they are.
        """
        for check in self._checks:
            own = {name: values[name] for name in check.parameters if name in values}
            before, _ = self._known.get(check.name, (None, []))
            if before is None or not _are_the_same(own, before):
                self._known[check.name] = own, [*_run(check, values)]
        return self._findings

    @property
    def _findings(self) -> list[Finding]:
        return [finding for _, findings in self._known.values() for finding in findings]

    def unsettled(self, values: Mapping[str, object]) -> list[str]:
        """The names of values that would settle findings and have not been probed."""
        names = dict.fromkeys(one.settled_by for one in self._findings if one.settled_by)
        return [name for name in names if name not in values]


def _are_the_same(some: Mapping[str, object], others: Mapping[str, object]) -> bool:
    return some.keys() == others.keys() and all(some[name] is others[name] for name in some)


def _run(check: Check, values: Mapping[str, object]) -> Iterable[Finding]:
    if not all(name in values for name in check.needed):
        return []
    needed = {name: values[name] for name in check.needed}
    for value in needed.values():
        if isinstance(value, Problem):
            return [_error(check, value)]
    settling = {name: values.get(name) for name in check.settling}
    known = {name: value for name, value in settling.items() if not isinstance(value, Problem)}
    try:
        return [replace(one, check=check.name) for one in check.find(**needed, **known)]
    except InterruptedRunError:
        raise
    except Exception as raised:  # noqa: BLE001 - any exception is reported
        return [_error(check, Problem.from_error(unforeseen(raised)))]


def _error(check: Check, problem: Problem) -> Finding:
    return Finding(
        check=check.name,
        subject="probe",
        outcome=Outcome.ERROR,
        message=problem.message,
        hint=problem.hint,
        output=last_lines(problem.output, 25),
        code=problem.code,
    )


@cache
def value_types() -> Mapping[str, object]:
    """The type of each value that a check uses, by the name of the value."""
    types: dict[str, object] = {}
    for check in CHECKS:
        types |= get_type_hints(check.find)
    types.pop("return", None)
    return types
