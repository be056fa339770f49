"""Does every import statement name something that exists? The check reads the text only.

Importing the package does not run an import in a function, or in a module that is loaded only when
needed. Such an import still fails for users.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name

from nox_cleanroom.checks.advice import Clues, advice_on_missing, advice_on_name
from nox_cleanroom.checks.broken_imports import missing_in_imports
from nox_cleanroom.checks.extras import settle_by_extras
from nox_cleanroom.checks.import_graph import DeadEnd, ImportGraph
from nox_cleanroom.checks.python_versions import (
    is_of_versions,
    standard_library_advice,
    standard_library_words,
)
from nox_cleanroom.environments.environment import Facts
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.inside.standard_library import lacking, stated
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.extras import WithExtras
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.loading import Loaded
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.probes.tracked import LeftOut, Tracked
from nox_cleanroom.wheels import Wheel

#: Distributions whose modules have other names; extras are often named after distributions.
_PROVIDERS: Mapping[str, str] = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "nacl": "pynacl",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "pkg_resources": "setuptools",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "socks": "pysocks",
    "usb": "pyusb",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


def check(
    *,
    wheel: Wheel,
    facts: Facts,
    tracked: Tracked,
    installed: Installed,
    sources: Sources,
    loaded: Loaded | None = None,
    left_out: LeftOut | None = None,
    with_extras: WithExtras | None = None,
) -> Iterator[Finding]:
    """One finding for each name that does not exist, or one for all modules."""
    clues = Clues(wheel=wheel, facts=facts, tracked=tracked, left_out=left_out)
    # What importing has missed is reported once.
    missed = missing_in_imports(loaded) if loaded is not None else frozenset[str]()
    yield from settle_by_extras(
        _findings(clues, sources, missed),
        again=lambda second: _findings(clues, second.sources, missed),
        wheel=wheel,
        installed=installed,
        with_extras=with_extras,
    )


def _findings(clues: Clues, sources: Sources, missed: frozenset[str]) -> Iterator[Finding]:
    graph = ImportGraph.of(clues.wheel, sources)
    found: dict[tuple[Outcome, str], list[DeadEnd]] = {}
    for dead_end in sorted(graph.dead_ends):
        outcome = _judge(graph, dead_end, clues.facts)
        if outcome is not None and dead_end.what not in missed:
            found.setdefault((outcome, dead_end.what), []).append(dead_end)
    optional = {what: ends for (outcome, what), ends in found.items() if outcome is Outcome.PASSED}
    for (outcome, what), dead_ends in found.items():
        if outcome is not Outcome.PASSED:
            yield _finding(clues, what, outcome, dead_ends)
    yield from _unread(sources)
    has_source = bool(sources.answers)
    if optional or not found:
        yield Finding(
            "all modules",
            Outcome.PASSED if has_source else Outcome.SKIPPED,
            _note(optional) if has_source else "The wheel has no Python source.",
        )


def _unread(sources: Sources) -> Iterator[Finding]:
    """A note on each module that compiles but that our reader could not analyse."""
    for answer in sources.answers:
        if answer.said and "unread" in answer.said:
            yield Finding(
                clean_text(answer.subject),
                Outcome.PASSED,
                f"It could not be read: {clean_text(answer.said['unread'])}.",
            )


def _judge(graph: ImportGraph, dead_end: DeadEnd, facts: Facts) -> Outcome | None:
    """The outcome of a missing name; PASSED for a note, None for no finding."""
    scope, top = dead_end.scope, dead_end.what.partition(".")[0]
    was_run = scope in graph.run_by_import and dead_end.sure
    if was_run or not scope.is_for_users or graph.is_dead(scope):
        # Other probes have already run this import, or it never runs here.
        return None
    words = _standard_library(graph.wheel, dead_end, facts)
    if words:
        return _judge_standard_library(graph, dead_end, words)
    if graph.finds_modules or dead_end.what in graph.sets:
        return None
    if _is_own(graph.wheel, dead_end.what):
        if dead_end.what in graph.optional and not dead_end.sure:
            return None
        return Outcome.FAILED if scope in graph.on_the_way else Outcome.WARNED
    return _judge_foreign(graph, dead_end, top)


def _judge_foreign(graph: ImportGraph, dead_end: DeadEnd, top: str) -> Outcome | None:
    """The outcome of a missing module of another distribution, which may be optional."""
    scope = dead_end.scope
    if top in graph.optional or scope.module in graph.only_tried:
        return None
    if scope in graph.on_the_way and dead_end.sure:
        return Outcome.FAILED
    if top in graph.mentioned or _extras_with(graph.wheel, top):
        # The package knows that it may be absent.
        return None
    # Many packages have modules for users of another package, and only their docs say so.
    return Outcome.PASSED


def _standard_library(wheel: Wheel, dead_end: DeadEnd, facts: Facts) -> str:
    """Where the standard library has a name that an interpreter lacks; or empty."""
    if dead_end.what.partition(".")[0] in wheel.top_level_names:
        return ""
    module, _, name = dead_end.what.rpartition(".")
    words = stated(dead_end.what) if dead_end.kind == "module" else stated(module, name)
    minor = int(facts.version.split(".")[1])
    return lacking(words, minor, facts.markers["sys_platform"])


def _judge_standard_library(graph: ImportGraph, dead_end: DeadEnd, words: str) -> Outcome | None:
    if dead_end.what.partition(".")[0] in graph.optional:
        return None
    if dead_end.sure and dead_end.scope in graph.on_the_way:
        return Outcome.FAILED
    # Code for another system is often reached only there; another version is any user's.
    is_reached = dead_end.sure or dead_end.unguarded
    return Outcome.WARNED if is_of_versions(words) and is_reached else None


def _is_own(wheel: Wheel, what: str) -> bool:
    """Whether a missing module would lie in one of the wheel's own packages.

    In a namespace package it may belong to another distribution.
    """
    return what.rpartition(".")[0] in wheel.modules


def _note(optional: Mapping[str, list[DeadEnd]]) -> str:
    """A note on modules that are imported and not required, where this harms nobody."""
    if not optional:
        return ""
    named = [f"{what} ({ends[0].path}:{ends[0].line})" for what, ends in optional.items()]
    more = f" and {len(named) - 5} more" if named[5:] else ""
    return (
        f"No requirement brings {clean_text(', '.join(named[:5]))}{more}; fine where they are"
        " optional."
    )


def _finding(clues: Clues, what: str, outcome: Outcome, dead_ends: list[DeadEnd]) -> Finding:
    first, wheel = dead_ends[0], clues.wheel
    verb = "uses" if first.kind == "attribute" else "imports"
    where = f"{first.path}:{first.line} {verb} it"
    if first.scope.name:
        where += f" in {first.scope.name}"
    if dead_ends[1:]:
        where += f", and {len(dead_ends) - 1} more do"
    way = ", on the way of an entry point" if outcome is Outcome.FAILED else ""
    words = _standard_library(wheel, first, clues.facts)
    extras = [] if words else _extras_with(wheel, what.partition(".")[0])
    if words:
        hint = standard_library_advice(words)
    elif extras:
        hint = f"It comes with the extra `{extras[0]}`: say so where it is missing, or require it."
    else:
        advise = advice_on_name if first.kind == "name" else advice_on_missing
        hint = advise(clues, what)
    return Finding(
        clean_text(what),
        Outcome.WARNED if extras else outcome,
        f"{clean_text(where)}{way}: {_why(wheel, what, words)}.",
        hint,
        settled_by="" if extras or words else clues.settled_by,
    )


def _why(wheel: Wheel, what: str, words: str) -> str:
    top = what.partition(".")[0]
    if words:
        return standard_library_words(words)
    if _is_own(wheel, what):
        return "it is not in the wheel"
    if top in sys.stdlib_module_names:
        return "this interpreter's standard library does not have it"
    provider = _PROVIDERS.get(top)
    return "no requirement brings it" + (f"; `{provider}` does" if provider else "")


def _extras_with(wheel: Wheel, top: str) -> list[str]:
    """The extras that bring a top-level name, judged by the names of their requirements."""
    names = {canonicalize_name(top), _PROVIDERS.get(top, "")}
    return [
        extra
        for extra in wheel.metadata.get("provides_extra", [])
        for requirement in wheel.requirements
        if requirement.marker is not None
        and (
            canonicalize_name(requirement.name) in names or _is_namespace_of(requirement.name, top)
        )
        and requirement.marker.evaluate({"extra": extra})
        and not requirement.marker.evaluate({"extra": ""})
    ]


def _is_namespace_of(distribution: str, top: str) -> bool:
    return canonicalize_name(distribution).startswith(f"{canonicalize_name(top)}-")
