"""Is every distribution installed that code asks `importlib.metadata` for by its name?

The name of a distribution may differ from that of its package, and nothing shows a wrong name until
the code runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from nox_cleanroom.checks.import_graph import ImportGraph, Scope
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.wheels import Wheel


def check(*, wheel: Wheel, installed: Installed, sources: Sources) -> Iterator[Finding]:
    """One finding for each name that no installed distribution has."""
    graph = ImportGraph.of(wheel, sources)
    here = {canonicalize_name(one.name) for one in installed.distributions if one.name}
    # A requirement that is absent comes with an extra, or is for another interpreter.
    known = here | {canonicalize_name(one.name) for one in wheel.requirements}
    seen: set[str] = set()
    for answer in sources.answers:
        said = answer.said or {}
        for asked in said.get("distributions", ()):
            name, scope = asked["name"], Scope(str(said.get("module")), asked["scope"])
            outcome = _judge(graph, asked, scope)
            if canonicalize_name(name) in known or name in seen or outcome is None:
                continue
            seen.add(name)
            way = ", on the way of an entry point" if outcome is Outcome.FAILED else ""
            yield Finding(
                clean_text(name),
                outcome,
                f"{answer.subject}:{asked['line']} asks for the distribution `{clean_text(name)}`"
                f"{way}, and no distribution of that name is installed.",
                _advice(wheel, name),
            )


def _judge(graph: ImportGraph, asked: Mapping[str, Any], scope: Scope) -> Outcome | None:
    """The outcome for a name that no distribution has; None where that harms nobody."""
    was_run = asked["sure"] and scope in graph.run_by_import
    is_import = asked["name"] in graph.wheel.top_level_names
    if (
        not scope.is_for_users
        or was_run
        or graph.is_dead(scope)
        or (is_import and asked.get("takes_imports"))
    ):
        return None
    if asked["sure"] and scope in graph.on_the_way:
        return Outcome.FAILED
    # Other names are often those of optional distributions, which the code has looked for before.
    place = f"{scope.module}.{scope.name}"
    is_about_itself = _ABOUT_ITSELF.search(place) and asked["name"].lower() not in place.lower()
    return Outcome.WARNED if is_import or "takes_imports" in asked or is_about_itself else None


#: Names of modules and functions that state the package's own version.
_ABOUT_ITSELF = re.compile(r"version|about|metadata|__getattr__", re.IGNORECASE)


def _advice(wheel: Wheel, name: str) -> str:
    if name in wheel.top_level_names:
        return f"`{name}` is the package; its distribution is `{wheel.metadata.get('name')}`."
    name_of_wheel = wheel.metadata.get("name")
    return f"This distribution is `{name_of_wheel}`; catch PackageNotFoundError for others."
