"""Does the wheel hold the files that its code reads, and those that belong to its packages?

Installed code finds only what the wheel installs. In a checkout it also finds what the build left
out: because of ``package-data``, ``include``, ``exclude``, MANIFEST.in, an ignore rule, or a
directory without an ``__init__.py``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from nox_cleanroom.checks.package_files import (
    Package,
    Use,
    counts,
    named_uses,
    place_of,
    sources_of,
    use_of,
)
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import LeftOut, Tracked
from nox_cleanroom.wheels import Wheel

#: Parts of paths that mark files for the developers of a package.
_FOR_DEVELOPERS = re.compile(
    r"(^|/)(tests?|testing|_tests?|docs?|examples?|benchmarks?|scripts|tools|node_modules|_build"
    r"|\.[^/]*|__pycache__)/|(^|/)(conftest|test_[^/]*|[^/]*_test|setup|\.[^/]*"
    r"|[^/]*_?(build|generate|gen|make|compile)[^/]*)\.py$|(^|/)\.[^/]+$"
)
#: Endings of source files from which a build makes others.
_SOURCES = re.compile(
    r"\.(c|cc|cpp|cxx|h|hh|hpp|pyx|pxd|pxi|rs|f|f90|pyf|in|am|ac|cmake|jinja-src|toml|cfg|md|rst)$"
    r"|(^|/)(Makefile|meson\.build|BUILD|CMakeLists\.txt|MANIFEST\.in|README[^/]*|LICEN[CS]E[^/]*)$"
)


def check(
    *, wheel: Wheel, tracked: Tracked, sources: Sources, left_out: LeftOut | None = None
) -> Iterator[Finding]:
    """One finding for each file that is missed, or one for the wheel."""
    package = Package(wheel, tracked, sources)
    beyond = _beyond_the_commit(package)
    # Only git knows whether these are in the checkout; code may also make them itself.
    settled_by = "left_out" if beyond and left_out is None else ""
    findings = [
        *_read(package, left_out),
        *(_uncommitted(package, beyond, left_out) if left_out is not None else ()),
        *_typing(package, left_out),
        *_plugins(package, left_out),
        *_permissions(package),
    ]
    yield from (replace(one, settled_by=one.settled_by or settled_by) for one in findings)
    if not any(one.outcome is not Outcome.PASSED for one in findings):
        yield Finding(wheel.filename, Outcome.PASSED, _note(package), settled_by=settled_by)


def _read(package: Package, left_out: LeftOut | None) -> Iterator[Finding]:
    """Findings about files that code reads."""
    missing: dict[str, list[Use]] = {}
    for path, said in package.read.items():
        for read in said.get("reads", ()):
            for source in sources_of(package, path, read):
                if not read.get("guarded"):
                    missing.setdefault(source, []).append(use_of(path, said, read))
    for source in package.lacking:
        for use in named_uses(package, source):
            missing.setdefault(source, []).append(use)
    alive = {
        source: [use for use in uses if counts(package.graph, use)]
        for source, uses in sorted(missing.items())
    }
    needed = [source for source, uses in alive.items() if uses]
    for source in needed:
        # A directory is not named again if a file in it is.
        if not any(other.startswith(f"{source}/") for other in needed):
            yield _missing(package, source, alive[source], left_out)


def _beyond_the_commit(package: Package) -> Mapping[str, list[Use]]:
    """The files that code reads by their place, and that the commit does not have."""
    missing: dict[str, list[Use]] = {}
    for path, said in package.read.items():
        for read in said.get("reads", ()):
            source = place_of(package, path, read["rel"])
            use = use_of(path, said, read)
            is_needed = not read.get("guarded") and counts(package.graph, use)
            if source and is_needed and not package.tracked.has(source):
                missing.setdefault(source, []).append(use)
    return missing


def _uncommitted(
    package: Package, missing: Mapping[str, list[Use]], left_out: LeftOut
) -> Iterator[Finding]:
    """Findings about files that code reads, and that are in the checkout only."""
    for source, uses in sorted(missing.items()):
        if source in left_out.files:
            yield replace(
                _missing(package, source, uses, left_out, "in the checkout and not in the commit"),
                hint=_advice_on_uncommitted(left_out, source),
            )


def _advice_on_uncommitted(left_out: LeftOut, source: str) -> str:
    rule = left_out.rules.get(source)
    if rule is None:
        return "`git add` it; only what is committed is tested."
    return (
        f"The ignore rule `{clean_text(rule.pattern)}` ({rule.place}) covers it: narrow the rule,"
        " and commit the file."
    )


def _missing(
    package: Package,
    source: str,
    uses: list[Use],
    left_out: LeftOut | None,
    where_it_is: str = "in the commit and not in the wheel",
) -> Finding:
    certain = [use for use in uses if use.sure and use.scope in package.graph.on_the_way]
    first = (certain or uses)[0]
    function = f" in {first.scope.name}" if first.scope.name else ""
    where = f"{first.path}:{first.line} reads it{function}"
    way = ", on the way of an entry point" if certain else ""
    more = f", and {len(uses) - 1} more do" if uses[1:] else ""
    return Finding(
        clean_text(source),
        Outcome.FAILED if certain else Outcome.WARNED,
        f"{clean_text(where)}{more}{way}: it is {where_it_is}.",
        _advice(package, source, left_out),
        settled_by="left_out" if left_out is None else "",
    )


def _advice(package: Package, source: str, left_out: LeftOut | None) -> str:
    rule = left_out.rules.get(source) if left_out else None
    if rule is not None:
        return (
            f"The ignore rule `{clean_text(rule.pattern)}` ({rule.place}) covers it, and some build"
            " backends leave out what is ignored: narrow the rule."
        )
    if not package.installed(source):
        return "It lies outside of the package: move it into the package, and read it from there."
    return "Declare it as package data; the build backend's documentation says how."


def _typing(package: Package, left_out: LeftOut | None) -> Iterator[Finding]:
    """Findings about what type checkers look for (PEP 561)."""
    stubs = [one for one in package.lacking if one.endswith((".pyi", "/py.typed"))]
    shipped = {posixpath.dirname(name) for name in package.wheel.names}
    for source in stubs:
        is_in_package = posixpath.dirname(package.installed(source)) in shipped
        if is_in_package and not _FOR_DEVELOPERS.search(source):
            yield Finding(
                clean_text(source),
                Outcome.WARNED,
                "It is in the commit and not in the wheel, so type checkers do not see it.",
                _advice(package, source, left_out),
                settled_by="left_out" if left_out is None else "",
            )
    is_typed = any(name.endswith("/py.typed") for name in package.wheel.names)
    says_so = "Typing :: Typed" in package.wheel.metadata.get("classifiers", [])
    if says_so and not is_typed and not stubs:
        yield Finding(
            "py.typed",
            Outcome.WARNED,
            "The classifier `Typing :: Typed` says that the package is typed, and no package of the"
            " wheel has a `py.typed`, so type checkers ignore its types.",
            "Add an empty `py.typed` to the package, or drop the classifier.",
        )


def _plugins(package: Package, left_out: LeftOut | None) -> Iterator[Finding]:
    """Findings about modules that only dynamic code would import."""
    if not any(said.get("imports_by_name") for said in package.read.values()):
        return
    wanted = {dead_end.what for dead_end in package.graph.dead_ends}
    by_directory: dict[str, list[str]] = {}
    for source in package.lacking:
        module = package.module_of(source)
        is_missed = module and module not in package.wheel.modules
        if is_missed and not _FOR_DEVELOPERS.search(source) and not _is_named(module, wanted):
            by_directory.setdefault(posixpath.dirname(source), []).append(source)
    for directory, found in sorted(by_directory.items()):
        names = ", ".join(PurePosixPath(one).name for one in found[:5])
        more = f" and {len(found) - 5} more" if found[5:] else ""
        yield Finding(
            clean_text(directory),
            Outcome.WARNED,
            f"These modules are in the commit and not in the wheel: {clean_text(names)}{more}. The"
            " package imports modules by name, so it may miss them.",
            _advice(package, found[0], left_out)
            if left_out and found[0] in left_out.rules
            else "Does the directory have an `__init__.py`, and does the build backend include it?",
            settled_by="left_out" if left_out is None else "",
        )


def _is_named(module: str, wanted: set[str]) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in wanted)


#: Endings of programs; in some repositories all files may be executed.
_PROGRAMS = {"", ".sh", ".bash", ".bin", ".exe", ".pl", ".rb"}


def _permissions(package: Package) -> Iterator[Finding]:
    """Findings about programs that the wheel would install without the right to run them."""
    programs = {one.rpartition("/")[2]: one for one in package.tracked.executables}
    for file in package.wheel.files:
        path = PurePosixPath(file.name)
        source = programs.get(path.name) if path.suffix in _PROGRAMS else None
        is_shipped = path.parts[0] != package.wheel.dist_info and not path.name.isupper()
        # Archivers on other systems than Unix write no mode.
        if source and is_shipped and file.mode and not file.mode & 0o111:
            yield Finding(
                clean_text(source),
                Outcome.WARNED,
                f"It may be executed in the repository, and {clean_text(file.name)} of the wheel"
                f" may not (its mode is {file.mode & 0o777:o}).",
                "Let the build keep the permissions, or start the program through its interpreter.",
            )


def _note(package: Package) -> str:
    """A note on files that the wheel lacks and no code needs, as far as it was read."""
    others = [
        one
        for one in package.lacking
        if not _FOR_DEVELOPERS.search(one) and not _SOURCES.search(one)
    ]
    if not others:
        return ""
    more = f" and {len(others) - 5} more" if others[5:] else ""
    return f"Not in the wheel, and no code needs them: {clean_text(', '.join(others[:5]))}{more}."
