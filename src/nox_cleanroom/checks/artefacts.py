"""Does the commit hold files that a build has written?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text
from nox_cleanroom.probes.cleanliness import Committed


def check(*, committed: Committed) -> Iterator[Finding]:
    """One finding for each build artefact, or one for the commit.

    Content and place identify them, not the name alone: a package may be called ``build``, a test
    may need a wheel, and setuptools tracks a ``bootstrap.egg-info`` on purpose.
    """
    found = find_artefacts(committed)
    if not found:
        yield Finding("checkout", Outcome.PASSED)
    for artefact, what in sorted(found.items()):
        yield Finding(
            clean_text(artefact),
            Outcome.FAILED,
            f"It is tracked, and it is {what}.",
            f"git rm -r --cached -- {clean_text(artefact)}",
            code=Code.CHECKOUT_POLLUTED,
        )


def find_artefacts(committed: Committed) -> dict[str, str]:
    """The paths that a build has certainly written, each with its kind."""
    tracked = frozenset(committed.names)
    found: dict[str, str] = {}
    for name in committed.names:
        path = PurePosixPath(name)
        if path.suffix in {".pyc", ".pyo"} and (
            path.parent.name == "__pycache__" or str(path.with_suffix(".py")) in tracked
        ):
            place = path.parent if path.parent.name == "__pycache__" else path
            found[str(place)] = "bytecode, which Python writes by itself"
        elif name in committed.generated and f"{path.parent}/PKG-INFO" in tracked:
            found[str(path.parent)] = "metadata that setuptools writes at every build"
        elif built := re.match(r"((?:.*/)?)build/(lib|lib\.[^/]+|bdist\.[^/]+)/(.*)", name):
            prefix, _, copied = built.groups()
            if {f"{prefix}{copied}", f"{prefix}src/{copied}"} & tracked:
                found[name[: built.start(3) - 1]] = "copies of the source that setuptools makes"
        elif path.parts[0] in {".eggs", ".tox", ".nox", ".pytest_cache", ".mypy_cache"}:
            found[path.parts[0]] = "a tool's own cache"
    return found
