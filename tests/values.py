"""Values as probes bring them and findings as checks give them: a line each, without a disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nox_cleanroom.checks.registry import CHECKS, run_checks
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.environments.interpreter_questions import Answer
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.members import record_digest
from nox_cleanroom.probes.builds import BuiltWheel
from nox_cleanroom.probes.extras import WithExtras
from nox_cleanroom.probes.installed import Distribution, Installed
from nox_cleanroom.probes.loading import Loaded
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.results import Subject, WheelRecord
from nox_cleanroom.wheels import Wheel, WheelFile

#: The environment of all installed values, and where the package lies in it.
LOCATION = os.path.join(os.sep, "env")
SITE = os.path.join(LOCATION, "site-packages")
INFO = "demo-1.0.dist-info"
FILENAME = "demo-1.0-py3-none-any.whl"
DIGEST = "0123456789abcdef" * 4

DEMO = {"demo/__init__.py": "def main():\n    print('hello')\n"}
MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "6",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
SUBJECT = Subject(
    project=".",
    commit="a" * 40,
    describe="v1.0",
    rev="HEAD",
    settings_source="pyproject.toml",
    uncommitted=0,
)


@dataclass(frozen=True)
class Says:
    """Makes the findings of one check, as a test expects them."""

    check: str

    def passed(self, subject: str, message: str = "", **more: Any) -> Finding:
        return self._finding(subject, Outcome.PASSED, message, more)

    def skipped(self, subject: str, message: str, **more: Any) -> Finding:
        return self._finding(subject, Outcome.SKIPPED, message, more)

    def warned(self, subject: str, message: str, **more: Any) -> Finding:
        return self._finding(subject, Outcome.WARNED, message, more)

    def failed(self, subject: str, message: str, **more: Any) -> Finding:
        return self._finding(subject, Outcome.FAILED, message, more)

    def error(self, subject: str, message: str, **more: Any) -> Finding:
        return self._finding(subject, Outcome.ERROR, message, more)

    def _finding(self, subject: str, outcome: Outcome, message: str, more: Any) -> Finding:
        return Finding(check=self.check, subject=subject, outcome=outcome, message=message, **more)


def look(check: str, values: Mapping[str, object], **more: object) -> list[Finding]:
    """What one check finds, run as a cell runs it."""
    return run_checks({**values, **more}, [one for one in CHECKS if one.name == check])


def unsettled(findings: Iterable[Finding]) -> list[str]:
    """What would settle each finding; no comparison of findings looks at it."""
    return [one.settled_by for one in findings]


def wheel(
    files: Mapping[str, str] = DEMO,
    *,
    name: str = "demo",
    version: str = "1.0",
    tag: str = "py3-none-any",
    metadata: str = "",
    entry_points: str = "",
    modes: Mapping[str, int] | None = None,
) -> Wheel:
    """A wheel with a right RECORD, unless the files bring their own.

    METADATA is that of the name and the version, and then what is given.
    """
    info = f"{name}-{version}.dist-info"
    contents = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        **({f"{info}/entry_points.txt": entry_points} if entry_points else {}),
        **files,
    }
    digests = {path: record_digest(_bytes(text)) for path, text in contents.items()}
    rows = [f"{path},{digest}," for path, digest in digests.items()]
    contents.setdefault(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return Wheel(
        filename=f"{name}-{version}-{tag}.whl",
        sha256=DIGEST,
        files=tuple(
            WheelFile(
                name=path,
                size=len(text),
                digest=record_digest(_bytes(text)),
                mode=(modes or {}).get(path, 0o644),
            )
            for path, text in contents.items()
        ),
        texts={path: text for path, text in contents.items() if path.startswith(f"{info}/")},
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def wheel_record(**more: Any) -> WheelRecord:
    """What a report keeps of a wheel that this run has built."""
    values: dict[str, Any] = {
        "name": "demo",
        "version": "1.0",
        "file": FILENAME,
        "sha256": DIGEST,
        "built_now": True,
        "built_at": "2026-01-01T12:00:00+00:00",
        "built_with": "3.11.7",
    }
    return WheelRecord(**{**values, **more})


def built(wheel: Wheel, python: str = "3.11", **requirements: str) -> BuiltWheel:
    """A wheel, and what built it."""
    return BuiltWheel(
        wheel=wheel, python=python, built_with=f"{python}.7", requirements=requirements
    )


def tracked(*names: str, **more: Any) -> Tracked:
    """A commit with these files, and with tags."""
    values: dict[str, Any] = {
        "subdirectory": ".",
        "missing_submodules": (),
        "has_tags": True,
        "is_shallow": False,
    }
    return Tracked(names=names, **{**values, **more})


def facts(**more: Any) -> Facts:
    """CPython 3.11 on Linux."""
    values: dict[str, Any] = {
        "version": "3.11.7",
        "implementation": "CPython",
        "cache_tag": "cpython-311",
        "executable": os.path.join(LOCATION, "bin", "python"),
        "prefix": LOCATION,
        "platform": "Linux",
        "tags": ("cp311-cp311-linux_x86_64", "py3-none-any"),
        "markers": MARKERS,
        "paths": {"purelib": SITE, "platlib": SITE, "scripts": LOCATION, "data": LOCATION},
    }
    return Facts(**{**values, **more})


def distribution(name: str, version: str = "1.0", *requires: str) -> Distribution:
    """One that is installed."""
    return Distribution(name=name, version=version, requires=requires)


def installed(
    *distributions: Distribution,
    extras: tuple[str, ...] = (),
    programs: tuple[str, ...] = ("demo",),
) -> Installed:
    """An environment with these distributions; with demo 1.0 when there are none."""
    return Installed(
        location=LOCATION,
        extras=extras,
        distributions=distributions or (distribution("demo"),),
        programs=programs,
    )


def answer(kind: str, subject: str, said: Mapping[str, Any] | None, **more: Any) -> Answer:
    """What came back about a subject."""
    return Answer(kind=kind, subject=subject, said=said, **more)


def imported(name: str, *places: str, **said: Any) -> Answer:
    """A module that was imported: from the environment, unless places are given."""
    found = [*places] or [os.path.join(SITE, *name.split("."), "__init__.py")]
    return answer("import", name, {"places": found, "wrote": [], "started": [], **said})


def raised(kind: str, subject: str, error: str, **about: Any) -> Answer:
    """Code that raised an exception, given as ``Type: message``."""
    name, _, message = error.partition(": ")
    return answer(kind, subject, {"error": {"type": name, "message": message, **about}})


def entry_point(value: str, **said: Any) -> Answer:
    """An entry point that was loaded."""
    found = {"callable": True, "type": "function", "demands": [], **said}
    return answer("entry point", value, found)


def loaded(*answers: Answer) -> Loaded:
    """What came of imports and of entry points; `demo` was imported when there is none."""
    return Loaded(answers=answers or (imported("demo"),))


def module(name: str, **said: Any) -> Answer:
    """A module that was read, given as its name in the archive."""
    dotted = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    nothing: dict[str, Any] = {"edges": [], "unresolved": [], "optional": [], "mentioned": []}
    return answer("read", name, {"module": dotted, **nothing, **said})


def edge(to: str, to_scope: str = "", scope: str = "", **more: bool) -> dict[str, Any]:
    """Where a scope of a module leads."""
    return {"scope": scope, "to": to, "to_scope": to_scope, "sure": True, **more}


def dead_end(
    what: str, scope: str = "", line: int = 3, *, sure: bool = True, **more: str
) -> dict[str, Any]:
    """An import statement that leads nowhere."""
    return {"what": what, "scope": scope, "line": line, "sure": sure, **more}


def sources(*answers: Answer) -> Sources:
    """What was read in modules."""
    return Sources(answers=answers)


def with_extras(
    installed_: Installed | None = None,
    loaded_: Loaded | None = None,
    sources_: Sources | None = None,
) -> WithExtras:
    """What an environment with all extras brings: all is well there, unless it is given."""
    return WithExtras(
        installed=installed_ or installed(),
        loaded=loaded_ or loaded(),
        sources=sources_ or sources(module("demo/__init__.py")),
    )
