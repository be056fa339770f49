"""Is every distribution installed that code asks `importlib.metadata` for by its name?

The name of a distribution may differ from that of its package, and nothing shows a wrong name until
the code runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from nox_cleanroom.checks.import_graph import ImportGraph, Scope
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.installed import Installed
from nox_cleanroom.probes.sources import Sources
from nox_cleanroom.wheel import Wheel


def check(*, wheel: Wheel, installed: Installed, sources: Sources) -> Iterator[Finding]:
    """One finding for each name that no installed distribution has."""
    graph = ImportGraph.of(wheel, sources)
    here = {canonicalize_name(one.name) for one in installed.distributions if one.name}
    offered = {canonicalize_name(one.name) for one in wheel.requirements}
    seen: set[str] = set()
    for answer in sources.answers:
        said = answer.said or {}
        for asked in said.get("distributions", ()):
            name, scope = asked["name"], Scope(str(said.get("module")), asked["scope"])
            known = canonicalize_name(name)
            # A requirement that is absent comes with an extra, or is for another interpreter.
            if known in here or known in offered or name in seen or graph.is_dead(scope):
                continue
            if asked["sure"] and scope in graph.run_by_import:
                # Importing has shown whether it is there.
                continue
            if name in wheel.top_level_names and asked.get("takes_imports"):
                continue
            seen.add(name)
            is_certain = asked["sure"] and scope in graph.on_the_way
            way = ", on the way of an entry point" if is_certain else ""
            yield Finding(
                clean_text(name),
                Outcome.FAILED if is_certain else Outcome.WARNED,
                f"{answer.subject}:{asked['line']} asks for the distribution `{clean_text(name)}`"
                f"{way}, and no distribution of that name is installed.",
                _advice(wheel, name),
            )


def _advice(wheel: Wheel, name: str) -> str:
    if name in wheel.top_level_names:
        return f"`{name}` is the package; its distribution is `{wheel.metadata.get('name')}`."
    name_of_wheel = wheel.metadata.get("name")
    return f"This distribution is `{name_of_wheel}`; catch PackageNotFoundError for others."
