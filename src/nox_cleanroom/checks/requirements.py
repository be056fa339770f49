"""Do the wheel's requirements say what their author meant?

Installers follow a requirement to the letter. An extra that does not exist, or a marker that never
holds, leaves something out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nox_cleanroom.errors import nearest
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.tracked import Tracked
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel, installed: Installed, tracked: Tracked) -> Iterator[Finding]:
    """One finding for each problem, or one for all requirements."""
    found = [
        finding
        for requirement in wheel.requirements
        for finding in (
            *_direct_reference(requirement),
            *_own_extras(requirement, wheel),
            *_extras(requirement, wheel, installed),
            *_markers(requirement),
        )
    ]
    found += _empty_extras(wheel, tracked)
    yield from dict.fromkeys(found) or [Finding("all requirements", Outcome.PASSED)]


def _warn(requirement: Requirement, message: str, hint: str) -> Finding:
    subject = clean_text(str(requirement).partition(";")[0].strip())
    return Finding(subject, Outcome.WARNED, clean_text(message), clean_text(hint))


def _direct_reference(requirement: Requirement) -> Iterator[Finding]:
    """A requirement by its address, which the public index refuses.

    (https://packaging.python.org/specifications/version-specifiers/#direct-references)
    """
    if requirement.url:
        yield _warn(
            requirement,
            "It is a direct reference, and the public index refuses distributions with one.",
            "Require a released version, or keep it out of the published metadata.",
        )


def _extras(requirement: Requirement, wheel: Wheel, installed: Installed) -> Iterator[Finding]:
    """Extras that the installed distribution does not offer."""
    name = canonicalize_name(requirement.name)
    for one in installed.distributions:
        if not one.name or canonicalize_name(one.name) != name or name == wheel.name:
            continue
        offered = {canonicalize_name(extra): extra for extra in one.extras}
        for extra in sorted(requirement.extras):
            if canonicalize_name(extra) not in offered:
                yield _warn(
                    requirement,
                    f"{one.name} {one.version} has no extra `{extra}`, so installers only warn, and"
                    " leave out what it should bring.",
                    _correct(extra, [*offered.values()]),
                )


def _own_extras(requirement: Requirement, wheel: Wheel) -> Iterator[Finding]:
    """Extras of this very distribution that it does not offer."""
    own = [*wheel.metadata.get("provides_extra", [])]
    offered = set(map(canonicalize_name, own))
    if canonicalize_name(requirement.name) == wheel.name:
        for extra in sorted(requirement.extras):
            if canonicalize_name(extra) not in offered:
                yield _warn(
                    requirement,
                    f"It refers to the extra `{extra}` of this distribution, which does not exist.",
                    _correct(extra, own),
                )
    for name, _, value in _comparisons(requirement):
        if name == "extra" and canonicalize_name(value) not in offered:
            yield _warn(
                requirement,
                f"Its marker names the extra `{value}`, which this distribution does not have.",
                _correct(value, own),
            )


def _correct(extra: str, offered: list[str]) -> str:
    near = nearest(extra, offered)
    if near:
        return f"Did you mean `{near}`?"
    return f"It has: {', '.join(sorted(offered)) or 'none'}."


def _empty_extras(wheel: Wheel, tracked: Tracked) -> Iterator[Finding]:
    named = {
        canonicalize_name(value)
        for requirement in wheel.requirements
        for name, _, value in _comparisons(requirement)
        if name == "extra"
    }
    meant = set(map(canonicalize_name, tracked.empty_extras))
    for extra in wheel.metadata.get("provides_extra", []):
        if canonicalize_name(extra) not in named | meant:
            yield Finding(
                clean_text(f"[{extra}]"),
                Outcome.WARNED,
                "This extra brings no requirement, so users who ask for it get nothing more.",
                "Are its requirements optional ones by the backend's rules? If it is kept for old"
                " users only, waive this finding.",
            )


#: The values that occur, by the name in a marker (PEP 508).
_KNOWN = {
    "sys_platform": r"linux2?|darwin|win32|cygwin|msys|aix|emscripten|wasi|ios|android|zos|java.*"
    r"|(free|open|net)bsd\d*|dragonfly\d*|sunos\d*|haiku\d*|gnu\d*|os2.*|riscos|brython|vxworks",
    "platform_system": r"Linux|Darwin|Windows|Java|(Free|Open|Net)BSD|DragonFly|SunOS|AIX|GNU"
    r"|Emscripten|(CYGWIN|MSYS|MINGW).*|Haiku|iOS|iPadOS|tvOS|Android|OS/390|wasi|",
    "os_name": r"posix|nt|java|os2|ce|riscos|edk2",
    "implementation_name": r"cpython|pypy|jython|ironpython|graalpy|micropython|rustpython"
    r"|circuitpython|brython|pyston|cinder",
    "platform_python_implementation": r"CPython|PyPy|Jython|IronPython|GraalVM|GraalPy|RustPython"
    r"|Pyston|Brython|MicroPython",
}
#: The right spelling of values that are often mistaken, by how these begin.
_MEANT = {
    "sys_platform": {"win": "win32", "mac": "darwin", "osx": "darwin", "lin": "linux"},
    "platform_system": {"win": "Windows", "mac": "Darwin", "osx": "Darwin", "dar": "Darwin"}
    | {"lin": "Linux"},
    "os_name": {"win": "nt", "lin": "posix", "mac": "posix", "dar": "posix"},
}


def _markers(requirement: Requirement) -> Iterator[Finding]:
    """Comparisons that never hold, or that always do."""
    for name, operator, value in _comparisons(requirement):
        known = _KNOWN.get(name)
        if known and operator in {"==", "!="} and not re.fullmatch(known, value):
            always = "holds everywhere" if operator == "!=" else "never holds"
            meant = _MEANT.get(name, {}).get(value[:3].lower(), value.lower())
            yield _warn(
                requirement,
                f'`{name} {operator} "{value}"` {always}: `{name}` is never "{value}".',
                f'Did you mean "{meant}"?' if re.fullmatch(known, meant) else "Correct the value.",
            )
        elif name == "python_version" and _compares_a_third_number(operator, value):
            yield _warn(
                requirement,
                f'`{name} {operator} "{value}"` compares three numbers, and `python_version` has'
                " two, such as 3.11, so it decides for all versions 3.11.x at once.",
                "Use `python_full_version`, or two numbers.",
            )


def _compares_a_third_number(operator: str, value: str) -> bool:
    found = re.fullmatch(r"\d+\.\d+\.(\d+)", value)
    # Both 3.11 and 3.11.0 are the same, so `>= "3.11.0"` means what it says.
    return found is not None and (int(found[1]) > 0 or operator in {">", "<="})


def _comparisons(requirement: Requirement) -> Iterator[tuple[str, str, str]]:
    """The name, the operator and the value of each comparison in a marker.

    `packaging` keeps the parsed marker to itself, and writes it in one way only.
    """
    text = str(requirement.marker or "")
    for name, operator, value in re.findall(r'(\w+) (===?|!=|<=?|>=?|~=) "([^"]*)"', text):
        yield name, operator, value
    for value, operator, name in re.findall(r'"([^"]*)" (===?|!=|<=?|>=?|~=) (\w+)', text):
        turned = operator.translate(str.maketrans("<>", "><"))
        yield name, turned, value
